/** Does the same to many, a few at a time. What failed is said; what was done stays done. */
import type { ActionOutcome } from '../ui/action.ts'

const AT_ONCE = 8

export async function runForEach<T>(
  items: readonly T[],
  run: (item: T) => Promise<ActionOutcome>,
): Promise<ActionOutcome> {
  const problems: string[] = []
  const waiting = items.values()
  const work = async (): Promise<void> => {
    for (const item of waiting) {
      const outcome = await run(item)
      if (outcome.kind === 'failed') problems.push(outcome.message)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const [first] = problems
  if (first === undefined) return { kind: 'done' }
  return { kind: 'failed', message: problems.length === 1 ? first : `${first} (and ${problems.length - 1} more)` }
}
