/** Spans of time as clients ask for them. */
import type { WindowAsked } from '../history/time-grid.ts'
import { badInput } from './bad-input.ts'
import { fromDateTime } from './instants.ts'
import type { InputMaybe, TimeWindowInput } from './generated/resolver-types.ts'

const STEP_MS_MAX = 7 * 24 * 3_600_000
const SPAN_MS_MAX = 10 * 366 * 24 * 3_600_000
/** The year 2100. What a point of a chart stands for is a number of 32 bits. */
const LATEST_MS = 4_102_444_800_000

/** Throws for an instant that is none, and for a span that ends before it begins. */
export function toWindow(window: InputMaybe<TimeWindowInput> | undefined): WindowAsked {
  const fromMs = toInstant('window.from', window?.from)
  const untilMs = toInstant('window.until', window?.until)
  const stepMs = window?.stepMs ?? null
  if (fromMs !== null && untilMs !== null && fromMs >= untilMs)
    throw badInput('window.from is not before window.until; swap them, or leave one out.')
  const [first, last] = [fromMs ?? untilMs, untilMs ?? fromMs]
  const isFar = [first, last].some((atMs) => atMs !== null && (atMs < 0 || atMs > LATEST_MS))
  if (isFar || (fromMs !== null && untilMs !== null && untilMs - fromMs > SPAN_MS_MAX))
    throw badInput('window is longer than ten years, or of a time that nothing is known of; ask for less.')
  if (stepMs !== null && stepMs <= 0) throw badInput(`window.stepMs is ${stepMs}; it must be more than 0.`)
  if (stepMs !== null && stepMs > STEP_MS_MAX)
    throw badInput(`window.stepMs is ${stepMs}; at most ${STEP_MS_MAX} is possible.`)
  return { fromMs, untilMs, stepMs }
}

/** RFC 3339 as milliseconds; null when nothing was given. */
export function toInstant(field: string, text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null
  const atMs = fromDateTime(text)
  if (atMs === null) throw badInput(`${field} is "${text}"; write an instant as 2026-01-31T14:02:00Z.`)
  return atMs
}
