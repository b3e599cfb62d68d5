/**
 * How long the core has listened, which is what a node's silence is measured in (N8). A core that stood still (its
 * machine was suspended, its process stopped or short of time) or whose clock leapt has heard nobody meanwhile, and
 * must not hold that against its nodes.
 *
 *   wall     ──┬──┬──┬──────────────────┬──┬──►   a mark every second
 *   listened ──┴──┴──┴·(does not count)·┴──┴──►
 */
export class ListeningTime {
  /** How often `mark` is to be called. */
  static readonly MARK_MS = 1_000
  /** What a mark may be late by, and still count as time in which the core listened. */
  static readonly LATE_MAX_MS = 1_000
  #missedMs = 0
  #markedAtMs: number

  constructor(nowMs: number) {
    this.#markedAtMs = nowMs
  }

  /** Says that the core is there. Returns how much time has passed since the mark before in which it was not. */
  mark(nowMs: number): number {
    const passedMs = nowMs - this.#markedAtMs
    this.#markedAtMs = nowMs
    const isOnTime = passedMs >= 0 && passedMs <= ListeningTime.MARK_MS + ListeningTime.LATE_MAX_MS
    const missedMs = isOnTime ? 0 : passedMs
    this.#missedMs += missedMs
    return missedMs
  }

  /** Milliseconds on a scale that stands still while the core does not listen. */
  at(nowMs: number): number {
    return nowMs - this.#missedMs
  }
}
