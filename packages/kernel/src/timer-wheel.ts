/**
 * Many deadlines, one timer. Deadlines of the same few milliseconds share a bucket, and
 * only the earliest bucket has a timer of the platform, so that setting, moving and
 * clearing one of 300,000 costs a map access. A hashed timing wheel (Varghese and Lauck,
 * 1987) without a size: buckets that hold nothing do not exist.
 */
import type { Cancel, Clock } from './clock.ts'

/** How late a deadline may be, because it shares a bucket. Never early. */
const BUCKET_MS = 8
/** Deadlines further away wait in buckets of a second, and are sorted again when that comes. */
const FAR_MS = 60_000
const FAR_BUCKETS = 128

type Entry = {
  readonly atMs: number
  /** The later of `atMs` and when it was set. */
  readonly dueAtMs: number
  readonly bucket: number
}

export class TimerWheel implements Disposable {
  readonly #clock: Clock
  readonly #fire: (key: string) => void
  readonly #entries = new Map<string, Entry>()
  readonly #buckets = new Map<number, Set<string>>()
  /** A binary heap of the buckets that exist, earliest first. */
  readonly #order: number[] = []
  #armed: { readonly bucket: number; readonly cancel: Cancel } | null = null
  #isDisposed = false

  constructor(options: { clock: Clock; fire: (key: string) => void }) {
    this.#clock = options.clock
    this.#fire = options.fire
  }

  get size(): number {
    return this.#entries.size
  }

  /** Fires `key` at `atMs`, and not at the instant that was set before. Does nothing once the wheel is disposed. */
  set(key: string, atMs: number): void {
    if (this.#isDisposed) return
    if (this.#entries.get(key)?.atMs === atMs) return
    this.clear(key)
    const nowMs = this.#clock.nowMs()
    const bucket = bucketOf(atMs, nowMs)
    this.#entries.set(key, { atMs, dueAtMs: Math.max(atMs, nowMs), bucket })
    const keys = this.#buckets.get(bucket)
    if (keys) keys.add(key)
    else this.#open(bucket, key)
  }

  /** When a key should fire; null when it is not set. One that was late when it was set should fire at once. */
  dueAtMs(key: string): number | null {
    return this.#entries.get(key)?.dueAtMs ?? null
  }

  clear(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#buckets.get(entry.bucket)?.delete(key) // The empty bucket goes when its time comes.
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    this.#armed?.cancel()
    this.#armed = null
    this.#entries.clear()
    this.#buckets.clear()
    this.#order.length = 0
  }

  #open(bucket: number, key: string): void {
    this.#buckets.set(bucket, new Set([key]))
    push(this.#order, bucket)
    if (this.#armed === null || bucket < this.#armed.bucket) this.#arm()
  }

  #arm(): void {
    this.#armed?.cancel()
    this.#armed = null
    const bucket = this.#order[0]
    if (bucket === undefined) return
    const delayMs = Math.max(0, bucket * BUCKET_MS - this.#clock.nowMs())
    this.#armed = { bucket, cancel: this.#clock.schedule(delayMs, () => this.#fireDue()) }
  }

  #fireDue(): void {
    this.#armed = null
    const now = this.#clock.nowMs() / BUCKET_MS
    for (let bucket = this.#order[0]; bucket !== undefined && bucket <= now; bucket = this.#order[0]) {
      pop(this.#order)
      const keys = this.#buckets.get(bucket) ?? []
      this.#buckets.delete(bucket)
      for (const key of keys) this.#fireOne(key, bucket)
    }
    this.#arm()
  }

  /** What an earlier one of the same bucket has cleared or moved does not fire. */
  #fireOne(key: string, bucket: number): void {
    const entry = this.#entries.get(key)
    if (entry?.bucket !== bucket) return
    this.#entries.delete(key)
    if (entry.atMs > this.#clock.nowMs()) this.set(key, entry.atMs)
    else this.#fire(key)
  }
}

function bucketOf(atMs: number, nowMs: number): number {
  if (atMs - nowMs <= FAR_MS) return Math.ceil(atMs / BUCKET_MS)
  return Math.floor(atMs / BUCKET_MS / FAR_BUCKETS) * FAR_BUCKETS
}

function push(heap: number[], value: number): void {
  let at = heap.push(value) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent] ?? value
    if (above <= value) break
    heap[at] = above
    at = parent
  }
  heap[at] = value
}

function pop(heap: number[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const right = left + 1
    const child = (heap[right] ?? Infinity) < (heap[left] ?? Infinity) ? right : left
    const below = heap[child]
    if (below === undefined || below >= last) break
    heap[at] = below
    at = child
  }
  heap[at] = last
}
