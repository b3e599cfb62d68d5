import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { settingsTable } from './settings-table.ts'

it('the README holds exactly the table of settings', () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../../README.md'), 'utf8')
  expect(tables(readme)).toContain(settingsTable())
})

function tables(markdown: string): string[] {
  return markdown.match(/(?:^\|.*\|$\n?)+/gm)?.map((table) => table.trimEnd()) ?? []
}
