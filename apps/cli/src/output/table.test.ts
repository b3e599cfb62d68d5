import { expect, it } from 'vitest'
import { formatTable, Table, type Column } from './table.ts'

type Row = { readonly name: string; readonly phase: string }

const columns: readonly Column<Row>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'PHASE', cell: ({ phase }) => ({ text: phase, tone: 'good' }) },
  { header: 'AGE', cell: () => '5s' },
]

it('stands in columns, three spaces apart, without anything behind the last', () => {
  const rows = [
    { name: 'a-long-name', phase: 'Ready' },
    { name: 'b', phase: 'Creating' },
  ]
  expect(formatTable(columns, rows, { nowMs: 0, hasColour: false })).toBe(
    ['NAME          PHASE      AGE', 'a-long-name   Ready      5s', 'b             Creating   5s', ''].join('\n'),
  )
})

it('colours a cell without moving those behind it', () => {
  const table = new Table(columns, true)
  const [row = ''] = table.rows([{ name: 'a', phase: 'Up' }], 0)
  expect(row).toContain('\u001B[32mUp\u001B[0m')
  expect(row.replace('\u001B[32m', '').replace('\u001B[0m', '')).toBe('a      Up      5s')
})

it('keeps its columns for rows that come later', () => {
  const table = new Table(columns, false)
  table.rows([{ name: 'a-long-name', phase: 'Ready' }], 0)
  expect(table.rows([{ name: 'b', phase: 'Up' }], 0)).toEqual(['b             Up      5s'])
})

it('leaves room for rows that come one by one, and takes none in a table that is whole', () => {
  const roomy = [{ header: 'NAME', usualWidth: 6, cell: () => 'a' }, ...columns.slice(2)]
  expect(new Table(roomy, false, true).header()).toBe('NAME     AGE')
  expect(new Table(roomy, false).header()).toBe('NAME   AGE')
})
