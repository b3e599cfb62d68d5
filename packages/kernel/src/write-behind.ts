/**
 * Writes the newest value of each key to a place that may fail, one write at a time for each key. What fails is
 * written again until it succeeds or a newer value takes its place.
 *
 *   record ─► writing ─► written
 *                │  ▲
 *                ▼  │ after a while, or with the next value
 *               failed
 */
import type { Cancel, Clock } from './clock.ts'
import type { Log } from './log.ts'

export type WriteBehindPorts<Value> = {
  readonly clock: Clock
  readonly log: Log
  /** For the log, as in `a node`. */
  readonly what: string
  readonly keyOf: (value: Value) => string
  /** Rejects when nothing was written, or nobody knows. */
  readonly save: (value: Value) => Promise<void>
}

/** What is still to be written of one key. */
type Page<Value> = {
  latest: Value
  isWriting: boolean
  /** Who waits for the attempt that carries `latest`. */
  waiters: PromiseWithResolvers<void>[]
  cancelRetry: Cancel
}

const RETRY_MS = 1_000
/** A database that is away fails every key at every attempt; one line tells of all of them. */
const TELL_EVERY_MS = 10_000

export class WriteBehind<Value> implements Disposable {
  readonly #ports: WriteBehindPorts<Value>
  /** Keys with something unwritten: no more than there are keys. */
  readonly #pages = new Map<string, Page<Value>>()
  #isClosed = false
  #toldAtMs = -Infinity

  constructor(ports: WriteBehindPorts<Value>) {
    this.#ports = ports
  }

  /** Writes the value, soon. */
  record(value: Value): void {
    const key = this.#ports.keyOf(value)
    const page = this.#pages.get(key)
    if (page) page.latest = value
    else this.#pages.set(key, { latest: value, isWriting: false, waiters: [], cancelRetry: () => undefined })
    queueMicrotask(() => void this.#write(key)) // Values of the same turn share a write.
  }

  /** Settles when the newest value of the key is written; rejects when an attempt failed, which is then repeated. */
  whenWritten(key: string): Promise<void> {
    const page = this.#pages.get(key)
    if (!page) return Promise.resolve()
    const waiter = Promise.withResolvers<void>()
    page.waiters.push(waiter)
    if (this.#isClosed && !page.isWriting) this.#giveUp(key, page)
    return waiter.promise
  }

  /** Tries nothing any more. Whoever waits for an attempt that is not under way hears that there will be none. */
  [Symbol.dispose](): void {
    this.#isClosed = true
    for (const [key, page] of this.#pages) {
      page.cancelRetry()
      if (!page.isWriting) this.#giveUp(key, page)
    }
  }

  async #write(key: string): Promise<void> {
    const page = this.#pages.get(key)
    if (!page || page.isWriting || this.#isClosed) return
    page.isWriting = true
    page.cancelRetry()
    const { latest } = page
    try {
      await this.#ports.save(latest)
      if (page.latest === latest) this.#pages.delete(key)
      settle(page, latest, (waiter) => waiter.resolve())
    } catch (cause) {
      this.#failed(key, page, { latest, cause })
    }
    page.isWriting = false
    if (this.#isClosed) this.#giveUp(key, page)
    else if (page.latest !== latest) void this.#write(key)
  }

  #giveUp(key: string, page: Page<Value>): void {
    const { waiters } = page
    page.waiters = []
    for (const waiter of waiters) waiter.reject(new Error(`${this.#ports.what} (${key}) was not recorded any more`))
  }

  #failed(key: string, page: Page<Value>, { latest, cause }: { latest: Value; cause: unknown }): void {
    const { clock, log, what } = this.#ports
    if (clock.nowMs() >= this.#toldAtMs + TELL_EVERY_MS) {
      this.#toldAtMs = clock.nowMs()
      log.error({ err: cause, key, unrecorded: this.#pages.size }, `${what} could not be recorded; trying again`)
    }
    settle(page, latest, (waiter) => waiter.reject(new Error(`${what} (${key}) could not be recorded`, { cause })))
    if (!this.#isClosed) page.cancelRetry = clock.schedule(RETRY_MS, () => void this.#write(key))
  }
}

/** Tells who waited for what the attempt carried. A newer value is carried by the next one, and so are its waiters. */
function settle<Value>(page: Page<Value>, carried: Value, tell: (waiter: PromiseWithResolvers<void>) => void): void {
  if (page.latest !== carried) return
  const { waiters } = page
  page.waiters = []
  for (const waiter of waiters) tell(waiter)
}
