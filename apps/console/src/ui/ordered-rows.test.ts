import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compare, type Column } from './column.ts'
import { orderedAfter, type OrderedRows, type RowOrder } from './ordered-rows.ts'

type Row = { readonly id: string; readonly key: number | null }

const COLUMNS: readonly Column<Row>[] = [
  { id: 'key', header: 'Key', cell: ({ key }) => key, sortBy: ({ key }) => key },
  { id: 'id', header: 'Id', cell: ({ id }) => id, sortBy: ({ id }) => id },
  { id: 'none', header: 'None', cell: () => null },
]
const IDS = Array.from({ length: 60 }, (_, index) => `row-${index}`)

/** One batch: a row with a key, or one that goes. */
const batches = fc.array(
  fc.uniqueArray(fc.record({ id: fc.constantFrom(...IDS), key: fc.option(fc.nat(9)), isGone: fc.boolean() }), {
    selector: ({ id }) => id,
    maxLength: 12,
  }),
  { maxLength: 12 },
)
const orders = fc.record({ columnId: fc.constantFrom('key', 'id', 'none'), isDescending: fc.boolean() })

it('has after each batch what sorting everything anew would have, but for the order of equals', () => {
  fc.assert(
    fc.property(batches, orders, fc.nat(9), (story, sort, below) => {
      const order: RowOrder<Row> = { columns: COLUMNS, sort, isShown: ({ key }) => key === null || key >= below }
      let ordered = begin(order)
      for (const batch of story) {
        const before = ordered.items
        const items = new Map(before)
        for (const { id, key, isGone } of batch) {
          if (isGone) items.delete(id)
          else items.set(id, { id, key })
        }
        ordered = orderedAfter(ordered, { items, change: { before, ids: new Set(batch.map(({ id }) => id)) } }, order)
        const anew = orderedAfter(null, { items, change: null }, order).rows
        expect(ordered.rows.map(keyIn(sort.columnId))).toEqual(anew.map(keyIn(sort.columnId)))
        expect(new Set(ordered.rows)).toEqual(new Set(anew))
        expect(ordered.rows).toHaveLength(anew.length)
      }
    }),
  )
})

it('leaves a row where it was among its equals when it changes without moving', () => {
  const order: RowOrder<Row> = { columns: COLUMNS, sort: { columnId: 'key', isDescending: true }, isShown: () => true }
  const ordered = begin(order)
  const changed: Row = { id: 'row-7', key: 0 }
  const items = new Map([...ordered.items, ['row-7', changed]])
  const after = orderedAfter(ordered, { items, change: { before: ordered.items, ids: new Set(['row-7']) } }, order)
  expect(after.rows.map(({ id }) => id)).toEqual(ordered.rows.map(({ id }) => id))
  expect(after.rows[7]).toBe(changed)
})

it('sorts anew when it does not know what lies between, or the order is another', () => {
  const order: RowOrder<Row> = { columns: COLUMNS, sort: { columnId: 'id', isDescending: false }, isShown: () => true }
  const ordered = begin(order)
  const items = new Map<string, Row>([
    ['b', { id: 'b', key: 1 }],
    ['a', { id: 'a', key: 2 }],
  ])
  expect(orderedAfter(ordered, { items, change: null }, order).rows.map(({ id }) => id)).toEqual(['a', 'b'])
  const change = { before: new Map<string, Row>(), ids: new Set<string>() }
  expect(orderedAfter(ordered, { items, change }, order).rows).toHaveLength(2)
  const turned = { ...order, sort: { columnId: 'id', isDescending: true } }
  const known = orderedAfter(null, { items, change: null }, order)
  expect(orderedAfter(known, { items, change: null }, turned).rows.map(({ id }) => id)).toEqual(['b', 'a'])
  expect(orderedAfter(known, { items, change }, order)).toBe(known)
})

it('knows which of two keys comes first, and that what is unknown comes last in both directions', () => {
  expect([compare(1, 2, 1), compare(1, 2, -1), compare(null, 2, 1), compare(null, 2, -1)]).toEqual([-1, 1, 1, 1])
})

/** All ids, all with the same key. */
function begin(order: RowOrder<Row>): OrderedRows<Row> {
  const items = new Map(IDS.map((id): [string, Row] => [id, { id, key: 0 }]))
  return orderedAfter(null, { items, change: null }, order)
}

function keyIn(columnId: string): (row: Row) => unknown {
  return columnId === 'none' ? () => null : columnId === 'id' ? ({ id }) => id : ({ key }) => key
}
