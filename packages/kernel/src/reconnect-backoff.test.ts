import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reconnectBackoffMs } from './reconnect-backoff.ts'

it('begins short, grows, and is never longer than a second', () => {
  expect([0, 1, 2, 3].map((failures) => reconnectBackoffMs(failures, 1))).toEqual([50, 100, 200, 400])
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, dice) => {
      expect(reconnectBackoffMs(failures, dice)).toBeGreaterThanOrEqual(25)
      expect(reconnectBackoffMs(failures, dice)).toBeLessThanOrEqual(1_000)
    }),
  )
})
