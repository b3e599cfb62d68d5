import { expect, it } from 'vitest'
import { parseSort, sortAfterClick, sortRows, type Column } from './column.ts'

type Row = { readonly name: string; readonly size: number | null }

const COLUMNS: readonly Column<Row>[] = [
  { id: 'name', header: 'Name', cell: ({ name }) => name, sortBy: ({ name }) => name },
  { id: 'size', header: 'Size', cell: ({ size }) => size, sortBy: ({ size }) => size },
  { id: 'actions', header: '', cell: () => null },
]
const ROWS: readonly Row[] = [
  { name: 'b', size: 2 },
  { name: 'a', size: null },
  { name: 'c', size: 2 },
  { name: 'd', size: 1 },
]

it.each([
  ['name', 'abcd'],
  ['-name', 'dcba'],
  ['size', 'dbca'],
  ['-size', 'bcda'],
  ['actions', 'bacd'],
  ['nonsense', 'bacd'],
])('sorts by %s into %s: what is unknown last, equals in their order', (sort, order) => {
  expect(
    sortRows(ROWS, COLUMNS, parseSort(sort))
      .map(({ name }) => name)
      .join(''),
  ).toBe(order)
})

it('turns the order round with a second click, and back with a third', () => {
  expect(sortAfterClick(parseSort('name'), 'name')).toBe('-name')
  expect(sortAfterClick(parseSort('-name'), 'name')).toBe('name')
  expect(sortAfterClick(parseSort('-name'), 'size')).toBe('size')
})
