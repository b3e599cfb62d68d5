/**
 * Things that are ready before there is a pod for them, because making them is most of a cold start. They are made
 * while no pod starts: the stock never takes time from a pod. How many there are follows how fast pods are made.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Runtime } from '../runtime.ts'
import { isForgotten, NO_DEMAND, stockTarget, withPod, type StockBounds } from './stock-plan.ts'

/** A runtime that has something ready. */
export type StockedRuntime = Runtime & {
  /** How many pods would find a sandbox now. */
  readonly stockSize: number
}

export type StockOptions<Item> = {
  readonly clock: Clock
  readonly log: Log
  readonly bounds: StockBounds
  /** Makes one, or leaves nothing behind and rejects. */
  readonly make: () => Promise<Item>
  readonly remove: (item: Item) => Promise<void>
  /** Removes what an earlier agent kept ready: nobody can tell what it was about to do with it. */
  readonly removeLeft: () => Promise<void>
}

/** For so long no pod may have been started when something is made. */
const QUIET_MS = 250
const CHECK_MS = 100
const AFTER_FAILURE_MS = 10_000
/** One too many is removed after so long. */
const SURPLUS_MS = 30_000

export class Stock<Item> implements AsyncDisposable {
  readonly #options: StockOptions<Item>
  readonly #ready: Item[] = []
  #demand = NO_DEMAND
  #starting = 0
  #quietSinceMs = 0
  #surplusSinceMs: number | null = null
  #nextTryMs = 0
  #isDisposed = false
  #cancelCheck: Cancel = () => undefined
  /** What is being made or removed. */
  #work: Promise<void>

  constructor(options: StockOptions<Item>) {
    this.#options = options
    this.#work = this.#try(options.removeLeft, 'what an earlier agent kept ready could not be removed').finally(() =>
      this.#checkLater(0),
    )
  }

  /** How many are ready. */
  get size(): number {
    return this.#ready.length
  }

  /** A pod begins to start: the stock rests until it `ends`. */
  begin(): void {
    this.#starting += 1
    const { clock } = this.#options
    this.#demand = withPod(this.#demand, clock.nowMs())
  }

  /** The oldest one, which is the caller's then; null: there is none. */
  take(): Item | null {
    return this.#ready.shift() ?? null
  }

  /** A pod has started, or could not. */
  end(): void {
    this.#starting -= 1
    this.#quietSinceMs = this.#options.clock.nowMs()
  }

  /** It was found broken by itself. */
  forget(item: Item): void {
    const at = this.#ready.indexOf(item)
    if (at !== -1) this.#ready.splice(at, 1)
  }

  /** Removes what is ready. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#cancelCheck()
    await this.#work
    await Promise.all(this.#ready.splice(0).map((item) => this.#remove(item)))
  }

  #checkLater(delayMs: number): void {
    if (this.#isDisposed) return
    this.#cancelCheck = this.#options.clock.schedule(delayMs, () => {
      this.#work = this.#check().finally(() => this.#checkLater(CHECK_MS))
    })
  }

  async #check(): Promise<void> {
    const { bounds, clock } = this.#options
    const nowMs = clock.nowMs()
    if (this.#starting > 0 || nowMs < this.#quietSinceMs + QUIET_MS || nowMs < this.#nextTryMs) return
    const surplus = this.#ready.length - stockTarget(this.#demand, bounds, nowMs)
    if (isForgotten(this.#demand, nowMs)) this.#demand = NO_DEMAND
    if (surplus <= 0) this.#surplusSinceMs = null
    if (surplus < 0) return await this.#add()
    if (surplus === 0) return
    this.#surplusSinceMs ??= nowMs
    if (nowMs < this.#surplusSinceMs + SURPLUS_MS) return
    this.#surplusSinceMs = null
    const item = this.#ready.pop()
    if (item !== undefined) await this.#remove(item)
  }

  async #add(): Promise<void> {
    const { clock, log, make } = this.#options
    try {
      this.#ready.push(await make())
    } catch (error) {
      this.#nextTryMs = clock.nowMs() + AFTER_FAILURE_MS
      log.warn({ err: error }, 'no sandbox could be made in advance; pods make their own meanwhile')
    }
  }

  #remove(item: Item): Promise<void> {
    return this.#try(() => this.#options.remove(item), 'a sandbox that was made in advance could not be removed')
  }

  async #try(work: () => Promise<void>, complaint: string): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.log.warn({ err: error }, complaint)
    }
  }
}
