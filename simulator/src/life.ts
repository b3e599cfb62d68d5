/**
 * A process that can die in the middle of anything. Whatever reaches it from outside comes through its life: timers,
 * frames, answers. When it dies, none of these arrive any more; when it stands still, they all arrive late.
 *
 * Its code cannot be stopped in mid-sentence, so what runs on in the turn of its death finds that all ports do nothing.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'

/** How a machine's clock runs: at a rate of 1.1 it is 10 % fast. At `originMs` it was `offsetMs` ahead. */
export type Drift = { readonly rate: number; readonly originMs: number; readonly offsetMs: number }

const NO_DRIFT: Drift = { rate: 1, originMs: 0, offsetMs: 0 }

type Timer = { work: (() => void) | null; cancel: Cancel }

export class Life {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  /** What came while it stood still: timers run before anything else that waited. */
  #lateTimers: Timer[] = []
  #lateWork: (() => void)[] = []
  #isAlive = true
  #standsStill = false
  /** What waited while it stood still, and has its turn in this instant. */
  #late = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** How many timers of it wait. */
  get timers(): number {
    return this.#timers.size
  }

  /** Whether it stands still, or has just begun to take in what came meanwhile. */
  get isBehind(): boolean {
    return this.#standsStill || this.#late > 0
  }

  /** Nothing reaches it any more, and it reaches nobody. */
  end(): void {
    this.#isAlive = false
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#lateTimers = []
    this.#lateWork = []
  }

  /** The process gets no processor for a while. */
  standStill(forMs: number): void {
    if (this.#standsStill) return
    this.#standsStill = true
    this.#clock.schedule(forMs, () => this.#goOn())
  }

  /** Something from outside reaches the process. */
  enter(work: () => void): void {
    if (!this.#isAlive) return
    if (this.#standsStill) this.#lateWork.push(work)
    else work()
  }

  /** An answer from outside; it never comes when the process has died. */
  hear<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.enter(() => resolve(value)),
        (error: unknown) => this.enter(() => reject(error instanceof Error ? error : new Error(String(error)))),
      )
    })
  }

  /** The clock as the process reads it. */
  clock({ rate, originMs, offsetMs }: Drift = NO_DRIFT): Clock {
    return {
      nowMs: () => {
        const nowMs = this.#clock.nowMs()
        return offsetMs + (rate === 1 ? nowMs : Math.floor(originMs + (nowMs - originMs) * rate))
      },
      schedule: (delayMs, work) => this.#schedule(rate === 1 ? delayMs : Math.ceil(delayMs / rate), work),
    }
  }

  #schedule(delayMs: number, work: () => void): Cancel {
    if (!this.#isAlive) return NOTHING
    const timer: Timer = { work, cancel: NOTHING }
    const cancel = this.#clock.schedule(delayMs, () => this.#due(timer))
    timer.cancel = () => {
      cancel()
      timer.work = null
      this.#timers.delete(timer)
    }
    this.#timers.add(timer)
    return timer.cancel
  }

  #due(timer: Timer): void {
    if (this.#standsStill) {
      this.#lateTimers.push(timer)
      return
    }
    this.#timers.delete(timer)
    timer.work?.()
  }

  /** Each of what waited gets an event of its own, in the order of a real event loop. */
  #goOn(): void {
    this.#standsStill = false
    const timers = this.#lateTimers
    const work = this.#lateWork
    this.#lateTimers = []
    this.#lateWork = []
    this.#late += timers.length + work.length
    for (const timer of timers) this.#inTurn(() => this.#due(timer))
    for (const one of work) this.#inTurn(() => this.enter(one))
  }

  #inTurn(act: () => void): void {
    this.#clock.schedule(0, () => {
      this.#late -= 1
      act()
    })
  }
}

/** An answer that does not come. */
export function never(): Promise<never> {
  return new Promise(() => undefined)
}

const NOTHING: Cancel = () => undefined
