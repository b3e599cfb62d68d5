import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { attackTable } from './attack-table.ts'

it('the documentation says of each attack and runtime what the suite proves, and nothing else', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../../../docs/security.md'), 'utf8')
  const [heads = []] = attackTable()
  expect(tables(text).find(([first]) => first?.[0] === heads[0])).toEqual(attackTable())
})

/** The rows of each table, without the line under its heads. */
function tables(markdown: string): readonly (readonly (readonly string[])[])[] {
  const found = markdown.match(/(?:^\|.*\|$\n?)+/gm) ?? []
  return found.map((table) => {
    const rows = table.trimEnd().split('\n').map(cellsOf)
    return rows.filter((cells) => !cells.every((cell) => /^:?-+:?$/.test(cell)))
  })
}

function cellsOf(row: string): readonly string[] {
  return row
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())
}
