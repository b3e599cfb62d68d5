/** Spans of time as clients ask for them. */
import type { WindowAsked } from '../history/time-grid.ts'
import { badInput } from './bad-input.ts'
import { fromDateTime } from './instants.ts'
import type { InputMaybe, TimeWindowInput } from './generated/resolver-types.ts'

const STEP_MS_MAX = 7 * 24 * 3_600_000
const SPAN_MS_MAX = 10 * 366 * 24 * 3_600_000
/** The year 2100. What a point of a chart stands for is a number of 32 bits. */
const LATEST_MS = 4_102_444_800_000

/** Throws for an instant that is none, for a span that ends before it begins, and for one that nothing is known of. */
export function toWindow(window: InputMaybe<TimeWindowInput> | undefined): WindowAsked {
  const fromMs = toKnownInstant('window.from', window?.from)
  const untilMs = toKnownInstant('window.until', window?.until)
  const stepMs = window?.stepMs ?? null
  const spanMs = fromMs === null || untilMs === null ? null : untilMs - fromMs
  if (spanMs !== null && spanMs <= 0)
    throw badInput('window.from is not before window.until; swap them, or leave one out.')
  if (spanMs !== null && spanMs > SPAN_MS_MAX) throw badInput('window is longer than ten years; ask for less.')
  if (stepMs !== null && (stepMs <= 0 || stepMs > STEP_MS_MAX))
    throw badInput(`window.stepMs is ${stepMs}; it must be more than 0, and at most ${STEP_MS_MAX}.`)
  return { fromMs, untilMs, stepMs }
}

function toKnownInstant(field: string, text: string | null | undefined): number | null {
  const atMs = toInstant(field, text)
  if (atMs === null || (atMs >= 0 && atMs <= LATEST_MS)) return atMs
  throw badInput(`${field} is of a time that nothing is known of; write one between 1970 and 2100.`)
}

/** RFC 3339 as milliseconds; null when nothing was given. */
export function toInstant(field: string, text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null
  const atMs = fromDateTime(text)
  if (atMs === null) throw badInput(`${field} is "${text}"; write an instant as 2026-01-31T14:02:00Z.`)
  return atMs
}
