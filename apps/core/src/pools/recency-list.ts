/**
 * Things in the order in which they came in; either end, or any of them, leaves in constant time. Each stands on a place
 * of its own, which it takes along from list to list.
 */

/** Where something stands. Its list alone writes it. */
export type Place<T> = {
  readonly value: T
  list: RecencyList<T> | null
  older: Place<T> | null
  newer: Place<T> | null
}

/** A place on no list. */
export function placeFor<T>(value: T): Place<T> {
  return { value, list: null, older: null, newer: null }
}

export class RecencyList<T> {
  #newest: Place<T> | null = null
  #oldest: Place<T> | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The one that came in last; null when there is none. */
  get newest(): T | null {
    return this.#newest?.value ?? null
  }

  /** The one that came in first; null when there is none. */
  get oldest(): T | null {
    return this.#oldest?.value ?? null
  }

  /** All, the one that came in last first. None may come or go meanwhile. */
  *fromNewest(): Generator<T, void> {
    for (let place = this.#newest; place !== null; place = place.older) yield place.value
  }

  /** The other way round. */
  *fromOldest(): Generator<T, void> {
    for (let place = this.#oldest; place !== null; place = place.newer) yield place.value
  }

  /** Becomes the newest here, also when it was on this list, or on another. */
  add(place: Place<T>): void {
    if (this.#newest === place) return
    place.list?.remove(place)
    place.list = this
    place.older = this.#newest
    if (this.#newest) this.#newest.newer = place
    else this.#oldest = place
    this.#newest = place
    this.#size += 1
  }

  /** Leaves; does nothing when it stands elsewhere. */
  remove(place: Place<T>): void {
    if (place.list !== this) return
    if (place.newer) place.newer.older = place.older
    else this.#newest = place.older
    if (place.older) place.older.newer = place.newer
    else this.#oldest = place.newer
    place.list = null
    place.older = null
    place.newer = null
    this.#size -= 1
  }
}
