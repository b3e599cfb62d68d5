/**
 * The rows of a list that lives, in their order. A batch of changes costs one pass over the rows and a search for each
 * row that came or moved, however long the list is: sorting fifty thousand anew four times a second would be felt.
 */
import type { Identified } from '@fornax/client/live-collection'
import type { ListChange } from '../live/live-list.ts'
import { compare, signOf, sortRows, type Column, type Sort } from './column.ts'

/** Which rows are shown, and in which order. Another object is another order. */
export type RowOrder<T> = {
  readonly columns: readonly Column<T>[]
  readonly sort: Sort
  readonly isShown: (row: T) => boolean
}

export type OrderedRows<T> = {
  readonly items: ReadonlyMap<string, T>
  readonly order: RowOrder<T>
  readonly rows: readonly T[]
}

export type ListState<T> = { readonly items: ReadonlyMap<string, T>; readonly change: ListChange<T> | null }

/** The rows of these items, from those before where they are known. Pure. */
export function orderedAfter<T extends Identified>(
  before: OrderedRows<T> | null,
  { items, change }: ListState<T>,
  order: RowOrder<T>,
): OrderedRows<T> {
  if (before?.order === order && before.items === items) return before
  const isKnown = before?.order === order && change !== null && change.before === before.items
  const isFew = change !== null && change.ids.size < items.size / 4
  if (isKnown && isFew) return { items, order, rows: rowsAfter(before, items, change.ids) }
  const shown: T[] = []
  for (const row of items.values()) if (order.isShown(row)) shown.push(row)
  return { items, order, rows: sortRows(shown, order.columns, order.sort) }
}

/** Remembers the rows before, which only saves work. */
export class OrderMemory<T extends Identified> {
  #last: OrderedRows<T> | null = null

  after(list: ListState<T>, order: RowOrder<T>): readonly T[] {
    this.#last = orderedAfter(this.#last, list, order)
    return this.#last.rows
  }
}

function rowsAfter<T extends Identified>(
  { rows: old, order }: OrderedRows<T>,
  items: ReadonlyMap<string, T>,
  touched: ReadonlySet<string>,
): readonly T[] {
  const keyOf = order.columns.find(({ id }) => id === order.sort.columnId)?.sortBy ?? noKey
  const rows: T[] = []
  const elsewhere = new Set(touched)
  for (const row of old) {
    const now = touched.has(row.id) ? items.get(row.id) : row
    // What changed without moving stays where it is among its equals.
    const isInPlace = now !== undefined && (now === row || (order.isShown(now) && keyOf(now) === keyOf(row)))
    if (!isInPlace) continue
    rows.push(now)
    if (touched.has(row.id)) elsewhere.delete(row.id)
  }
  const moved: T[] = []
  for (const id of elsewhere) {
    const row = items.get(id)
    if (row !== undefined && order.isShown(row)) moved.push(row)
  }
  return merged(rows, sortRows(moved, order.columns, order.sort), (a, b) =>
    compare(keyOf(a), keyOf(b), signOf(order.sort)),
  )
}

function noKey(): null {
  return null
}

/** Both are in order. Of equals, those of the first come first. */
function merged<T>(rows: readonly T[], others: readonly T[], order: (a: T, b: T) => number): readonly T[] {
  if (others.length === 0) return rows
  const result: T[] = []
  let from = 0
  for (const other of others) {
    const until = placeOf(other, rows, from, order)
    while (from < until) {
      const row = rows[from]
      if (row !== undefined) result.push(row)
      from += 1
    }
    result.push(other)
  }
  return [...result, ...rows.slice(from)]
}

/** Behind all that come before it or equal it. */
function placeOf<T>(row: T, rows: readonly T[], from: number, order: (a: T, b: T) => number): number {
  let low = from
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = rows[middle]
    if (other !== undefined && order(other, row) <= 0) low = middle + 1
    else high = middle
  }
  return low
}
