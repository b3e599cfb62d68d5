/** Runs asynchronous work in the order in which it was asked for, so many at a time at most. */
export type FewAtATime = <T>(work: () => Promise<T>) => Promise<T>

/** Whoever asks bounds how much waits: a node has so many pods, and no more. */
export function fewAtATime(most: number): FewAtATime {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running < most) running += 1
    else await new Promise<void>((resolve) => waiting.push(resolve)) // Whoever ends gives it the place.
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
