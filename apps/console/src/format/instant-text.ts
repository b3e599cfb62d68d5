/** Instants as people read them. All exact times are UTC, so that two people who compare them agree. */
import { formatRoughMs } from './duration.ts'

/** Below this, the clocks of browser and core disagree more than the difference says. */
const NOW_WITHIN_MS = 1_000

/** `just now`, `12 s ago`, `in 3 min`. */
export function formatRelative(atMs: number, nowMs: number): string {
  const passedMs = nowMs - atMs
  if (Math.abs(passedMs) < NOW_WITHIN_MS) return 'just now'
  return passedMs > 0 ? `${formatRoughMs(passedMs)} ago` : `in ${formatRoughMs(-passedMs)}`
}

/** `2026-11-21 14:02:03.123 UTC`, from what the API gives. */
export function formatExact(rfc3339: string): string {
  return rfc3339.replace('T', ' ').replace('Z', ' UTC')
}

/** `14:02:03`, in the time zone of the reader. */
export function formatClock(atMs: number): string {
  return CLOCK.format(atMs)
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
