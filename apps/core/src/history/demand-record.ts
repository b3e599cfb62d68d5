/** How many sessions were asked for and how many ended in each second of the last hour: what a pool had to serve. */

export const DEMAND_SECONDS = 3_600
/** A count of one second; more than this is cut off. */
const COUNT_MAX = 65_535

/** The demand of a span, by seconds, oldest first. */
export type Demand = {
  /** The first second, in seconds since the Unix epoch. */
  readonly fromSecond: number
  readonly asked: readonly number[]
  readonly ended: readonly number[]
  /** How many sessions were open when it began. */
  readonly openAtStart: number
}

export class DemandRecord {
  readonly #asked = new Uint16Array(DEMAND_SECONDS)
  readonly #ended = new Uint16Array(DEMAND_SECONDS)
  #first: number
  /** The second that was noted last. */
  #last: number

  /** `second`: the first one that will be noted. */
  constructor(second: number) {
    this.#first = second
    this.#last = second - 1
  }

  /** Notes a second; those between this and the one before had nothing that is known. */
  note(second: number, asked: number, ended: number): void {
    for (let passed = Math.max(this.#last + 1, second - DEMAND_SECONDS); passed < second; passed += 1)
      this.#set(passed, 0, 0)
    this.#set(second, asked, ended)
    this.#last = Math.max(this.#last, second)
    this.#first = Math.max(this.#first, this.#last - DEMAND_SECONDS + 1)
  }

  /** Everything that is kept. `open`: how many sessions are open now. */
  read(open: number): Demand {
    const length = Math.max(0, this.#last - this.#first + 1)
    const seconds = Array.from({ length }, (_, at) => (this.#first + at) % DEMAND_SECONDS)
    const asked = seconds.map((slot) => this.#asked[slot] ?? 0)
    const ended = seconds.map((slot) => this.#ended[slot] ?? 0)
    const openAtStart = Math.max(0, open - sum(asked) + sum(ended))
    return { fromSecond: this.#first, asked, ended, openAtStart }
  }

  #set(second: number, asked: number, ended: number): void {
    this.#asked[second % DEMAND_SECONDS] = Math.min(COUNT_MAX, asked)
    this.#ended[second % DEMAND_SECONDS] = Math.min(COUNT_MAX, ended)
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
