/** Waiting for what other processes do. */

const EVENTUALLY_MS = 20_000
const LOOK_EVERY_MS = 15

/** Asks until the answer is as wanted; says the last answer when it never is. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  isRight: (answer: Awaited<T>) => boolean,
  withinMs = EVENTUALLY_MS,
): Promise<Awaited<T>> {
  const endMs = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (isRight(answer)) return answer
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms; the last answer: ${JSON.stringify(answer)}`)
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  }
}
