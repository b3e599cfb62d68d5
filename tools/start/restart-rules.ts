/** When a part that died is started again, and when that has stopped making sense. */

const RESTARTS_MAX = 3
const WINDOW_MS = 60_000

export type RestartVerdict =
  /** `deathsMs` is to be handed in at the next death. */
  | { readonly kind: 'restart'; readonly deathsMs: readonly number[]; readonly attempt: number }
  | { readonly kind: 'giveUp'; readonly deaths: number }

/** Judges a death at `nowMs`, given those before it. */
export function judgeDeath(earlierMs: readonly number[], nowMs: number): RestartVerdict {
  const recent = earlierMs.filter((deathMs) => nowMs - deathMs < WINDOW_MS)
  if (recent.length >= RESTARTS_MAX) return { kind: 'giveUp', deaths: recent.length + 1 }
  return { kind: 'restart', deathsMs: [...recent, nowMs], attempt: recent.length + 1 }
}
