import { assert, array, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bucketOf,
  BUCKETS,
  HEAT_ROWS,
  heatCells,
  highestOf,
  HIGHEST_MS,
  lowestOf,
  percentilesOf,
} from './latency-buckets.ts'

const duration = integer({ min: 0, max: HIGHEST_MS })

describe('buckets of latency', () => {
  it('hold each duration between their lowest and their highest', () => {
    assert(
      property(duration, (ms) => {
        const bucket = bucketOf(ms)
        expect(lowestOf(bucket)).toBeLessThanOrEqual(ms)
        expect(highestOf(bucket)).toBeGreaterThanOrEqual(ms)
      }),
    )
  })

  it('are exact to 64 ms, and at most 3.1 % wide above', () => {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const width = highestOf(bucket) - lowestOf(bucket)
      if (lowestOf(bucket) < 64) expect(width).toBe(0)
      else expect((width + 1) / lowestOf(bucket)).toBeLessThanOrEqual(1 / 32)
    }
  })

  it('follow each other without a gap, to the longest', () => {
    for (let bucket = 1; bucket < BUCKETS; bucket += 1) expect(lowestOf(bucket)).toBe(highestOf(bucket - 1) + 1)
    expect(bucketOf(HIGHEST_MS)).toBe(BUCKETS - 1)
    expect(bucketOf(10 * HIGHEST_MS)).toBe(BUCKETS - 1)
    expect(bucketOf(-3)).toBe(0)
  })
})

describe('percentiles', () => {
  it('are those of the values themselves, to the width of a bucket', () => {
    assert(
      property(array(duration, { minLength: 1, maxLength: 300 }), (values) => {
        const sorted = values.toSorted((a, b) => a - b)
        const { p50Ms, p99Ms, maxMs, count } = percentilesOf(countsOf(values))
        const at = (percent: number): number => sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0
        expect(count).toBe(values.length)
        expect(p50Ms).toBe(highestOf(bucketOf(at(50))))
        expect(p99Ms).toBe(highestOf(bucketOf(at(99))))
        expect(maxMs).toBe(highestOf(bucketOf(at(100))))
      }),
    )
  })

  it('do not take one session more where the share is whole', () => {
    const counts = countsOf([...Array.from({ length: 999 }, () => 3), 9_000])
    expect(percentilesOf(counts)).toMatchObject({ p999Ms: 3, maxMs: highestOf(bucketOf(9_000)) })
  })

  it('of nothing are null', () => {
    expect(percentilesOf(countsOf([]))).toMatchObject({ count: 0, p50Ms: null, meanMs: null })
  })
})

describe('rows of the heatmap', () => {
  it('have no gap, an underflow below 1 ms, and an overflow for what took longer than 10 s', () => {
    expect(HEAT_ROWS[0]).toEqual({ fromMs: 0, toMs: 1 })
    for (const [at, { fromMs }] of HEAT_ROWS.entries()) if (at > 0) expect(HEAT_ROWS[at - 1]?.toMs).toBe(fromMs)
    expect(HEAT_ROWS.at(-1)).toEqual({ fromMs: 10_240, toMs: null })
  })

  it('count each session in the row of its duration', () => {
    assert(
      property(duration, (ms) => {
        const cells = heatCells(countsOf([ms]))
        const row = HEAT_ROWS[cells.indexOf(1)]
        expect(row?.fromMs).toBeLessThanOrEqual(ms)
        expect(row?.toMs ?? Infinity).toBeGreaterThan(ms)
        expect(cells.reduce((sum, count) => sum + count, 0)).toBe(1)
      }),
    )
  })
})

function countsOf(values: readonly number[]): Uint32Array {
  const counts = new Uint32Array(BUCKETS)
  for (const value of values) counts[bucketOf(value)] = (counts[bucketOf(value)] ?? 0) + 1
  return counts
}
