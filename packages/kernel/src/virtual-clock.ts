/** Time that passes only when told to: for simulations, and for tests that must not sleep. */
import type { Cancel, Clock } from './clock.ts'

type Timer = { readonly atMs: number; readonly order: number; readonly work: () => void }

export class VirtualClock implements Clock {
  #nowMs: number
  #order = 0
  readonly #timers = new Set<Timer>()

  constructor(startMs = 1_000_000) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, work: () => void): Cancel {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: (this.#order += 1), work }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size
  }

  /** Lets time pass, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (let next = this.#next(endMs); next !== null; next = this.#next(endMs)) {
      this.#timers.delete(next)
      this.#nowMs = next.atMs
      next.work()
    }
    this.#nowMs = endMs
  }

  #next(endMs: number): Timer | null {
    let first: Timer | null = null
    for (const timer of this.#timers) {
      if (timer.atMs > endMs) continue
      if (first === null || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order))
        first = timer
    }
    return first
  }
}
