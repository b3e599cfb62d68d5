/** The settings as the table that the README shows. */
import { SETTINGS } from './setting-definitions.ts'

const HEAD = ['setting', 'default', 'what it does', 'used by']

/** The Markdown table of every setting, in columns as the formatter likes them; a test holds the README to it. */
export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map((setting) => [
    `\`${setting.name}\``,
    setting.default === null ? '' : `\`${setting.default}\``,
    setting.doc,
    setting.usedBy.join(', '),
  ])
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column]?.length ?? 0)))
  const padded = (row: readonly string[]): string => line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)))
  return [padded(HEAD), line(widths.map((width) => '-'.repeat(width))), ...rows.map(padded)].join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
