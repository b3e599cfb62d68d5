/**
 * The buckets of a latency histogram: exact to 64 ms, then 32 for each doubling, so each is at most 3.1 % wide. The
 * layout is that of HdrHistogram (Gil Tene, hdrhistogram.org): logarithmic, and linear inside a doubling. Histograms
 * of equal layout are merged by adding counts, so percentiles of any span are those of all its values.
 */
const EXACT = 64
const PER_OCTAVE = 32
/** 2^5 = 32 and 2^6 = 64, in powers. */
const SUB_BITS = 5
const EXACT_BITS = 6
/** Longer ones count as this long; no session takes longer to open. */
export const HIGHEST_MS = 131_071

export const BUCKETS = 416

/** The bucket of a duration in whole milliseconds. */
export function bucketOf(ms: number): number {
  if (ms < EXACT) return ms > 0 ? ms : 0
  const value = ms < HIGHEST_MS ? ms : HIGHEST_MS
  const power = 31 - Math.clz32(value)
  return EXACT + (power - EXACT_BITS) * PER_OCTAVE + ((value >> (power - SUB_BITS)) - PER_OCTAVE)
}

/** The shortest duration in a bucket. */
export function lowestOf(bucket: number): number {
  if (bucket < EXACT) return bucket
  const power = EXACT_BITS + ((bucket - EXACT) >> SUB_BITS)
  return (PER_OCTAVE + ((bucket - EXACT) & (PER_OCTAVE - 1))) << (power - SUB_BITS)
}

/** The longest duration in a bucket. */
export function highestOf(bucket: number): number {
  return bucket < EXACT ? bucket : lowestOf(bucket + 1) - 1
}

/** What is asked of a histogram. Null when nothing was counted. */
export type Percentiles = {
  readonly count: number
  readonly maxMs: number | null
  readonly meanMs: number | null
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p99Ms: number | null
  readonly p999Ms: number | null
}

export const NOTHING_MEASURED: Percentiles = {
  count: 0,
  maxMs: null,
  meanMs: null,
  p50Ms: null,
  p90Ms: null,
  p99Ms: null,
  p999Ms: null,
}

/** Percentiles of counts by bucket: each is the longest duration in its bucket. */
export function percentilesOf(counts: ArrayLike<number>): Percentiles {
  let count = 0
  let sum = 0
  let max = 0
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const here = counts[bucket] ?? 0
    if (here === 0) continue
    count += here
    sum += (here * (lowestOf(bucket) + highestOf(bucket))) / 2
    max = bucket
  }
  if (count === 0) return NOTHING_MEASURED
  const [p50Ms = 0, p90Ms = 0, p99Ms = 0, p999Ms = 0] = valuesAt(counts, count, [50, 90, 99, 99.9])
  return { count, maxMs: highestOf(max), meanMs: sum / count, p50Ms, p90Ms, p99Ms, p999Ms }
}

/** How long so many percent took at most; `percents` ascend. */
export function valuesAt(counts: ArrayLike<number>, count: number, percents: readonly number[]): number[] {
  const values: number[] = []
  let seen = 0
  for (let bucket = 0; bucket < BUCKETS && values.length < percents.length; bucket += 1) {
    seen += counts[bucket] ?? 0
    // What is a whole number of sessions must not become one more by rounding: 99.9 % of 1000 are 999.
    while (values.length < percents.length && seen >= Math.ceil((percents[values.length] ?? 0) * count * 0.01 - 1e-9))
      values.push(highestOf(bucket))
  }
  return values
}

/** A row of the heatmap; the last has no end. */
export type HeatRow = { readonly fromMs: number; readonly toMs: number | null }

/** Four rows for each doubling, from 4 ms to 10 s; below, one for each millisecond; above, one for all. */
const OVERFLOW_MS = 10_240

export const HEAT_ROWS: readonly HeatRow[] = heatRows()

function heatRows(): HeatRow[] {
  const edges = [0, 1, 2, 3]
  for (let base = 4; edges.at(-1) !== OVERFLOW_MS; base *= 2)
    for (let quarter = 0; quarter < 4 && edges.at(-1) !== OVERFLOW_MS; quarter += 1)
      edges.push(base + (quarter * base) / 4)
  return edges.map((fromMs, at) => ({ fromMs, toMs: edges[at + 1] ?? null }))
}

const ROW_OF_BUCKET: readonly number[] = Array.from({ length: BUCKETS }, (_, bucket) =>
  HEAT_ROWS.findIndex(({ toMs }) => toMs === null || lowestOf(bucket) < toMs),
)

/** The counts by row of the heatmap. */
export function heatCells(counts: ArrayLike<number>): number[] {
  const cells = HEAT_ROWS.map(() => 0)
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const row = ROW_OF_BUCKET[bucket] ?? 0
    cells[row] = (cells[row] ?? 0) + (counts[bucket] ?? 0)
  }
  return cells
}
