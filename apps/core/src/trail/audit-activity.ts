/** How many records there were, and when: for people who look for a time. Pure. */
import { isMeant, type AuditConditions } from './audit-filter.ts'
import type { AuditOutcome, AuditRecord } from './audit-record.ts'

/** As much of a record as is counted by. */
export type AuditMark = Pick<AuditRecord, 'atMs' | 'action' | 'actorId' | 'object' | 'outcome'>

export type ActivityBin = { readonly fromMs: number; readonly untilMs: number } & Readonly<Record<AuditOutcome, number>>

export type AuditActivity = { readonly bins: readonly ActivityBin[]; readonly countedSinceMs: number | null }

/** So many of the newest are looked at, and no more: it takes milliseconds, also beside ten million of them. */
export const MARKS_MAX = 5_000
const BINS = 60

type Asked = AuditConditions & {
  readonly spanMs: number
  readonly nowMs: number
}

/** `marks`: the newest ones, newest first. */
export function activityOf(marks: readonly AuditMark[], { spanMs, nowMs, ...where }: Asked): AuditActivity {
  const binMs = Math.max(1, Math.ceil(spanMs / BINS))
  const endMs = (Math.floor(nowMs / binMs) + 1) * binMs
  const firstMs = endMs - BINS * binMs
  const counts = Array.from({ length: BINS }, () => ({ done: 0, refused: 0, failed: 0 }))
  for (const mark of marks) {
    const bin = counts[Math.floor((mark.atMs - firstMs) / binMs)]
    if (bin !== undefined && isMeant(mark, where)) bin[mark.outcome] += 1
  }
  const oldest = marks.length < MARKS_MAX ? undefined : marks.at(-1)
  return {
    bins: counts.map((bin, index) => ({
      fromMs: firstMs + index * binMs,
      untilMs: firstMs + (index + 1) * binMs,
      ...bin,
    })),
    countedSinceMs: oldest !== undefined && oldest.atMs > firstMs ? oldest.atMs : null,
  }
}
