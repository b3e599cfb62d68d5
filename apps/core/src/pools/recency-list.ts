/** Things in the order in which they came in; either end, or any of them, leaves in constant time. */

type Link<T> = { readonly value: T; older: Link<T> | null; newer: Link<T> | null }

export class RecencyList<T> {
  readonly #links = new Map<T, Link<T>>()
  #newest: Link<T> | null = null
  #oldest: Link<T> | null = null

  get size(): number {
    return this.#links.size
  }

  /** The one that came in last; null when there is none. */
  get newest(): T | null {
    return this.#newest?.value ?? null
  }

  /** The one that came in first; null when there is none. */
  get oldest(): T | null {
    return this.#oldest?.value ?? null
  }

  /** Becomes the newest, also when it was in the list before. */
  add(value: T): void {
    this.delete(value)
    const link: Link<T> = { value, older: this.#newest, newer: null }
    if (this.#newest) this.#newest.newer = link
    else this.#oldest = link
    this.#newest = link
    this.#links.set(value, link)
  }

  delete(value: T): boolean {
    const link = this.#links.get(value)
    if (!link) return false
    this.#links.delete(value)
    if (link.newer) link.newer.older = link.older
    else this.#newest = link.older
    if (link.older) link.older.newer = link.newer
    else this.#oldest = link.newer
    return true
  }
}
