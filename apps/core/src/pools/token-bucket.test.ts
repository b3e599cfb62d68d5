import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fullBucket, nextTokenAtMs, refilled } from './token-bucket.ts'

it('fills at its rate, and holds one second of it', () => {
  const empty = { tokens: 0, atMs: 1_000 }
  expect(refilled(empty, 4, 1_500)).toEqual({ tokens: 2, atMs: 1_500 })
  expect(refilled(empty, 4, 60_000)).toEqual({ tokens: 4, atMs: 60_000 })
  expect(refilled(fullBucket(4, 0), 2, 0)).toEqual({ tokens: 2, atMs: 0 })
})

it('loses nothing when the clock steps back', () => {
  const bucket = { tokens: 1, atMs: 1_000 }
  expect(refilled(bucket, 4, 500)).toEqual(bucket)
})

it('never gives more than a second ahead of its rate, however it is asked', () => {
  const asks = fc.array(fc.record({ afterMs: fc.nat(3_000), wanted: fc.nat(9) }), { maxLength: 40 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), asks, (perSecond, steps) => {
      let bucket = fullBucket(perSecond, 0)
      let taken = 0
      for (const { afterMs, wanted } of steps) {
        bucket = refilled(bucket, perSecond, bucket.atMs + afterMs)
        const given = Math.min(wanted, Math.floor(bucket.tokens))
        bucket = { ...bucket, tokens: bucket.tokens - given }
        taken += given
        expect(bucket.tokens).toBeGreaterThanOrEqual(0)
        expect(taken).toBeLessThanOrEqual(perSecond + (bucket.atMs * perSecond) / 1_000 + 1e-6)
      }
    }),
  )
})

it('says when the next whole token is there', () => {
  const anyBucket = fc.record({ tokens: fc.double({ min: 0, max: 20, noNaN: true }), atMs: fc.nat(1_000_000) })
  fc.assert(
    fc.property(anyBucket, fc.integer({ min: 21, max: 500 }), (bucket, perSecond) => {
      const atMs = nextTokenAtMs(bucket, perSecond)
      expect(atMs).toBeGreaterThan(bucket.atMs)
      expect(atMs).toBeLessThanOrEqual(bucket.atMs + Math.ceil(1_000 / perSecond))
      const then = refilled(bucket, perSecond, atMs)
      expect(Math.floor(then.tokens + 1e-9)).toBeGreaterThan(Math.floor(bucket.tokens))
    }),
  )
})
