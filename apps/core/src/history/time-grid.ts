/** How time is cut: steps of ten seconds for an hour in memory, of five minutes in the database. */

/** What is sampled and counted is kept by steps of this length. */
export const STEP_MS = 10_000
/** How many steps are in memory: an hour, and what a row of the database may begin before it. */
export const STEPS = 396
/** What is always answered in steps of ten seconds, if the core ran. */
export const MEMORY_MS = 3_600_000
/** The database keeps sums of this length. */
export const ROLL_MS = 300_000
/** As many steps as a chart shows when nobody says how long one is. */
const STEPS_SHOWN = 120
/** No answer has more steps than this. */
const STEPS_MAX = 1_000
/** No answer looks back further than this from its end. */
const SPAN_MAX_MS = 31 * 24 * 3_600_000

/** Whole steps: the first begins at `fromMs`, the last ends at `untilMs`. */
export type Grid = { readonly fromMs: number; readonly untilMs: number; readonly stepMs: number }

export type WindowAsked = {
  readonly fromMs: number | null
  readonly untilMs: number | null
  readonly stepMs: number | null
}

/** The number of the step in which an instant is. */
export function stepOf(atMs: number): number {
  return Math.floor(atMs / STEP_MS)
}

/**
 * The steps that answer what was asked. What is older than an hour, or was recorded by a core before this one, is known
 * in steps of five minutes only, so a span that holds some of it has steps of a multiple of that (`isCoarse`).
 */
export function gridOf({ fromMs, untilMs, stepMs }: WindowAsked, nowMs: number, isCoarse = false): Grid {
  const end = Math.min(untilMs ?? nowMs, nowMs)
  const begin = Math.max(Math.min(fromMs ?? end - MEMORY_MS, end - STEP_MS), end - SPAN_MAX_MS)
  const unit = isCoarse || begin < nowMs - MEMORY_MS - STEP_MS ? ROLL_MS : STEP_MS
  const least = Math.max(stepMs ?? (end - begin) / STEPS_SHOWN, (end - begin) / STEPS_MAX)
  const step = Math.max(unit, Math.ceil(least / unit) * unit)
  return { fromMs: Math.floor(begin / step) * step, untilMs: Math.ceil(end / step) * step, stepMs: step }
}

/** How many steps a grid has. */
export function lengthOf({ fromMs, untilMs, stepMs }: Grid): number {
  return Math.round((untilMs - fromMs) / stepMs)
}

/** In which step of the grid an instant is; -1 when it is outside. */
export function placeIn({ fromMs, untilMs, stepMs }: Grid, atMs: number): number {
  return atMs < fromMs || atMs >= untilMs ? -1 : Math.floor((atMs - fromMs) / stepMs)
}
