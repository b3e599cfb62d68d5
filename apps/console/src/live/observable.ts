/** A value that can be watched: what `useSyncExternalStore` wants, and no more. */
export type Observable<T> = {
  readonly get: () => T
  readonly subscribe: (listener: () => void) => () => void
}

/** An observable with a way to change it. Setting the same value again tells nobody. */
export class Observed<T> implements Observable<T> {
  #value: T
  readonly #listeners = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  readonly get = (): T => this.#value

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const listener of this.#listeners) listener()
  }
}
