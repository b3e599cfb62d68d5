/** Values on their way from a producer that cannot wait to one reader; at most `limit` of them wait. */
export class Inbox<T> {
  readonly #limit: number
  #values: T[] = []
  #end: Ending | null = null
  #wake: (() => void) | null = null

  constructor(limit: number) {
    this.#limit = limit
  }

  /** False when it is full: the value was not taken. */
  offer(value: T): boolean {
    if (this.#end !== null) return true
    if (this.#values.length >= this.#limit) return false
    this.#values.push(value)
    this.#wake?.()
    return true
  }

  /** Gives up the oldest value. */
  dropOldest(): void {
    this.#values.shift()
  }

  /** Nothing more comes. What waits is still read; then the reader ends, or gets the error. */
  end(ending: Ending): void {
    this.#end ??= ending
    this.#wake?.()
  }

  /** One reader at a time. */
  async *read(): AsyncGenerator<T> {
    for (;;) {
      const batch = this.#values
      this.#values = []
      yield* batch
      if (this.#values.length > 0) continue
      if (this.#end?.kind === 'failed') throw this.#end.error
      if (this.#end !== null) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }
}

export type Ending = { readonly kind: 'completed' } | { readonly kind: 'failed'; readonly error: Error }
