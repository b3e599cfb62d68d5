/** The log format of container runtimes: `2026-01-31T10:00:00.123456789Z stdout F what the command wrote`. */

/** A line of the log. A long one was cut by the runtime, and its pieces stand as lines. */
export type ContainerLine = { readonly stream: 'stdout' | 'stderr'; readonly text: string }

const FORM = /^\S+ (stdout|stderr) (?:F|P)(?::\S*)? ?/

/** Null: that is no line of such a log. */
export function parseContainerLine(line: string): ContainerLine | null {
  const start = FORM.exec(line)
  if (start === null) return null
  return { stream: start[1] === 'stderr' ? 'stderr' : 'stdout', text: line.slice(start[0].length) }
}
