import { expect, it } from 'vitest'
import { axisTicks, heatShareOf, heatViewOf, rowWords, type HeatRow } from './heatmap-view.ts'

const ROWS: readonly HeatRow[] = [
  ...Array.from({ length: 20 }, (_, index) => ({ fromMs: 2 ** index, toMs: 2 ** (index + 1) })),
  { fromMs: 2 ** 20, toMs: null },
]

it('shows the rows that hold something, the slowest on top, and what is around them', () => {
  const view = heatViewOf(ROWS, [column({ 5: 2 }), column({ 8: 1 })], 1)
  expect(view.rows.map(({ index }) => index)).toEqual([9, 8, 7, 6, 5, 4])
  expect(view.most).toBe(2)
})

it('never hides what took longer than the scale', () => {
  const view = heatViewOf(ROWS, [column({ 3: 1_000, 20: 1 })])
  expect(view.rows[0]?.row.toMs).toBeNull()
  expect(axisTicks(view, 3).some(({ word }) => word.startsWith('> '))).toBe(true)
})

it('shows nothing of nothing', () => {
  expect(heatViewOf(ROWS, [column({})])).toEqual({ rows: [], most: 0 })
})

it('colours one session beside a million so that it is seen', () => {
  expect(heatShareOf(0, 1_000_000)).toBeNull()
  expect(heatShareOf(1, 1_000_000)).toBeGreaterThan(0.1)
  expect(heatShareOf(1_000_000, 1_000_000)).toBe(1)
  expect(heatShareOf(1, 1)).toBe(1)
})

it('says a row in words', () => {
  expect(rowWords({ fromMs: 50, toMs: 60 })).toBe('50 ms to 60 ms')
  expect(rowWords({ fromMs: 60_000, toMs: null })).toBe('over 1 min 00 s')
})

function column(counts: Readonly<Record<number, number>>) {
  return { at: '2026-01-01T00:00:00Z', cells: ROWS.map((_, index) => counts[index] ?? 0) }
}
