/** What a heatmap of latency shows: which of its rows, in which colours, with which labels. Pure. */
import { formatMs } from '../format/duration.ts'

export type HeatRow = { readonly fromMs: number; readonly toMs: number | null }
export type HeatColumn = { readonly at: string; readonly cells: readonly number[] }

export type HeatView = {
  /** The rows that are shown, from slow to fast, with their number among all. */
  readonly rows: readonly { readonly index: number; readonly row: HeatRow }[]
  readonly most: number
}

/** Rows from the fastest with a session to the slowest, and a few around them. What is too slow always has its row. */
export function heatViewOf(rows: readonly HeatRow[], columns: readonly HeatColumn[], aroundRows = 2): HeatView {
  let first = rows.length
  let last = -1
  let most = 0
  for (const { cells } of columns)
    for (const [index, count] of cells.entries()) {
      if (count === 0) continue
      first = Math.min(first, index)
      last = Math.max(last, index)
      most = Math.max(most, count)
    }
  if (last < 0) return { rows: [], most: 0 }
  const from = Math.max(0, first - aroundRows)
  const to = Math.min(rows.length - 1, last + aroundRows)
  const shown = rows.map((row, index) => ({ row, index })).slice(from, to + 1)
  return { rows: shown.toReversed(), most }
}

/** Few sessions are seen beside many: the colour grows with the logarithm of the count. Null: none. */
export function heatShareOf(count: number, most: number): number | null {
  if (count <= 0) return null
  return most <= 1 ? 1 : 0.12 + 0.88 * (Math.log(count) / Math.log(most))
}

/** `50 ms to 60 ms`, `over 60 s`. */
export function rowWords({ fromMs, toMs }: HeatRow): string {
  return toMs === null ? `over ${formatMs(fromMs)}` : `${formatMs(fromMs)} to ${formatMs(toMs)}`
}

const TICKS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000] as const

/** Where the axis says a round number: the rows in which one lies, as many as there is room for. */
export function axisTicks(view: HeatView, ticksMax: number): readonly { readonly at: number; readonly word: string }[] {
  const all = view.rows.flatMap(({ row }, at) => {
    if (row.toMs === null) return [{ at, word: `> ${formatMs(row.fromMs)}`, isEdge: true }]
    const tick = TICKS_MS.find((ms) => ms >= row.fromMs && row.toMs !== null && ms < row.toMs)
    return tick === undefined ? [] : [{ at, word: formatMs(tick), isEdge: false }]
  })
  const every = Math.max(1, Math.ceil(all.length / Math.max(1, ticksMax)))
  return all.filter(({ isEdge }, index) => isEdge || index % every === 0)
}
