import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import { Life } from '../src/life.ts'

it('lets nothing reach a process that has died', async () => {
  const { clock, life, seen } = begin()
  life.clock().schedule(10, () => seen.push('timer'))
  void life.hear(Promise.resolve('answer')).then((answer) => seen.push(answer))
  life.end()
  life.enter(() => seen.push('frame'))
  clock.advance(100)
  await turns()
  expect(seen).toEqual([])
  expect(clock.waiting).toBe(0)
})

it('gives a process that stood still everything late, its timers first', () => {
  const { clock, life, seen } = begin()
  life.clock().schedule(10, () => seen.push(`timer at ${clock.nowMs()}`))
  life.standStill(500)
  life.enter(() => seen.push('frame'))
  clock.advance(499)
  expect(seen).toEqual([])
  expect(life.isBehind).toBe(true)
  clock.advance(1)
  expect(seen).toEqual(['timer at 500', 'frame'])
  expect(life.isBehind).toBe(false)
})

it('lets a timer be taken back that is late already', () => {
  const { clock, life, seen } = begin()
  const cancel = life.clock().schedule(10, () => seen.push('timer'))
  life.standStill(500)
  clock.advance(100)
  cancel()
  clock.advance(1_000)
  expect(seen).toEqual([])
})

it.each([
  [1.1, 'fast'],
  [0.9, 'slow'],
])('runs a clock at a rate of %s, and its timers with it', (rate) => {
  const { clock, life, seen } = begin()
  const own = life.clock({ rate, originMs: 0, offsetMs: 5_000 })
  own.schedule(990, () => seen.push('timer'))
  expect(own.nowMs()).toBe(5_000)
  clock.advance(1_000)
  expect(own.nowMs()).toBe(5_000 + 1_000 * rate)
  expect(seen).toHaveLength(rate > 1 ? 1 : 0)
  clock.advance(200)
  expect(seen).toEqual(['timer'])
})

function begin(): { clock: VirtualClock; life: Life; seen: string[] } {
  const clock = new VirtualClock(0)
  return { clock, life: new Life(clock), seen: [] }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}
