/**
 * The bounded memory of what changed, and the way to follow it. A slow reader holds no queue
 * of its own: it reads at its own pace, and falls behind.
 *
 * Every change carries the next resource version. A reader passes the last
 * version it saw; it then receives either exactly the changes since, or word
 * that it must take a snapshot. There is no third case.
 *
 * A version is the instant of the core's start and a counter: `1700000000000.1042`. So a cursor from
 * before a restart is recognised as expired, also when the database was restored and epochs repeat.
 */
import { invariant } from '@fornax/kernel/assert'
import type { Cancel } from '@fornax/kernel/clock'

/** Opaque outside the core. */
export type ResourceVersion = `${number}.${number}`

export type Since<T> =
  | { readonly kind: 'changes'; readonly changes: readonly T[]; readonly resourceVersion: ResourceVersion }
  | { readonly kind: 'expired' }

export class ChangeLog<T> {
  readonly #start: number
  readonly #capacity: number
  /** Change number n lies at (n - 1) % capacity, so that remembering one forgets one, without moving any. */
  readonly #ring: T[] = []
  readonly #wakers = new Set<() => void>()
  #counter = 0
  #isWakeDue = false

  /** `start`: in milliseconds since the Unix epoch. `capacity`: how many changes it remembers. */
  constructor(options: { start: number; capacity: number }) {
    invariant(options.capacity > 0, 'a change log remembers at least one change')
    this.#start = options.start
    this.#capacity = options.capacity
  }

  get resourceVersion(): ResourceVersion {
    return `${this.#start}.${this.#counter}`
  }

  /** How many changes there were since the start. */
  get count(): number {
    return this.#counter
  }

  append(value: T): void {
    this.#ring[this.#counter % this.#capacity] = value
    this.#counter += 1
    this.#wakeOncePerTurn()
  }

  /** `seen` may be anything a client sent; what this log did not issue, or has forgotten, is expired. */
  since(seen: string): Since<T> {
    const [start, counter] = seen.split('.').map(Number)
    const oldest = Math.max(0, this.#counter - this.#capacity)
    const isKnown = start === this.#start && Number.isInteger(counter)
    if (!isKnown || counter === undefined || counter < oldest || counter > this.#counter) return { kind: 'expired' }
    return { kind: 'changes', changes: this.#after(counter), resourceVersion: this.resourceVersion }
  }

  /** Calls back once for each turn of the event loop that appended something, when that turn is over. */
  onAppend(act: () => void): Cancel {
    this.#wakers.add(act)
    return () => void this.#wakers.delete(act)
  }

  #after(counter: number): T[] {
    const start = counter % this.#capacity
    const end = start + this.#counter - counter
    if (end <= this.#capacity) return this.#ring.slice(start, end)
    return [...this.#ring.slice(start), ...this.#ring.slice(0, end - this.#capacity)]
  }

  #wakeOncePerTurn(): void {
    if (this.#isWakeDue || this.#wakers.size === 0) return
    this.#isWakeDue = true
    queueMicrotask(() => {
      this.#isWakeDue = false
      for (const wake of this.#wakers) wake()
    })
  }
}
