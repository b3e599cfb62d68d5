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
