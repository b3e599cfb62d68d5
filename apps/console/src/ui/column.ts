/** What a table shows of its rows, and in which order. */
import type { ReactNode } from 'react'

export type Column<T> = {
  readonly id: string
  readonly header: string
  /** What a header without a text is called for those who hear it; default: Actions. */
  readonly headerWords?: string
  /** In rem; a column without one shares what is left. */
  readonly width?: number
  readonly align?: 'end'
  readonly cell: (row: T) => ReactNode
  /** What to sort by; without it the column is not sorted by. Null comes last, in both directions. */
  readonly sortBy?: (row: T) => string | number | null
}

export type Sort = { readonly columnId: string; readonly isDescending: boolean }

/** `created` or `-created`, as in an address. */
export function parseSort(text: string): Sort {
  return { columnId: text.replace(/^-/, ''), isDescending: text.startsWith('-') }
}

/** The address' word for the sort after a click on a header. */
export function sortAfterClick(sort: Sort, columnId: string): string {
  return sort.columnId === columnId && !sort.isDescending ? `-${columnId}` : columnId
}

/** The rows in order; as they are when the column cannot be sorted by. Equal rows keep their order. */
export function sortRows<T>(rows: readonly T[], columns: readonly Column<T>[], sort: Sort): readonly T[] {
  const sortBy = columns.find((column) => column.id === sort.columnId)?.sortBy
  if (sortBy === undefined) return rows
  const sign = signOf(sort)
  const keyed = rows.map((row) => ({ row, key: sortBy(row) }))
  // It is a list of our own: sorting it where it is spares a copy of each batch of a long list.
  // oxlint-disable-next-line unicorn/no-array-sort
  return keyed.sort((a, b) => compare(a.key, b.key, sign)).map(({ row }) => row)
}

/** What turns the order round. */
export function signOf({ isDescending }: Sort): 1 | -1 {
  return isDescending ? -1 : 1
}

/** Which of two keys comes first: below zero, the first of them. */
export function compare(a: string | number | null, b: string | number | null, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return a === b ? 0 : a < b ? -sign : sign
}
