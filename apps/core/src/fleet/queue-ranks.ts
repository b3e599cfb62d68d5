/**
 * Who stands where in a queue, counted as far as anybody asked: a page of sessions that wait costs one walk through the
 * queue, not one for each. Good for one moment only.
 */
export class QueueRanks {
  readonly #ranks = new Map<string, number>()
  readonly #rest: Iterator<string>

  constructor(queue: Iterable<string>) {
    this.#rest = queue[Symbol.iterator]()
  }

  /** How many stand before it; null when it is not in the queue. */
  of(id: string): number | null {
    let rank = this.#ranks.get(id)
    while (rank === undefined) {
      const { done, value } = this.#rest.next()
      if (done === true) return null
      this.#ranks.set(value, this.#ranks.size)
      rank = this.#ranks.get(id)
    }
    return rank
  }
}
