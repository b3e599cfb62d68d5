import { expect, it } from 'vitest'
import { Caller } from './caller.ts'

it('tells once that somebody left, also those who ask later', () => {
  const caller = new Caller()
  const told: string[] = []
  caller.onLeave(() => told.push('waited'))
  expect(caller.hasLeft).toBe(false)
  caller.leave()
  caller.leave()
  caller.onLeave(() => told.push('came later'))
  expect(caller.hasLeft).toBe(true)
  expect(told).toEqual(['waited', 'came later'])
})

it('tells nobody who does not wait any longer', () => {
  const caller = new Caller()
  const told: string[] = []
  const first = caller.onLeave(() => told.push('first'))
  caller.onLeave(() => first())
  caller.onLeave(() => told.push('third'))
  first()
  caller.leave()
  expect(told).toEqual(['third'])
})
