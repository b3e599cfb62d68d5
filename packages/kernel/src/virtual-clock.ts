/** Time that passes only when told to: for simulations, and for tests that must not sleep. */
import type { Cancel, Clock } from './clock.ts'

type Timer = { readonly atMs: number; readonly order: number; work: (() => void) | null }

export class VirtualClock implements Clock {
  #nowMs: number
  #order = 0
  #waiting = 0
  /** A binary heap, the next one first; of those for one instant, the one that was set first. */
  readonly #timers: Timer[] = []

  constructor(startMs = 1_000_000) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, work: () => void): Cancel {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: (this.#order += 1), work }
    this.#waiting += 1
    push(this.#timers, timer)
    return () => this.#cancel(timer)
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#waiting
  }

  /** When the next timer is due; null when none waits. */
  get nextAtMs(): number | null {
    return this.#next()?.atMs ?? null
  }

  /** Lets time pass up to the next timer and runs it; false when none waits. */
  runNext(): boolean {
    const timer = this.#next()
    if (timer === null) return false
    pop(this.#timers)
    const { work } = timer
    this.#cancel(timer)
    this.#nowMs = Math.max(this.#nowMs, timer.atMs)
    work?.()
    return true
  }

  /** Lets time pass, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (let next = this.nextAtMs; next !== null && next <= endMs; next = this.nextAtMs) this.runNext()
    this.#nowMs = endMs
  }

  /** Time passes and nobody is there: what fell due meanwhile runs late, with the next `advance`. */
  leap(ms: number): void {
    this.#nowMs += ms
  }

  #cancel(timer: Timer): void {
    if (timer.work === null) return
    timer.work = null
    this.#waiting -= 1
  }

  /** Cancelled timers leave the heap when their turn comes. */
  #next(): Timer | null {
    let first = this.#timers[0]
    while (first !== undefined && first.work === null) {
      pop(this.#timers)
      first = this.#timers[0]
    }
    return first ?? null
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent]
    if (above === undefined || !isBefore(timer, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = timer
}

function pop(heap: Timer[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    if (left === undefined) break
    const isRight = right !== undefined && isBefore(right, left)
    const child = isRight ? right : left
    if (!isBefore(child, last)) break
    heap[at] = child
    at = isRight ? 2 * at + 2 : 2 * at + 1
  }
  heap[at] = last
}
