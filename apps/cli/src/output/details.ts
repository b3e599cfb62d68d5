/** What `describe` prints: a name and a value on each line, sections indented below their name. */

export type Detail =
  | readonly [name: string, value: string]
  | { readonly section: string; readonly lines: readonly string[] }

const INDENT = '  '

/** One line for each value, all values in one column. An empty section says so. */
export function formatDetails(details: readonly Detail[]): string {
  const names = details.map((detail) => ('section' in detail ? detail.section : detail[0]))
  const width = Math.max(...names.map((name) => name.length)) + 1
  const lines = details.flatMap((detail) => {
    if (!('section' in detail)) return [`${`${detail[0]}:`.padEnd(width)}${INDENT}${detail[1]}`]
    if (detail.lines.length === 0) return [`${`${detail.section}:`.padEnd(width)}${INDENT}<none>`]
    return [`${detail.section}:`, ...detail.lines.map((line) => `${INDENT}${line}`.trimEnd())]
  })
  return lines.map((line) => `${line}\n`).join('')
}

/** An instant, and how long ago it was. */
export function instantWithAge(instant: string | null, age: string): string {
  return instant === null ? '<none>' : `${instant} (${age} ago)`
}

/** The value, or what stands for its absence. */
export function orNone(value: string | number | null): string {
  return value === null || value === '' ? '<none>' : String(value)
}
