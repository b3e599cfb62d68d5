import { expect, it } from 'vitest'
import { Ground } from '../src/ground.ts'
import { Line } from '../src/line.ts'
import { Pipe } from '../src/pipe.ts'

it('lets everything out in the order in which it came in, however slow the line is', () => {
  const { ground, line, pipe, seen } = begin()
  for (let frame = 0; frame < 20; frame += 1) {
    line.extraDelayMs = frame % 2 === 0 ? 500 : 0
    pipe.push(() => seen.push(frame))
    ground.clock.advance(1)
  }
  ground.clock.advance(5_000)
  expect(seen).toEqual(Array.from({ length: 20 }, (_, frame) => frame))
})

it('holds back what meets a partition, and lets it out in order when that is over', () => {
  const { ground, line, pipe, seen } = begin()
  pipe.push(() => seen.push('before'))
  line.partition()
  pipe.push(() => seen.push('during'))
  ground.clock.advance(60_000)
  expect(seen).toEqual([])
  line.heal()
  pipe.release()
  pipe.push(() => seen.push('after'))
  ground.clock.advance(60_000)
  expect(seen).toEqual(['before', 'during', 'after'])
})

it('loses what is under way when it is cut, and takes nothing more', () => {
  const { ground, pipe, seen } = begin()
  pipe.push(() => seen.push('under way'))
  pipe.cut()
  pipe.push(() => seen.push('too late'))
  ground.clock.advance(60_000)
  expect(seen).toEqual([])
  expect(ground.faults.get('frames lost with the connection')).toBe(1)
})

it('loses the end of what is under way, never the middle', () => {
  const { ground, pipe, seen } = begin()
  for (let frame = 0; frame < 5; frame += 1) pipe.push(() => seen.push(frame))
  pipe.lose(2)
  pipe.push(() => seen.push('the end'))
  ground.clock.advance(60_000)
  expect(seen).toEqual([0, 1, 'the end'])
})

it('says when everything has come out', () => {
  const { ground, pipe } = begin()
  let times = 0
  pipe.onEmpty = () => (times += 1)
  pipe.push(() => undefined)
  pipe.push(() => undefined)
  ground.clock.advance(60_000)
  expect(times).toBe(1)
  expect(pipe.waiting).toBe(0)
})

function begin(): { ground: Ground; line: Line; pipe: Pipe; seen: unknown[] } {
  const ground = new Ground(1)
  const line = new Line(ground, 'node-1')
  return { ground, line, pipe: new Pipe(ground, line), seen: [] }
}
