import { expect, it } from 'vitest'
import { BIN_MS, BINS, eventBins } from './event-histogram.ts'

const NOW_MS = Date.parse('2026-01-01T12:00:30Z')

it('counts each event in the minute in which it happened last, and none outside of the hour', () => {
  const bins = eventBins(
    [
      { lastAt: '2026-01-01T12:00:10Z', severity: 'ERROR', count: 3 },
      { lastAt: '2026-01-01T11:59:59.999Z', severity: 'INFO', count: 1 },
      { lastAt: '2026-01-01T10:00:00Z', severity: 'WARNING', count: 9 },
    ],
    NOW_MS,
  )
  expect(bins).toHaveLength(BINS)
  expect(bins.at(-1)).toMatchObject({ error: 3, fromMs: Date.parse('2026-01-01T12:00:00Z') })
  expect(bins.at(-2)).toMatchObject({ info: 1 })
  expect(bins.reduce((sum, bin) => sum + bin.warning, 0)).toBe(0)
})

it('leaves no time between two minutes', () => {
  const bins = eventBins([], NOW_MS)
  for (const [index, bin] of bins.entries()) {
    expect(bin.untilMs - bin.fromMs).toBe(BIN_MS)
    if (index > 0) expect(bin.fromMs).toBe(bins[index - 1]?.untilMs)
  }
})
