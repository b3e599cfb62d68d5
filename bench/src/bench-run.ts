/** What a scenario gets from the bench: where to speak, when to stop, and what was asked for. */
import { setTimeout as wait } from 'node:timers/promises'

export type BenchRun = {
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** Tells the person what goes on; a line of its own each time. */
  readonly say: (line: string) => void
  /** A small form, to look at in between. */
  readonly isQuick: boolean
  /** Beside which scratch databases are made; null: SQLite in the scratch folder. */
  readonly databaseUrl: string | null
  /** Where the core writes CPU profiles; null: nowhere. */
  readonly profileFolder: string | null
}

/** Rejects when the bench is stopped. */
export function pause(run: Pick<BenchRun, 'signal'>, ms: number): Promise<void> {
  return wait(ms, undefined, { signal: run.signal })
}

/** Asks until the answer is as wanted. Throws with the last answer when that takes longer than `withinMs`. */
export async function until<T>(
  run: Pick<BenchRun, 'signal'>,
  ask: () => Promise<T>,
  { isRight, withinMs, everyMs = 50 }: { isRight: (answer: T) => boolean; withinMs: number; everyMs?: number },
): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (isRight(answer)) return answer
    if (performance.now() > endMs)
      throw new Error(`not within ${withinMs / 1_000} s; the last answer: ${JSON.stringify(answer)}`)
    await pause(run, everyMs)
  }
}
