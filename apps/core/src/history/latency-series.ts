/**
 * How long starts took, of one kind of start of one application: a histogram for the whole and one for each phase, by
 * steps of time. The step that is open is counted in full; those before it keep only what was counted, in four bytes
 * for each bucket that is not empty.
 */
import { BUCKETS } from './latency-buckets.ts'
import { STEPS } from './time-grid.ts'

/** The whole, and its phases. The order is that of the counts; rows of the database rely on it. */
export const LATENCY_PARTS = ['total', 'queue', 'place', 'create', 'wake', 'command', 'ready'] as const

export type LatencyPart = (typeof LATENCY_PARTS)[number]

export const CELLS = LATENCY_PARTS.length * BUCKETS

/** A count of up to 2^20 - 1 beside its cell: more in one bucket within ten seconds is cut off. */
const COUNT_BITS = 20
const COUNT_MAX = 2 ** COUNT_BITS - 1

export class LatencySeries {
  /** Null while nothing is counted: a series that rests costs nothing. */
  #open: Uint32Array | null = null
  #isTouched = false
  readonly #sealed: (Uint32Array | null)[] = []
  readonly #steps: number[] = []

  /** Counts a duration in a cell: the part times the number of buckets, plus the bucket. */
  count(cell: number): void {
    this.#open ??= new Uint32Array(CELLS)
    this.#open[cell] = (this.#open[cell] ?? 0) + 1
    this.#isTouched = true
  }

  /** The open step's counts; null when there are none. */
  get open(): Uint32Array | null {
    return this.#isTouched ? this.#open : null
  }

  /** Adds the counts of others to the open step. */
  merge(counts: Uint32Array): void {
    this.#open ??= new Uint32Array(CELLS)
    addTo(this.#open, counts)
    this.#isTouched = true
  }

  /** The open step is over; its number is `step`. */
  seal(step: number): void {
    const slot = step % STEPS
    this.#steps[slot] = step
    this.#sealed[slot] = this.#isTouched && this.#open ? packed(this.#open) : null
    if (this.#isTouched) this.#open?.fill(0)
    else this.#open = null
    this.#isTouched = false
  }

  /** Adds what was counted in a step to `sums`. */
  addStep(step: number, sums: Uint32Array | Float64Array): boolean {
    const slot = step % STEPS
    const counts = this.#steps[slot] === step ? this.#sealed[slot] : null
    if (!counts) return false
    for (const entry of counts) {
      const cell = entry >>> COUNT_BITS
      sums[cell] = (sums[cell] ?? 0) + (entry & COUNT_MAX)
    }
    return true
  }
}

export function addTo(sums: Uint32Array | Float64Array, counts: ArrayLike<number>): void {
  for (let cell = 0; cell < counts.length; cell += 1) {
    const count = counts[cell] ?? 0
    if (count !== 0) sums[cell] = (sums[cell] ?? 0) + count
  }
}

function packed(counts: Uint32Array): Uint32Array {
  const entries: number[] = []
  for (let cell = 0; cell < counts.length; cell += 1) {
    const count = counts[cell] ?? 0
    if (count > 0) entries.push(((cell << COUNT_BITS) | Math.min(count, COUNT_MAX)) >>> 0)
  }
  return Uint32Array.from(entries)
}

/** Counts as a row of the database has them: pairs of a cell and its count, little-endian. */
export function toBytes(counts: ArrayLike<number>): Uint8Array {
  const pairs: number[] = []
  for (let cell = 0; cell < counts.length; cell += 1) {
    const count = counts[cell] ?? 0
    if (count > 0) pairs.push(cell, Math.min(count, 0xffff_ffff))
  }
  return wordsToBytes(pairs)
}

/** Adds what a row has; words that make no sense are passed over. */
export function addBytes(sums: Uint32Array | Float64Array, bytes: Uint8Array): void {
  const words = bytesToWords(bytes)
  for (let at = 0; at + 1 < words.length; at += 2) {
    const cell = words[at] ?? sums.length
    if (cell < sums.length) sums[cell] = (sums[cell] ?? 0) + (words[at + 1] ?? 0)
  }
}

export function wordsToBytes(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length)
  const view = new DataView(bytes.buffer)
  for (const [at, word] of words.entries()) view.setUint32(4 * at, word, true)
  return bytes
}

export function bytesToWords(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, at) => view.getUint32(4 * at, true))
}
