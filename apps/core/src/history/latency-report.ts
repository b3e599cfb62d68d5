/** How long starts took in a span of time: merged histograms, by steps and as a whole. */
import {
  BUCKETS,
  HEAT_ROWS,
  heatCells,
  percentilesOf,
  valuesAt,
  type HeatRow,
  type Percentiles,
} from './latency-buckets.ts'
import { addBytes, addTo, CELLS, LATENCY_PARTS, type LatencyPart, type LatencySeries } from './latency-series.ts'
import type { HistoryRecorder, Starts } from './recorder.ts'
import { latencySeries, START_KINDS, type StartKind, type Whose } from './series-names.ts'
import { lengthOf, placeIn, STEP_MS, type Grid, type WindowAsked } from './time-grid.ts'
import { readPast, type Past, type TimeSource } from './time-source.ts'

export type LatencySlice = {
  readonly atMs: number
  /** By row of the heatmap. */
  readonly cells: readonly number[]
  readonly percentiles: Percentiles
}

export type LatencyReport = {
  readonly grid: Grid
  readonly rows: readonly HeatRow[]
  readonly slices: readonly LatencySlice[]
  readonly total: Percentiles
  readonly curve: readonly { readonly percent: number; readonly latencyMs: number }[]
  readonly phases: readonly {
    readonly phase: Exclude<LatencyPart, 'total'>
    readonly percentiles: Percentiles
    readonly share: number
  }[]
}

export type LatencyQuery = { readonly whose: Whose; readonly start: StartKind | null; readonly window: WindowAsked }

export type LatencyParts = { readonly recorder: HistoryRecorder; readonly source: TimeSource }

/** Reads and merges. Costs as much as was counted in the span, for each step of it. */
export async function latencyReport(parts: LatencyParts, query: LatencyQuery): Promise<LatencyReport> {
  const kinds = query.start === null ? START_KINDS : [query.start]
  const past = await readPast(
    parts.source,
    query.window,
    kinds.map((start) => latencySeries(query.whose, start)),
  )
  const { whole, slices } = merged(parts.recorder, past, { whose: query.whose, kinds })
  const total = whole.subarray(0, BUCKETS)
  return {
    grid: past.grid,
    rows: HEAT_ROWS,
    slices: slices.map((counts, at) => ({
      atMs: past.grid.fromMs + at * past.grid.stepMs,
      cells: heatCells(counts),
      percentiles: percentilesOf(counts),
    })),
    total: percentilesOf(total),
    curve: curveOf(total),
    phases: phasesOf(whole),
  }
}

/** The 99th percentile of each step. */
export async function p99BySteps(
  parts: LatencyParts,
  query: LatencyQuery & { readonly start: StartKind },
  grid: Grid,
): Promise<readonly (number | null)[]> {
  const past = await readPast(parts.source, toWindow(grid), [latencySeries(query.whose, query.start)])
  const { slices } = merged(parts.recorder, { ...past, grid }, { whose: query.whose, kinds: [query.start] })
  return slices.map((counts) => percentilesOf(counts).p99Ms)
}

/** One application's part of what memory has of a span. */
export function applicationPercentiles(starts: Starts, { steps }: Pick<Past, 'steps'>): Record<StartKind, Percentiles> {
  const of = (series: LatencySeries): Percentiles => {
    const sums = new Uint32Array(CELLS)
    for (let step = steps.first; step <= steps.last; step += 1) series.addStep(step, sums)
    if (series.open !== null) addTo(sums, series.open)
    return percentilesOf(sums)
  }
  return { warm: of(starts.warm), cold: of(starts.cold) }
}

type Merged = { readonly whole: Float64Array; readonly slices: readonly Float64Array[] }

function merged(
  recorder: HistoryRecorder,
  { grid, rows, steps }: Past,
  { whose, kinds }: { readonly whose: Whose; readonly kinds: readonly StartKind[] },
): Merged {
  const whole = new Float64Array(CELLS)
  const slices = Array.from({ length: lengthOf(grid) }, () => new Float64Array(BUCKETS))
  const buffer = new Float64Array(CELLS)
  const take = (atMs: number): void => {
    const slice = slices[placeIn(grid, atMs)]
    if (slice) addTo(whole, buffer)
    if (slice) addTo(slice, buffer.subarray(0, BUCKETS))
    buffer.fill(0)
  }
  for (const { atMs, counts } of rows) {
    addBytes(buffer, counts)
    take(Math.max(atMs, grid.fromMs))
  }
  for (const start of kinds) {
    const series = startsOf(recorder, whose)?.[start]
    for (let step = steps.first; step <= steps.last; step += 1) if (series?.addStep(step, buffer)) take(step * STEP_MS)
    if (steps.last < recorder.step) continue
    for (const open of openOf(recorder, whose, start)) addTo(buffer, open)
    take(recorder.step * STEP_MS)
  }
  return { whole, slices }
}

function startsOf(recorder: HistoryRecorder, whose: Whose): Starts | null {
  if (whose.kind === 'all') return recorder.ofFleet
  return whose.kind === 'tenant' ? recorder.tenant(whose.id) : (recorder.application(whose.id)?.starts ?? null)
}

/** The open step is counted by application only. */
function* openOf(recorder: HistoryRecorder, whose: Whose, start: StartKind): Generator<Uint32Array> {
  const ofGone = whose.kind === 'application' ? null : startsOf(recorder, whose)?.[start].open
  if (ofGone) yield ofGone
  for (const [id, { starts, tenantId }] of recorder.applications()) {
    const isTheirs = whose.kind === 'all' || whose.id === (whose.kind === 'tenant' ? tenantId : id)
    const { open } = starts[start]
    if (isTheirs && open !== null) yield open
  }
}

function toWindow({ fromMs, untilMs, stepMs }: Grid): WindowAsked {
  return { fromMs, untilMs, stepMs }
}

/** Denser towards the end, where it matters. */
const CURVE_PERCENTS: readonly number[] =
  '0 10 20 30 40 50 60 70 75 80 85 90 92.5 95 96 97 98 98.5 99 99.25 99.5 99.75 99.9 99.95 99.99 99.999 100'
    .split(' ')
    .map(Number)

function curveOf(counts: Float64Array): { percent: number; latencyMs: number }[] {
  const count = counts.reduce((sum, here) => sum + here, 0)
  if (count === 0) return []
  const values = valuesAt(
    counts,
    count,
    CURVE_PERCENTS.map((percent) => Math.max(percent, 100 / count)),
  )
  return CURVE_PERCENTS.map((percent, at) => ({ percent, latencyMs: values[at] ?? 0 }))
}

function phasesOf(whole: Float64Array): LatencyReport['phases'] {
  const counts = LATENCY_PARTS.map((_, part) => whole.subarray(part * BUCKETS, (part + 1) * BUCKETS))
  const percentiles = counts.map(percentilesOf)
  const times = percentiles.map(({ count, meanMs }) => count * (meanMs ?? 0))
  const totalMs = times.slice(1).reduce((sum, ms) => sum + ms, 0)
  return LATENCY_PARTS.flatMap((phase, part) => {
    const here = percentiles[part]
    if (phase === 'total' || here === undefined) return []
    return [{ phase, percentiles: here, share: totalMs === 0 ? 0 : (times[part] ?? 0) / totalMs }]
  })
}
