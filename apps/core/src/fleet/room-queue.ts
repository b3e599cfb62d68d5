/**
 * The applications that have pods without a node, in the order in which they began to wait. Those that need the same
 * stand in one line: where the first of them finds no room, nobody behind it does, so that room that appears is offered
 * to as many as there are needs, not as there are applications.
 */
import type { VersionSpec } from '../applications/application.ts'
import type { ApplicationEntry } from './application-entry.ts'

type Place = { readonly number: number; need: string }

export class RoomQueue {
  readonly #places = new Map<ApplicationEntry, Place>()
  /** By need, each in the order of waiting. */
  readonly #lines = new Map<string, Set<ApplicationEntry>>()
  #asked = 0

  get size(): number {
    return this.#places.size
  }

  has(entry: ApplicationEntry): boolean {
    return this.#places.has(entry)
  }

  [Symbol.iterator](): Iterator<ApplicationEntry> {
    return this.#places.keys()
  }

  /** Begins to wait, or goes on waiting for something else. `homeless`: the versions that found no room. */
  add(entry: ApplicationEntry, homeless: readonly VersionSpec[] = []): void {
    const need = [...new Set(homeless.map(needOf))].toSorted().join('|')
    const place = this.#places.get(entry)
    if (place?.need === need) return
    if (place) this.#leave(entry, place.need)
    this.#places.set(entry, { number: place?.number ?? (this.#asked += 1), need })
    const line = this.#lines.get(need)
    if (line) line.add(entry)
    else this.#lines.set(need, new Set([entry]))
  }

  delete(entry: ApplicationEntry): void {
    const place = this.#places.get(entry)
    if (!place) return
    this.#places.delete(entry)
    this.#leave(entry, place.need)
  }

  /**
   * Offers room that has appeared to one after the other. `place` gives the pods of an application nodes, and takes it
   * out when none had to stay.
   */
  offer(place: (entry: ApplicationEntry) => void): void {
    const refused = new Set<string>()
    for (let entry = this.#first(refused); entry !== null; entry = this.#first(refused)) {
      place(entry)
      const need = this.#places.get(entry)?.need
      if (need !== undefined) refused.add(need)
    }
  }

  #first(refused: ReadonlySet<string>): ApplicationEntry | null {
    let first: { readonly entry: ApplicationEntry; readonly number: number } | null = null
    for (const [need, line] of this.#lines) {
      if (refused.has(need)) continue
      const [entry] = line
      const number = entry && this.#places.get(entry)?.number
      if (entry && number !== undefined && (first === null || number < first.number)) first = { entry, number }
    }
    return first?.entry ?? null
  }

  #leave(entry: ApplicationEntry, need: string): void {
    const line = this.#lines.get(need)
    if (line?.delete(entry) && line.size === 0) this.#lines.delete(need)
  }
}

/** What a node must have for a pod of the version. */
function needOf({ cpuMillis, memoryBytes, runtimeClass, minIsolation, toleratesSimulated }: VersionSpec): string {
  return `${cpuMillis}/${memoryBytes}/${runtimeClass ?? ''}/${minIsolation}/${toleratesSimulated}`
}
