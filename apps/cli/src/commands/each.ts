/** Commands that take several names. */

/** Does the work for each at the same time, also when one fails. Rejects with the failure, or with all of them. */
export async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(items.map(work))
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [asError(outcome.reason)] : []))
  const [first, ...others] = errors
  if (first === undefined) return
  throw others.length === 0 ? first : new AggregateError(errors, 'several of them failed', { cause: first })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason })
}
