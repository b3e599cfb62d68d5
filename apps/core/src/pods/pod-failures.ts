/** What repeated failure of an application's pods leads to. Pure data and functions. */
import type { PodFailure } from './pod.ts'

export type FailureRecord = {
  /** In a row. */
  readonly count: number
  readonly sinceMs: number
  readonly lastAtMs: number
  readonly last: PodFailure
  /** The version whose pods fail. */
  readonly versionNumber: number
}

/** After so many failures in a row, a version that has something to fall back to is not tried again. */
const HALT_AFTER = 3
const FIRST_DELAY_MS = 1_000
const DELAY_MS_MAX = 60_000
/** A pod that ends by itself so soon after it was ready counts as failed. */
export const EARLY_END_MS = 10_000

/** One more failure; a new row of them begins when the last is long ago, or of another version. */
export function withFailure(
  before: FailureRecord | null,
  failure: PodFailure,
  versionNumber: number,
  atMs: number,
): FailureRecord {
  const goesOn =
    before !== null &&
    before.versionNumber === versionNumber &&
    atMs - before.lastAtMs <= 2 * delayMs(before.count) + EARLY_END_MS
  const base = goesOn ? before : { count: 0, sinceMs: atMs }
  return { count: base.count + 1, sinceMs: base.sinceMs, lastAtMs: atMs, last: failure, versionNumber }
}

/** When the next pod may be tried. */
export function retryAtMs(record: FailureRecord): number {
  return record.lastAtMs + delayMs(record.count)
}

/** Whether failure has gone on for so long that the roll-out should stop. */
export function isHopeless(record: FailureRecord): boolean {
  return record.count >= HALT_AFTER
}

function delayMs(count: number): number {
  return Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (count - 1))
}
