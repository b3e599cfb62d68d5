import { expect, it } from 'vitest'
import type { Line, LineAnswer } from './line.ts'
import { Switchboard } from './switchboard.ts'

const DONE: LineAnswer = { kind: 'answered', body: '' }

it('never gives a line more calls than it has room for, and serves those that wait in their order', () => {
  const calls: { prepared: string; done: (answer: LineAnswer) => void }[] = []
  const line = (): Line => ({
    capacity: 2,
    prepare: (payload) => payload,
    send: (prepared, done) => void calls.push({ prepared, done }),
    close: () => undefined,
  })
  const board = new Switchboard([line(), line()])
  const answered: string[] = []
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) board.send(name, () => answered.push(name))
  expect(calls.map(({ prepared }) => prepared)).toEqual(['a', 'b', 'c', 'd'])
  calls[1]?.done(DONE)
  calls[0]?.done(DONE)
  expect(calls.map(({ prepared }) => prepared)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  for (const { done } of calls.slice(2)) done(DONE)
  expect(answered.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  board.send('g', () => undefined)
  expect(calls.at(-1)?.prepared).toBe('g')
})

it('fails every call that waits when its line has failed, however many there are', () => {
  const sent: ((answer: LineAnswer) => void)[] = []
  const failed: LineAnswer = { kind: 'failed', why: 'the connection was closed' }
  let hasFailed = false
  const line: Line = {
    capacity: 1,
    prepare: (payload) => payload,
    send: (_prepared, done) => (hasFailed ? done(failed) : void sent.push(done)),
    close: () => undefined,
  }
  const board = new Switchboard([line])
  const answered: number[] = []
  const calls = 50_000
  for (let call = 0; call < calls; call += 1) board.send('', () => answered.push(call))
  hasFailed = true
  sent[0]?.(failed)
  expect(answered).toHaveLength(calls)
})
