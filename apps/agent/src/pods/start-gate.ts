/**
 * Lets only a few pods start at a time: a hundred at once on two cores would all
 * be late. A pod that takes long gives its place to the next.
 */
import type { Clock } from '@fornax/kernel/clock'

const PLACE_MS = 2_000

export class StartGate {
  readonly #clock: Clock
  readonly #placesMax: number
  readonly #queue: (() => void)[] = []
  #taken = 0

  constructor(clock: Clock, placesMax: number) {
    this.#clock = clock
    this.#placesMax = placesMax
  }

  /** Settles when it is the caller's turn, in the order of asking. The result gives the place back. */
  async enter(): Promise<() => void> {
    if (this.#taken >= this.#placesMax) await new Promise<void>((resolve) => this.#queue.push(resolve))
    else this.#taken += 1
    if (this.#placesMax === Number.POSITIVE_INFINITY) return () => undefined
    return this.#place()
  }

  #place(): () => void {
    let isHeld = true
    const leave = (): void => {
      if (!isHeld) return
      isHeld = false
      cancel()
      const next = this.#queue.shift()
      if (next === undefined) this.#taken -= 1
      else this.#clock.schedule(0, next) // In a later turn: starting a process blocks, and the core must hear between two.
    }
    const cancel = this.#clock.schedule(PLACE_MS, leave)
    return leave
  }
}
