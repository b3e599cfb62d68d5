/**
 * Lets only a few pods start at a time: a hundred at once on two cores would all
 * be late. Pods that somebody waits for go first. A pod that takes long gives its
 * place to the next.
 */
import type { Clock } from '@fornax/kernel/clock'

const PLACE_MS = 2_000

export class StartGate {
  readonly #clock: Clock
  readonly #placesMax: number
  /** Of pods that somebody waits for, and of those that only fill a pool; each in the order of asking. */
  readonly #urgent = new Set<Waiter>()
  readonly #patient = new Set<Waiter>()
  #taken = 0

  constructor(clock: Clock, placesMax: number) {
    this.#clock = clock
    this.#placesMax = placesMax
  }

  /** Asks for a place. */
  enter(isWaitedFor: boolean): GateTurn {
    if (this.#placesMax === Number.POSITIVE_INFINITY) return OPEN
    const { promise: entered, resolve } = Promise.withResolvers<() => void>()
    const waiter: Waiter = { enter: () => resolve(this.#place()) }
    if (this.#taken < this.#placesMax) {
      this.#taken += 1
      waiter.enter()
    } else {
      ;(isWaitedFor ? this.#urgent : this.#patient).add(waiter)
    }
    const hurry = (): void => {
      if (this.#patient.delete(waiter)) this.#urgent.add(waiter)
    }
    return { entered, hurry }
  }

  #place(): () => void {
    let isHeld = true
    const leave = (): void => {
      if (!isHeld) return
      isHeld = false
      cancel()
      this.#next()
    }
    const cancel = this.#clock.schedule(PLACE_MS, leave)
    return leave
  }

  #next(): void {
    for (const queue of [this.#urgent, this.#patient])
      for (const waiter of queue) {
        queue.delete(waiter)
        // In a later turn: starting a process blocks, and the core must hear between two.
        this.#clock.schedule(0, waiter.enter)
        return
      }
    this.#taken -= 1
  }
}

type Waiter = { readonly enter: () => void }

export type GateTurn = {
  /** Settles when it is the caller's turn. The result gives the place back. */
  readonly entered: Promise<() => void>
  /** Somebody waits for it now. */
  readonly hurry: () => void
}

const OPEN: GateTurn = { entered: Promise.resolve(() => undefined), hurry: () => undefined }
