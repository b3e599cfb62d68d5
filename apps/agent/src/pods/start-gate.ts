/**
 * Lets only a few pods start at a time: a hundred at once on two cores would all
 * be late, and some so late that they are given up. Pods that somebody waits for
 * go first. A pod that takes long gives its place to the next: at once to one that
 * somebody waits for, to others when the machine has CPU to spare, or else after
 * a while. Who waits for something else than the CPU, an image for one, holds up
 * nobody, unless others keep the machine busy.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'

/** How much CPU time there is, and how much of it was used so far. */
export type CpuMeter = {
  readonly cores: number
  usedMs(): number
}

const PLACE_MS = 2_000
/** Where there is no CPU to spare. */
const PLACE_MS_MAX = 15_000
const LOOK_AGAIN_MS = 500
/** Of the CPU time that there was. */
const BUSY_SHARE = 0.9

export class StartGate {
  readonly #clock: Clock
  readonly #placesMax: number
  readonly #cpu: CpuMeter
  /** Of pods that somebody waits for, and of those that only fill a pool; each in the order of asking. */
  readonly #urgent = new Set<Waiter>()
  readonly #patient = new Set<Waiter>()
  /** Places that were held for long, and are given to whoever is waited for. */
  readonly #yielding = new Set<() => void>()
  #taken = 0

  constructor(clock: Clock, placesMax: number, cpu: CpuMeter) {
    this.#clock = clock
    this.#placesMax = placesMax
    this.#cpu = cpu
  }

  /** Asks for a place. */
  enter(isWaitedFor: boolean): GateTurn {
    if (this.#placesMax === Number.POSITIVE_INFINITY) return OPEN
    const { promise: entered, resolve } = Promise.withResolvers<() => void>()
    const waiter: Waiter = { enter: () => resolve(this.#place()) }
    const hurry = (): void => {
      if (this.#patient.delete(waiter)) this.#press(waiter)
    }
    if (this.#taken < this.#placesMax) {
      this.#taken += 1
      waiter.enter()
    } else if (isWaitedFor) this.#press(waiter)
    else this.#patient.add(waiter)
    return { entered, hurry }
  }

  #press(waiter: Waiter): void {
    this.#urgent.add(waiter)
    for (const leave of this.#yielding) return leave()
  }

  #place(): () => void {
    let isHeld = true
    let cancel: Cancel
    let isBusySince = this.#measure()
    const leave = (): void => {
      if (!isHeld) return
      isHeld = false
      cancel()
      this.#yielding.delete(leave)
      this.#next()
    }
    const look = (leftMs: number): void => {
      if (leftMs <= 0 || this.#urgent.size > 0 || !isBusySince()) return leave()
      this.#yielding.add(leave)
      isBusySince = this.#measure()
      cancel = this.#clock.schedule(LOOK_AGAIN_MS, () => look(leftMs - LOOK_AGAIN_MS))
    }
    cancel = this.#clock.schedule(PLACE_MS, () => look(PLACE_MS_MAX - PLACE_MS))
    return leave
  }

  /** Tells later whether the machine had no CPU to spare since now. */
  #measure(): () => boolean {
    const [clock, cpu] = [this.#clock, this.#cpu]
    const [beganMs, usedMs] = [clock.nowMs(), cpu.usedMs()]
    return () => cpu.usedMs() - usedMs >= BUSY_SHARE * cpu.cores * (clock.nowMs() - beganMs)
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
