/**
 * A session's timeline as bars. Its life has quick parts (opening, closing: milliseconds)
 * and slow ones (in use: minutes); on one scale, the quick ones would be invisible. So
 * each quick part gets a scale of its own. Pure.
 */
import type { SessionStep } from '../graphql/generated/documents.ts'

export type TimelineEntry = { readonly step: SessionStep; readonly sinceAskedMs: number; readonly at: string }

/** A step, with the time it took since the one before it. */
export type TimelineBar = {
  readonly step: SessionStep
  readonly at: string
  readonly sinceAskedMs: number
  readonly tookMs: number
  /** Shares of the group's length, for drawing. */
  readonly startShare: number
  readonly widthShare: number
}

export type TimelineGroup = {
  readonly kind: 'opening' | 'serving' | 'closing'
  readonly lengthMs: number
  readonly bars: readonly TimelineBar[]
}

/** The groups that have begun, in order. */
export function timelineGroups(entries: readonly TimelineEntry[]): readonly TimelineGroup[] {
  const closingAt = entries.findIndex(({ step }) => step === 'CLOSING' || step === 'CLOSED')
  const beforeClosing = closingAt === -1 ? entries : entries.slice(0, closingAt)
  const availableAt = beforeClosing.findLastIndex(({ step }) => step === 'AVAILABLE')
  const opening = availableAt === -1 ? beforeClosing : beforeClosing.slice(0, availableAt + 1)
  const serving = beforeClosing.slice(opening.length)
  const closing = closingAt === -1 ? [] : entries.slice(closingAt)
  return [
    group('opening', opening, undefined),
    group('serving', serving, opening.at(-1)),
    group('closing', closing, beforeClosing.at(-1)),
  ].filter(({ bars }) => bars.length > 0)
}

/** The scale of closing begins with its first step: how long it was used before belongs to no bar. */
function group(
  kind: TimelineGroup['kind'],
  entries: readonly TimelineEntry[],
  before: TimelineEntry | undefined,
): TimelineGroup {
  const beginMs = kind === 'serving' ? (before?.sinceAskedMs ?? 0) : (entries[0]?.sinceAskedMs ?? 0)
  const endMs = entries.at(-1)?.sinceAskedMs ?? beginMs
  const lengthMs = endMs - beginMs
  const bars = entries.map((entry, index) => {
    const previousMs = index === 0 ? beginMs : (entries[index - 1]?.sinceAskedMs ?? beginMs)
    const tookMs = Math.max(0, entry.sinceAskedMs - previousMs)
    return {
      step: entry.step,
      at: entry.at,
      sinceAskedMs: entry.sinceAskedMs,
      tookMs,
      startShare: shareOf(previousMs - beginMs, lengthMs),
      widthShare: shareOf(tookMs, lengthMs),
    }
  })
  return { kind, lengthMs, bars }
}

function shareOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0
}
