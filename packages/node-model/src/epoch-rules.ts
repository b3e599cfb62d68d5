/**
 * Whom a node obeys. Every batch of commands carries its core's epoch; a core
 * that was left behind (a restored backup, a process that should be dead) has an
 * older one, and must not be able to act.
 */

/** The highest epoch that a node saw from one core, and what that core gave with it to be shown to a later one. */
export type EpochMark = {
  readonly coreId: string
  readonly epoch: number
  readonly proof?: string | undefined
}

export type EpochVerdict =
  | { readonly kind: 'current' }
  /** Obeyed once the mark is in the ledger. */
  | { readonly kind: 'newer'; readonly mark: EpochMark }
  | { readonly kind: 'refused'; readonly highestEpoch: number }

/** E1: an older epoch than the highest seen of the same core is refused; marks of other cores do not matter. */
export function judgeEpoch(marks: readonly EpochMark[], coreId: string, epoch: number): EpochVerdict {
  const mark = marks.find((candidate) => candidate.coreId === coreId)
  if (mark === undefined || epoch > mark.epoch) return { kind: 'newer', mark: { coreId, epoch } }
  return epoch === mark.epoch ? { kind: 'current' } : { kind: 'refused', highestEpoch: mark.epoch }
}

/** How many cores a node remembers. */
export const EPOCH_MARKS_MAX = 16

/** E2: marks only grow; the core heard of longest ago is forgotten when there are too many. */
export function withMark(marks: readonly EpochMark[], mark: EpochMark): readonly EpochMark[] {
  const others = marks.filter((candidate) => candidate.coreId !== mark.coreId)
  const known = marks.find((candidate) => candidate.coreId === mark.coreId)
  return [...others, known === undefined ? mark : later(known, mark)].slice(-EPOCH_MARKS_MAX)
}

function later(known: EpochMark, mark: EpochMark): EpochMark {
  if (known.epoch !== mark.epoch) return known.epoch > mark.epoch ? known : mark
  return mark.proof === undefined ? known : mark
}
