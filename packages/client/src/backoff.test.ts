import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'

it('doubles from a quarter of a second to ten seconds', () => {
  expect([0, 1, 2, 5, 6, 50].map((attempt) => backoffMs(attempt, 1))).toEqual([250, 500, 1_000, 8_000, 10_000, 10_000])
})

it('always waits at least half of that, and never longer', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const full = backoffMs(attempt, 1)
      expect(backoffMs(attempt, random)).toBeGreaterThanOrEqual(full / 2)
      expect(backoffMs(attempt, random)).toBeLessThanOrEqual(full)
    }),
  )
})
