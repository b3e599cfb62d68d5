/** What repeated failure of a version's pods leads to. Pure data and functions. */
import type { Pod, PodFailure } from './pod.ts'

/** Failures in a row. */
export type FailureRecord = {
  readonly count: number
  readonly sinceMs: number
  readonly lastAtMs: number
  readonly last: PodFailure
  /** Whether the last one had been ready before it failed. */
  readonly wasReady: boolean
  /** Since when a pod is ready again; null when none is. */
  readonly readyAgainAtMs: number | null
}

/** After so many failures in a row, a version that has something to fall back to is not tried again. */
const HALT_AFTER = 3
const FIRST_DELAY_MS = 1_000
const DELAY_MS_MAX = 60_000
/** A pod that ends by itself so soon after it was ready counts as failed. */
const EARLY_END_MS = 10_000

/**
 * Whether the end of a pod speaks against its version. A lost node does not, nor one that cannot wake what slept; and
 * what ran for a while worked.
 */
export function isVersionsFault(pod: Pick<Pod, 'readyAtMs'>, failure: PodFailure, atMs: number): boolean {
  if (['nodeLost', 'lost', 'wakeFailed'].includes(failure.kind)) return false
  return pod.readyAtMs === null || atMs - pod.readyAtMs < EARLY_END_MS
}

/** One more failure: of the same row, however long the pod took to fail, unless the row is over. */
export function withFailure(
  before: FailureRecord | null,
  what: { readonly failure: PodFailure; readonly wasReady: boolean },
  atMs: number,
): FailureRecord {
  const row = before === null || isOver(before, atMs) ? { count: 0, sinceMs: atMs } : before
  return {
    count: row.count + 1,
    sinceMs: row.sinceMs,
    lastAtMs: atMs,
    last: what.failure,
    wasReady: what.wasReady,
    readyAgainAtMs: null,
  }
}

/** A pod became ready. That ends a row of pods that never did; others must first show that they last. */
export function withReady(record: FailureRecord, atMs: number): FailureRecord | null {
  if (!record.wasReady) return null
  return { ...record, readyAgainAtMs: record.readyAgainAtMs ?? atMs }
}

/** When the next pod may be tried. */
export function retryAtMs(record: FailureRecord): number {
  return record.lastAtMs + Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (record.count - 1))
}

/** When the row is over, if nothing else fails; null when only a pod that becomes ready can end it. */
export function overAtMs(record: FailureRecord): number | null {
  if (!record.wasReady) return null
  return record.readyAgainAtMs === null ? record.lastAtMs + 2 * DELAY_MS_MAX : record.readyAgainAtMs + EARLY_END_MS
}

/** Whether nothing has failed for long enough. */
export function isOver(record: FailureRecord, atMs: number): boolean {
  const overMs = overAtMs(record)
  return overMs !== null && atMs >= overMs
}

/** Whether failure has gone on for so long that the roll-out should stop. */
export function isHopeless(record: FailureRecord): boolean {
  return record.count >= HALT_AFTER
}
