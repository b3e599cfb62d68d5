/** Does the same to many, a few at a time. What failed is said; what was done stays done. */
import type { ActionOutcome } from '../ui/action.ts'

const AT_ONCE = 8

/** `left` is what is still to be done: what failed, and what was not begun when it was stopped. */
export type ManyOutcome<T> = ActionOutcome & { readonly left: readonly T[] }

/** Stopped, it begins no other, waits for those that it has begun, and says how far it came. */
export async function runForEach<T>(
  items: readonly T[],
  run: (item: T) => Promise<ActionOutcome>,
  stop?: AbortSignal,
): Promise<ManyOutcome<T>> {
  const done = new Set<T>()
  const problems: string[] = []
  const waiting = items.values()
  const work = async (): Promise<void> => {
    for (const item of waiting) {
      if (stop?.aborted === true) return
      const outcome = await run(item)
      if (outcome.kind === 'done') done.add(item)
      else problems.push(outcome.message)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const left = items.filter((item) => !done.has(item))
  if (left.length === 0) return { kind: 'done', left }
  const far = `${problems.length < left.length ? 'Stopped: ' : ''}${done.size} of ${items.length} done.`
  const [first] = problems
  if (first === undefined) return { kind: 'failed', message: far, left }
  const problem = problems.length === 1 ? first : `${first} (and ${problems.length - 1} more)`
  return { kind: 'failed', message: items.length === 1 ? problem : `${far} ${problem}`, left }
}
