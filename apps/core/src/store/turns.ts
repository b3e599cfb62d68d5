/** Lets one after the other use something, in the order of asking. */

const WAITING_MAX = 100_000

export class Turns {
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  /** Runs `work` when it is its turn, and lets the next one in when it settles. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    const end = await this.begin()
    try {
      return await work()
    } finally {
      end()
    }
  }

  /** Settles when the turn has come. It lasts until the function it answers with is called. */
  async begin(): Promise<() => void> {
    if (this.#isTaken) {
      if (this.#waiting.length >= WAITING_MAX) throw new Error(`${WAITING_MAX} others wait for the database`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#isTaken = true
    let hasEnded = false
    return () => {
      if (hasEnded) return
      hasEnded = true
      const next = this.#waiting.shift()
      if (next === undefined) this.#isTaken = false
      else next()
    }
  }
}
