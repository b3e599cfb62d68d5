/** Spans of time as clients ask for them. */
import type { WindowAsked } from '../history/time-grid.ts'
import { badInput } from './bad-input.ts'
import { fromDateTime } from './instants.ts'
import type { InputMaybe, TimeWindowInput } from './generated/resolver-types.ts'

/** Throws for an instant that is none, and for a span that ends before it begins. */
export function toWindow(window: InputMaybe<TimeWindowInput> | undefined): WindowAsked {
  const fromMs = toInstant('window.from', window?.from)
  const untilMs = toInstant('window.until', window?.until)
  const stepMs = window?.stepMs ?? null
  if (fromMs !== null && untilMs !== null && fromMs >= untilMs)
    throw badInput('window.from is not before window.until; swap them, or leave one out.')
  if (stepMs !== null && stepMs <= 0) throw badInput(`window.stepMs is ${stepMs}; it must be more than 0.`)
  return { fromMs, untilMs, stepMs }
}

/** RFC 3339 as milliseconds; null when nothing was given. */
export function toInstant(field: string, text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null
  const atMs = fromDateTime(text)
  if (atMs === null) throw badInput(`${field} is "${text}"; write an instant as 2026-01-31T14:02:00Z.`)
  return atMs
}
