/**
 * Finds a node with room without looking at all of them: a segment tree over the nodes that holds, for
 * every subtree, the most free CPU, memory and pod slots of any node in it. A subtree that cannot fit the
 * demand is skipped whole, so that finding and booking cost a few steps per doubling of the fleet.
 */
import type { Demand } from './placement.ts'

export type Free = { readonly cpuMillis: number; readonly memoryBytes: number; readonly pods: number }

const NOTHING: Free = { cpuMillis: -1, memoryBytes: -1, pods: -1 }

/** A pair of siblings fills one cache line, so that a step towards the root costs one look at memory. */
const STRIDE = 4
const CPU = 0
const MEMORY = 1
const PODS = 2

export class CapacityTree {
  /** A power of two: leaf i lies at `#leaves + i`, the root at 1. */
  #leaves = 1
  #free = new Float64Array(2 * STRIDE).fill(-1)

  get capacity(): number {
    return this.#leaves
  }

  set(slot: number, free: Free | null): void {
    while (slot >= this.#leaves) this.#grow()
    let at = this.#leaves + slot
    this.#write(at, free ?? NOTHING)
    for (at >>= 1; at >= 1; at >>= 1) if (!this.#pull(at)) return
  }

  /** What was set; null when nothing may come there. */
  free(slot: number): Free | null {
    const at = STRIDE * (this.#leaves + slot)
    const pods = slot < this.#leaves ? (this.#free[at + PODS] ?? -1) : -1
    if (pods < 0) return null
    return { cpuMillis: this.#free[at + CPU] ?? 0, memoryBytes: this.#free[at + MEMORY] ?? 0, pods }
  }

  /** Whether the demand fits there. */
  hasRoom(slot: number, demand: Demand): boolean {
    return slot < this.#leaves && this.#fits(this.#leaves + slot, demand)
  }

  /** The first slot with room at or after `from`, then from the beginning; -1 when none has. */
  find(demand: Demand, from: number): number {
    const start = Math.min(from, this.#leaves - 1)
    if (this.#fits(this.#leaves + start, demand)) return start
    const later = this.#search(1, 0, this.#leaves, { demand, from: start })
    return later >= 0 || start === 0 ? later : this.#search(1, 0, this.#leaves, { demand, from: 0 })
  }

  #search(at: number, low: number, width: number, want: { demand: Demand; from: number }): number {
    if (low + width <= want.from || !this.#fits(at, want.demand)) return -1
    if (width === 1) return low
    const half = width >> 1
    const left = this.#search(2 * at, low, half, want)
    return left >= 0 ? left : this.#search(2 * at + 1, low + half, half, want)
  }

  #fits(at: number, demand: Demand): boolean {
    const free = this.#free
    const base = STRIDE * at
    return (
      (free[base + CPU] ?? -1) >= demand.cpuMillis &&
      (free[base + MEMORY] ?? -1) >= demand.memoryBytes &&
      (free[base + PODS] ?? -1) >= 1
    )
  }

  #write(at: number, { cpuMillis, memoryBytes, pods }: Free): void {
    const base = STRIDE * at
    this.#free[base + CPU] = cpuMillis
    this.#free[base + MEMORY] = memoryBytes
    this.#free[base + PODS] = pods
  }

  /** Whether anything changed; if not, nothing changes further up. */
  #pull(at: number): boolean {
    const free = this.#free
    let hasChanged = false
    for (let what = CPU; what <= PODS; what += 1) {
      const most = Math.max(free[STRIDE * 2 * at + what] ?? -1, free[STRIDE * (2 * at + 1) + what] ?? -1)
      if (free[STRIDE * at + what] === most) continue
      free[STRIDE * at + what] = most
      hasChanged = true
    }
    return hasChanged
  }

  #grow(): void {
    const before = this.#leaves
    const leaves = this.#free.subarray(STRIDE * before)
    this.#leaves = before * 2
    this.#free = new Float64Array(STRIDE * 4 * before).fill(-1)
    this.#free.set(leaves, STRIDE * this.#leaves)
    for (let at = this.#leaves - 1; at >= 1; at -= 1) this.#pull(at)
  }
}
