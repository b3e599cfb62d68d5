/** What a mark may be late by, and still count as time in which the process listened. */
const LATE_MAX_MS = 1_000

/**
 * How long a process has listened, which is what the silence of others is measured in. A process that stood still (its
 * machine was suspended, it was stopped or short of time) or whose clock leapt has heard nobody meanwhile, and must not
 * hold that against anybody.
 *
 *   wall     ──┬──┬──┬──────────────────┬──┬──►   a mark at every interval
 *   listened ──┴──┴──┴·(does not count)·┴──┴──►
 */
export class ListeningTime {
  /** How often `mark` is to be called. */
  readonly markMs: number
  #missedMs = 0
  #markedAtMs: number

  constructor(nowMs: number, markMs = 1_000) {
    this.#markedAtMs = nowMs
    this.markMs = markMs
  }

  /** Says that the process is there. Returns how much time has passed since the mark before in which it was not. */
  mark(nowMs: number): number {
    const passedMs = nowMs - this.#markedAtMs
    this.#markedAtMs = nowMs
    const isOnTime = passedMs >= 0 && passedMs <= this.markMs + LATE_MAX_MS
    const missedMs = isOnTime ? 0 : passedMs
    this.#missedMs += missedMs
    return missedMs
  }

  /** Milliseconds on a scale that stands still while the process does not listen. */
  at(nowMs: number): number {
    return nowMs - this.#missedMs
  }
}
