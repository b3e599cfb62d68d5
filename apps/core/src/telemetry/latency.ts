/** How long sessions take from asking to available: a histogram per application and kind of start. */
import { build, type Histogram } from 'hdr-histogram-js'
import type { Session } from '../sessions/session.ts'

/** From asking to available; null when nothing was measured. */
export type LatencySummary = {
  readonly count: number
  readonly maxMs: number | null
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p99Ms: number | null
  readonly p999Ms: number | null
}

/** Null: of all. */
export type LatencyFilter = {
  readonly applicationId: string | null
  readonly start: 'warm' | 'cold' | null
  readonly tenantId: string | null
}

type Series = { readonly tenantId: string; readonly applicationId: string; readonly start: 'warm' | 'cold' }

const HIGHEST_MS = 120_000

export class LatencyRecorder {
  readonly #series = new Map<string, { readonly of: Series; readonly histogram: Histogram }>()

  record(session: Session): void {
    const { tenantId, applicationId, start, availableAtMs, createdAtMs } = session
    if (start === null || availableAtMs === null) return
    const key = `${applicationId}/${start}`
    const known = this.#series.get(key)
    const histogram = known?.histogram ?? newHistogram()
    if (!known) this.#series.set(key, { of: { tenantId, applicationId, start }, histogram })
    histogram.recordValue(Math.min(HIGHEST_MS, Math.max(1, availableAtMs - createdAtMs)))
  }

  /** An application is gone: so is what was measured of it. */
  forget(applicationId: string): void {
    this.#series.delete(`${applicationId}/warm`)
    this.#series.delete(`${applicationId}/cold`)
  }

  /** Percentiles of everything that the filter lets through, merged. */
  summary(filter: LatencyFilter): LatencySummary {
    const merged = newHistogram()
    for (const { of, histogram } of this.#series.values()) if (matches(of, filter)) merged.add(histogram)
    const count = merged.totalCount
    if (count === 0) return { count, maxMs: null, p50Ms: null, p90Ms: null, p99Ms: null, p999Ms: null }
    return {
      count,
      maxMs: merged.maxValue,
      p50Ms: merged.getValueAtPercentile(50),
      p90Ms: merged.getValueAtPercentile(90),
      p99Ms: merged.getValueAtPercentile(99),
      p999Ms: merged.getValueAtPercentile(99.9),
    }
  }
}

function newHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: HIGHEST_MS, numberOfSignificantValueDigits: 2 })
}

function matches(of: Series, filter: LatencyFilter): boolean {
  return (
    (filter.applicationId === null || filter.applicationId === of.applicationId) &&
    (filter.start === null || filter.start === of.start) &&
    (filter.tenantId === null || filter.tenantId === of.tenantId)
  )
}
