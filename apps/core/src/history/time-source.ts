/**
 * Where the past comes from: the last hour from memory, what is older or was recorded by another core from the
 * database. What is in both is taken from memory.
 */
import type { HistorySlice, HistoryStore } from './history-store.ts'
import { gridOf, ROLL_MS, STEP_MS, STEPS, stepOf, type Grid, type WindowAsked } from './time-grid.ts'

export type TimeSource = {
  readonly store: Pick<HistoryStore, 'slices'>
  readonly epoch: number
  /** When this core began to record. */
  readonly startedAtMs: number
  readonly nowMs: () => number
}

/** A span, cut into steps, with the rows that memory does not have. */
export type Past = {
  readonly grid: Grid
  readonly rows: readonly HistorySlice[]
  /** The steps of memory that are in the span. */
  readonly steps: { readonly first: number; readonly last: number }
}

/** More series than this are not asked for at once. */
const SERIES_AT_ONCE = 500

export async function readPast(source: TimeSource, window: WindowAsked, series: readonly string[]): Promise<Past> {
  const nowMs = source.nowMs()
  const fine = gridOf(window, nowMs)
  const memoryFromMs = memoryFrom(source, nowMs)
  const isKnown = fine.fromMs >= memoryFromMs
  const rows = isKnown ? [] : await readRows(source, series, { grid: fine, memoryFromMs })
  const grid = rows.length === 0 ? fine : gridOf(window, nowMs, true)
  const first = Math.max(stepOf(memoryFromMs), stepOf(grid.fromMs))
  return { grid, rows, steps: { first, last: Math.min(stepOf(nowMs), stepOf(grid.untilMs - STEP_MS)) } }
}

/** From when on memory knows: a whole number of rows after what it has begun to forget. */
function memoryFrom({ startedAtMs }: TimeSource, nowMs: number): number {
  const keptMs = nowMs - (STEPS - 1) * STEP_MS
  return startedAtMs >= keptMs ? startedAtMs : Math.ceil(keptMs / ROLL_MS) * ROLL_MS
}

async function readRows(
  { store, epoch, startedAtMs }: TimeSource,
  series: readonly string[],
  { grid, memoryFromMs }: { readonly grid: Grid; readonly memoryFromMs: number },
): Promise<readonly HistorySlice[]> {
  const found: HistorySlice[] = []
  for (let at = 0; at < series.length; at += SERIES_AT_ONCE) {
    const query = { series: series.slice(at, at + SERIES_AT_ONCE), fromMs: grid.fromMs, untilMs: grid.untilMs }
    found.push(...(await store.slices(query)))
  }
  // What this core wrote of the time that it still remembers is in memory.
  return found.filter((row) => row.epoch !== epoch || Math.max(row.atMs, startedAtMs) < memoryFromMs)
}
