/** How many events there were, minute by minute, for the strip above their list. Pure. */
import type { EventRowFragment } from '../graphql/generated/documents.ts'
import type { TimeBin } from '../charts/time-strip.tsx'
import { instantMs } from '../time/instant.ts'

export const BINS = 60
export const BIN_MS = 60_000

/** The last hour in minutes, the newest last. Events that are counted together belong to their last minute. */
export function eventBins(
  events: Iterable<Pick<EventRowFragment, 'lastAt' | 'severity' | 'count'>>,
  nowMs: number,
): readonly TimeBin[] {
  const endMs = Math.ceil(nowMs / BIN_MS) * BIN_MS
  const firstMs = endMs - BINS * BIN_MS
  const counts = Array.from({ length: BINS }, () => ({ info: 0, warning: 0, error: 0 }))
  for (const { lastAt, severity, count } of events) {
    const bin = counts[Math.floor((instantMs(lastAt) - firstMs) / BIN_MS)]
    if (bin === undefined) continue
    if (severity === 'ERROR') bin.error += count
    else if (severity === 'WARNING') bin.warning += count
    else bin.info += count
  }
  return counts.map((bin, index) => {
    const fromMs = firstMs + index * BIN_MS
    return { fromMs, untilMs: fromMs + BIN_MS, ...bin }
  })
}
