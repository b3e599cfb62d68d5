/**
 * How live a tab is, from how live each thing is that it follows. Pure.
 *
 * ```
 *  connecting ──► live ◄──► reconnecting
 *       └────────────────────► ▲            ended: the login is no longer good
 * ```
 */
import type { WatchStatus } from '@fornax/client/watch'

/** What cannot be reached, as far as it is known. */
export type LostCause = 'unknown' | 'core' | 'console'

/** What the dot in the corner says. */
export type TabState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  | { readonly phase: 'reconnecting'; readonly sinceMs: number; readonly cause: LostCause }
  | { readonly phase: 'ended' }

/** One thing that waits is enough to be honest about it; the oldest of them counts. */
export function tabStateOf(statuses: readonly WatchStatus[], cause: LostCause): TabState {
  const lostMs = statuses.flatMap((status) => (status.phase === 'reconnecting' ? [status.sinceMs] : []))
  if (lostMs.length > 0) return { phase: 'reconnecting', sinceMs: Math.min(...lostMs), cause }
  return { phase: statuses.some((status) => status.phase === 'live') ? 'live' : 'connecting' }
}

/** Whether a reader would see a difference. */
export function isSameTabState(a: TabState, b: TabState): boolean {
  if (a.phase !== 'reconnecting' || b.phase !== 'reconnecting') return a.phase === b.phase
  return a.sinceMs === b.sinceMs && a.cause === b.cause
}
