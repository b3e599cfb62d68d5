/** The end of a pod's log, as it is followed: bounded, and honest about what was left out. Pure. */
import type { FollowPodLogSubscription } from '../graphql/generated/documents.ts'
import type { LogLine } from '../ui/log-lines.tsx'

export type LogTail = { readonly lines: readonly LogLine[]; readonly skippedLines: number }

export const NO_LOG: LogTail = { lines: [], skippedLines: 0 }

/** How many lines a page keeps; older ones are dropped, and counted. */
const LINES_MAX = 500

/** The tail after one more piece. */
export function logTailAfter(tail: LogTail, piece: FollowPodLogSubscription['podLogs']): LogTail {
  const lines = [...tail.lines, ...piece.lines.map(({ stream, text }) => ({ text, isError: stream === 'STDERR' }))]
  const dropped = Math.max(0, lines.length - LINES_MAX)
  return { lines: lines.slice(dropped), skippedLines: tail.skippedLines + piece.skippedLines + dropped }
}
