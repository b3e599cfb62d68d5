/**
 * How many of a kind there are on a node: of pods by application, of versions that it holds. One flat table for all
 * nodes, because placement compares nodes that nobody has looked at for long, and each step through objects of their
 * own would wait for memory. Open addressing with linear probing; what leaves closes the gap behind it (Knuth, 6.4 R).
 */
import { invariant } from '@fornax/kernel/assert'

/** An entry: node, kind, count. A fourth number keeps four of them within a cache line. */
const STRIDE = 4
const NODE = 0
const KIND = 1
const COUNT = 2
const SLOTS_AT_FIRST = 64

export class NodeTally {
  /** Small numbers for kinds, while there are any of them. */
  readonly #kinds = new Map<string, { readonly number: number; nodes: number }>()
  readonly #freeNumbers: number[] = []
  /** How many slots the table has: a power of two. */
  #slots = SLOTS_AT_FIRST
  #table = new Int32Array(SLOTS_AT_FIRST * STRIDE)
  #used = 0

  /** How many kinds there are anything of. */
  get kindCount(): number {
    return this.#kinds.size
  }

  get(node: number, kind: string): number {
    const known = this.#kinds.get(kind)
    return known === undefined ? 0 : (this.#table[this.#find(node, known.number) * STRIDE + COUNT] ?? 0)
  }

  add(node: number, kind: string, by: number): void {
    const known = this.#kinds.get(kind) ?? this.#newKind(kind)
    const at = this.#find(node, known.number)
    const before = this.#table[at * STRIDE + COUNT] ?? 0
    const after = before + by
    invariant(after >= 0, 'nothing is counted out that was not counted in')
    if (before === 0 && after > 0) this.#insert(at, node, known)
    this.#table[at * STRIDE + COUNT] = after
    if (before > 0 && after === 0) this.#remove(at, kind, known)
    if (this.#used * 2 > this.#slots) this.#grow()
  }

  /** Forgets all that is there. Looks at the whole table. */
  clear(node: number): void {
    for (const [kind, { number }] of Array.from(this.#kinds)) {
      const count = this.#table[this.#find(node, number) * STRIDE + COUNT] ?? 0
      if (count > 0) this.add(node, kind, -count)
    }
  }

  /** Where the pair is, or would be: the first free slot at or after its own. */
  #find(node: number, kind: number): number {
    const table = this.#table
    for (let at = this.#home(node, kind); ; at = (at + 1) & (this.#slots - 1)) {
      const base = at * STRIDE
      if (table[base + COUNT] === 0 || (table[base + NODE] === node && table[base + KIND] === kind)) return at
    }
  }

  #home(node: number, kind: number): number {
    const mixed = Math.imul(Math.imul(node, 0x9e3779b1) ^ kind, 0x85ebca6b)
    return (mixed ^ (mixed >>> 15)) & (this.#slots - 1)
  }

  #insert(at: number, node: number, known: { readonly number: number; nodes: number }): void {
    this.#table[at * STRIDE + NODE] = node
    this.#table[at * STRIDE + KIND] = known.number
    known.nodes += 1
    this.#used += 1
  }

  #remove(at: number, kind: string, known: { readonly number: number; nodes: number }): void {
    this.#used -= 1
    known.nodes -= 1
    if (known.nodes === 0) {
      this.#kinds.delete(kind)
      this.#freeNumbers.push(known.number)
    }
    this.#closeGap(at)
  }

  /** Whoever stands behind the gap, and would stand in it or before it had it been free, moves up. */
  #closeGap(from: number): void {
    const table = this.#table
    let gap = from
    const mask = this.#slots - 1
    for (let at = (gap + 1) & mask; table[at * STRIDE + COUNT] !== 0; at = (at + 1) & mask) {
      const home = this.#home(table[at * STRIDE + NODE] ?? 0, table[at * STRIDE + KIND] ?? 0)
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      table.copyWithin(gap * STRIDE, at * STRIDE, (at + 1) * STRIDE)
      table[at * STRIDE + COUNT] = 0
      gap = at
    }
  }

  #newKind(kind: string): { readonly number: number; nodes: number } {
    const known = { number: this.#freeNumbers.pop() ?? this.#kinds.size, nodes: 0 }
    this.#kinds.set(kind, known)
    return known
  }

  #grow(): void {
    const before = this.#table
    this.#slots *= 2
    this.#table = new Int32Array(this.#slots * STRIDE)
    for (let base = 0; base < before.length; base += STRIDE) {
      if (before[base + COUNT] === 0) continue
      const at = this.#find(before[base + NODE] ?? 0, before[base + KIND] ?? 0)
      this.#table.set(before.subarray(base, base + STRIDE), at * STRIDE)
    }
  }
}
