/**
 * The bounded memory of what changed, and the way to follow it.
 *
 * Every change carries the next resource version. A reader passes the last
 * version it saw; it then receives either exactly the changes since, or word
 * that it must take a snapshot. There is no third case.
 *
 * A version is the core's epoch and a counter: `7.1042`. The epoch grows with
 * every start, so a cursor from before a restart is recognised as expired.
 */
import { invariant } from '@fornax/kernel/assert'

/** Opaque outside the core. */
export type ResourceVersion = `${number}.${number}`

export type Since<T> =
  | { readonly kind: 'changes'; readonly changes: readonly T[]; readonly resourceVersion: ResourceVersion }
  | { readonly kind: 'expired' }

export class ChangeLog<T> {
  readonly #epoch: number
  readonly #capacity: number
  /** Change number n lies at (n - 1) % capacity, so that remembering one forgets one, without moving any. */
  readonly #ring: T[] = []
  readonly #wakers = new Set<() => void>()
  #counter = 0
  #isWakeDue = false

  constructor(options: { epoch: number; capacity: number }) {
    invariant(options.capacity > 0, 'a change log remembers at least one change')
    this.#epoch = options.epoch
    this.#capacity = options.capacity
  }

  get resourceVersion(): ResourceVersion {
    return `${this.#epoch}.${this.#counter}`
  }

  append(value: T): ResourceVersion {
    this.#ring[this.#counter % this.#capacity] = value
    this.#counter += 1
    this.#wakeOncePerTick()
    return this.resourceVersion
  }

  /** `seen` may be anything a client sent; what this log did not issue, or has forgotten, is expired. */
  since(seen: string): Since<T> {
    const [epoch, counter] = seen.split('.').map(Number)
    const oldest = Math.max(0, this.#counter - this.#capacity)
    const isKnown = epoch === this.#epoch && Number.isInteger(counter)
    if (!isKnown || counter === undefined || counter < oldest || counter > this.#counter) return { kind: 'expired' }
    return { kind: 'changes', changes: this.#after(counter), resourceVersion: this.resourceVersion }
  }

  /**
   * Follows the log from `seen`. Reads in batches at the reader's pace: a slow
   * reader holds no queue of its own, it only falls behind the log, and ends
   * with `expired` when the log has moved on without it.
   */
  async *follow(seen: string, signal: AbortSignal): AsyncGenerator<Since<T>> {
    let last = seen
    while (!signal.aborted) {
      const batch = this.since(last)
      if (batch.kind === 'changes' && batch.changes.length === 0) {
        await this.#nextChange(signal)
        continue
      }
      yield batch
      if (batch.kind === 'expired') return
      last = batch.resourceVersion
    }
  }

  #after(counter: number): T[] {
    const start = counter % this.#capacity
    const end = start + this.#counter - counter
    if (end <= this.#capacity) return this.#ring.slice(start, end)
    return [...this.#ring.slice(start), ...this.#ring.slice(0, end - this.#capacity)]
  }

  /** A tick that appends a thousand changes wakes each reader once, when it is over. */
  #wakeOncePerTick(): void {
    if (this.#isWakeDue || this.#wakers.size === 0) return
    this.#isWakeDue = true
    queueMicrotask(() => {
      this.#isWakeDue = false
      for (const wake of this.#wakers) wake()
    })
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wakers.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}
