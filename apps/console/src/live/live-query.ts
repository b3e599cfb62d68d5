/**
 * A question that is asked again and again while somebody reads the answer: at a slow
 * pace by itself, and soon after something is known to have changed. For what the API
 * counts but does not let us follow.
 */
import { systemClock, type Cancel } from '@fornax/kernel/clock'
import { Observed } from './observable.ts'

/** The newest answer; null before the first. `message`: why there is no newer one. */
export type LiveQueryState<T> = {
  readonly value: T | null
  readonly failedSinceMs: number | null
  readonly message?: string
}

/** What is asked; it may build on the answer before. */
export type Ask<T> = (signal: AbortSignal, before: T | null) => Promise<T>

const PACE_MS = 2_000
/** However much changes, no more often than this. */
const SPACING_MS = 400

export class LiveQuery<T> {
  readonly #ask: Ask<T>
  readonly #state: Observed<LiveQueryState<T>>
  readonly #paceMs: number
  #readers = 0
  #isAsking = false
  #isAskedAgain = false
  #abort = new AbortController()
  #cancelNext: Cancel = () => {}
  #askedAtMs = 0

  constructor(ask: Ask<T>, first: T | null, paceMs: number = PACE_MS) {
    this.#ask = ask
    this.#paceMs = paceMs
    this.#state = new Observed<LiveQueryState<T>>({ value: first, failedSinceMs: null })
  }

  readonly get = (): LiveQueryState<T> => this.#state.get()

  readonly subscribe = (listener: () => void): (() => void) => {
    const stopListening = this.#state.subscribe(listener)
    this.#readers += 1
    if (this.#readers === 1) this.#begin()
    return () => {
      stopListening()
      this.#readers -= 1
      if (this.#readers === 0) this.#end()
    }
  }

  /** Something has changed: the answer may be another one. */
  refreshSoon(): void {
    if (this.#readers === 0) return
    if (this.#isAsking) this.#isAskedAgain = true
    else this.#plan(Math.max(0, this.#askedAtMs + SPACING_MS - systemClock.nowMs()))
  }

  #begin(): void {
    this.#abort = new AbortController()
    this.#plan(0)
  }

  #end(): void {
    this.#cancelNext()
    this.#abort.abort()
  }

  #plan(delayMs: number): void {
    this.#cancelNext()
    this.#cancelNext = systemClock.schedule(delayMs, () => void this.#refresh(this.#abort.signal))
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    this.#isAsking = true
    this.#isAskedAgain = false
    this.#askedAtMs = systemClock.nowMs()
    try {
      const value = await this.#ask(signal, this.get().value)
      if (!signal.aborted) this.#state.set({ value, failedSinceMs: null })
    } catch (error) {
      // A connection that is lost says so itself; whoever has no answer at all is told why.
      const { value, failedSinceMs } = this.get()
      const message = error instanceof Error ? error.message : String(error)
      if (!signal.aborted) this.#state.set({ value, failedSinceMs: failedSinceMs ?? systemClock.nowMs(), message })
    }
    this.#isAsking = false
    if (!signal.aborted) this.#plan(this.#isAskedAgain ? SPACING_MS : this.#paceMs)
  }
}
