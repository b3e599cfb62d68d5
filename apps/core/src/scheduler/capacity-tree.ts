/**
 * Finds a node with room without looking at all of them: a segment tree over the nodes that holds, for
 * every subtree, the most free CPU, memory and pod slots of any node in it. A subtree that cannot fit the
 * demand is skipped whole, so that finding and booking cost a few steps per doubling of the fleet.
 */
import type { Demand } from './placement.ts'

export type Free = { readonly cpuMillis: number; readonly memoryBytes: number; readonly pods: number }

const NOTHING: Free = { cpuMillis: -1, memoryBytes: -1, pods: -1 }

export class CapacityTree {
  /** A power of two: leaf i lies at `#leaves + i`, the root at 1. */
  #leaves = 1
  #cpuMillis = new Float64Array(2).fill(-1)
  #memoryBytes = new Float64Array(2).fill(-1)
  #pods = new Float64Array(2).fill(-1)

  get capacity(): number {
    return this.#leaves
  }

  set(slot: number, free: Free | null): void {
    while (slot >= this.#leaves) this.#grow()
    let at = this.#leaves + slot
    this.#write(at, free ?? NOTHING)
    for (at >>= 1; at >= 1; at >>= 1) this.#pull(at)
  }

  /** The first slot with room at or after `from`, then from the beginning; -1 when none has. */
  find(demand: Demand, from: number): number {
    const start = Math.min(from, this.#leaves - 1)
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
    return (
      (this.#cpuMillis[at] ?? -1) >= demand.cpuMillis &&
      (this.#memoryBytes[at] ?? -1) >= demand.memoryBytes &&
      (this.#pods[at] ?? -1) >= 1
    )
  }

  #write(at: number, free: Free): void {
    this.#cpuMillis[at] = free.cpuMillis
    this.#memoryBytes[at] = free.memoryBytes
    this.#pods[at] = free.pods
  }

  #pull(at: number): void {
    const [left, right] = [2 * at, 2 * at + 1]
    this.#cpuMillis[at] = Math.max(this.#cpuMillis[left] ?? -1, this.#cpuMillis[right] ?? -1)
    this.#memoryBytes[at] = Math.max(this.#memoryBytes[left] ?? -1, this.#memoryBytes[right] ?? -1)
    this.#pods[at] = Math.max(this.#pods[left] ?? -1, this.#pods[right] ?? -1)
  }

  #grow(): void {
    const before = this.#leaves
    const [cpu, memory, pods] = [this.#cpuMillis, this.#memoryBytes, this.#pods]
    this.#leaves = before * 2
    this.#cpuMillis = new Float64Array(4 * before).fill(-1)
    this.#memoryBytes = new Float64Array(4 * before).fill(-1)
    this.#pods = new Float64Array(4 * before).fill(-1)
    this.#cpuMillis.set(cpu.subarray(before, 2 * before), this.#leaves)
    this.#memoryBytes.set(memory.subarray(before, 2 * before), this.#leaves)
    this.#pods.set(pods.subarray(before, 2 * before), this.#leaves)
    for (let at = this.#leaves - 1; at >= 1; at -= 1) this.#pull(at)
  }
}
