/**
 * Somebody who waits for an answer, and may leave before it comes. An `AbortSignal` says the same, at ten times the
 * price: every request has a caller, and hardly one leaves.
 */
import type { Cancel } from './clock.ts'

export class Caller {
  #hasLeft = false
  #acts: Set<() => void> | null = null

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  /** Calls back once, when the caller leaves: at once, if that was before. */
  onLeave(act: () => void): Cancel {
    if (this.#hasLeft) {
      act()
      return NOTHING
    }
    const acts = (this.#acts ??= new Set())
    acts.add(act)
    return () => void acts.delete(act)
  }

  /** Leaving again changes nothing. */
  leave(): void {
    this.#hasLeft = true
    const acts = this.#acts
    this.#acts = null
    for (const act of acts ?? []) act()
  }
}

const NOTHING = (): void => undefined
