/** Latencies in a histogram of high dynamic range: a microsecond is told from the next, three digits at any length. */
import { build, type Histogram } from 'hdr-histogram-js'
import { z } from 'zod'

/** In milliseconds. */
export const latencySummary = z.object({
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
})

export type LatencySummary = z.infer<typeof latencySummary>

const US_PER_MS = 1_000
const LONGEST_US = 600_000_000

export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  })

  record(latencyMs: number): void {
    this.#histogram.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(latencyMs * US_PER_MS))))
  }

  get count(): number {
    return this.#histogram.totalCount
  }

  summary(): LatencySummary {
    const at = (percentile: number): number => this.#histogram.getValueAtPercentile(percentile) / US_PER_MS
    return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: this.#histogram.maxValue / US_PER_MS }
  }
}
