/** Runs asynchronous work one after another, in the order in which it was asked for. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** How much may wait; whoever comes then is refused at once. */
const WAITING_MAX = 10_000

export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return async (work) => {
    if (waiting >= WAITING_MAX) throw new Error(`${WAITING_MAX} writes wait already; try again later`)
    waiting += 1
    const mine = last.then(work, work)
    last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      waiting -= 1
    }
  }
}
