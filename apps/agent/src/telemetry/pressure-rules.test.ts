import { expect, it } from 'vitest'
import { judgePressure, NO_PRESSURE } from './pressure-rules.ts'

const LEAST = { memory: 0.1, disk: 0.2, pids: 0.05 }
const PLENTY = { memory: 0.5, disk: 0.5, pids: 0.5 }

it('is short of what has less free than the least', () => {
  expect(judgePressure(NO_PRESSURE, PLENTY, LEAST)).toEqual(NO_PRESSURE)
  expect(judgePressure(NO_PRESSURE, { ...PLENTY, memory: 0.09 }, LEAST)).toEqual({ ...NO_PRESSURE, memory: true })
  expect(judgePressure(NO_PRESSURE, { memory: 0, disk: 0, pids: 0 }, LEAST)).toEqual({
    memory: true,
    disk: true,
    pids: true,
  })
})

it('has enough again only when a quarter more is free, so that it does not swing', () => {
  const short = { ...NO_PRESSURE, disk: true }
  expect(judgePressure(short, { ...PLENTY, disk: 0.24 }, LEAST)).toEqual(short)
  expect(judgePressure(NO_PRESSURE, { ...PLENTY, disk: 0.24 }, LEAST)).toEqual(NO_PRESSURE)
  expect(judgePressure(short, { ...PLENTY, disk: 0.26 }, LEAST)).toEqual(NO_PRESSURE)
})

it('is never short of what nobody can measure, or nobody minds', () => {
  expect(judgePressure(NO_PRESSURE, { memory: null, disk: null, pids: null }, LEAST)).toEqual(NO_PRESSURE)
  const nothing = { memory: 0, disk: 0, pids: 0 }
  expect(judgePressure(NO_PRESSURE, nothing, nothing)).toEqual(NO_PRESSURE)
})
