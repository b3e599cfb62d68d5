'use client'
/** A real table that only draws the rows in sight. */
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { useRouter } from 'next/navigation'
import { memo, useCallback, useRef, type MouseEvent, type ReactNode } from 'react'
import { plural } from '../format/quantity.ts'
import type { Column, Sort } from './column.ts'
import { Icon } from './icon.tsx'
import { useHeldRows } from './use-held-rows.ts'

export type DataTableProps<T> = {
  /** What it is a table of. */
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly rowId: (row: T) => string
  /** False while rows are still to come that are not new: those that the first page had no place for. */
  readonly isComplete?: boolean
  /** Where a click on a row leads; the row has a link of its own for keys and screen readers. */
  readonly rowPath?: (row: T) => string
  /** Of each row in px, when they are all alike. Without it each row that comes is measured, which costs a layout. */
  readonly rowHeight?: number
  readonly sort: Sort
  readonly onSort: (columnId: string) => void
  /** What stands below the last row. */
  readonly footer?: ReactNode
  readonly minWidth?: number
}

/** Of a row of one line, with the line below it. */
export const LINE_ROW_HEIGHT = 41

/** The `rowId` of rows that have an id: the same function at every render, because another has all rows laid out anew. */
export function idOf({ id }: { readonly id: string }): string {
  return id
}

/** What the server assumes of a window that it cannot see. */
const ASSUMED_RECT = { width: 1_280, height: 900 }

export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, rowId, footer, minWidth = 48 } = props
  const { rows, waiting, release, pointer } = useHeldRows(props.rows, rowId, props.isComplete ?? true)
  const scroller = useRef<HTMLDivElement>(null)
  // Measured rows take their height along when they move. Another function here has all rows laid out anew.
  const getItemKey = useCallback((index: number) => rowKey(rows, rowId, index), [rows, rowId])
  // We do not compile components, and what the virtualizer returns is not memoised by hand.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => props.rowHeight ?? LINE_ROW_HEIGHT,
    ...(props.rowHeight === undefined ? { getItemKey } : {}),
    overscan: 8,
    initialRect: ASSUMED_RECT,
  })
  const sortBy = (columnId: string): void => {
    release()
    props.onSort(columnId)
  }
  return (
    <div
      ref={scroller}
      {...pointer}
      // Scrolling by keys needs focus, where no row can have it.
      tabIndex={0}
      role="region"
      aria-label={`${label}, scrollable`}
      className="min-h-0 overflow-auto rounded-[inherit]"
    >
      <WaitingRows count={waiting} show={release} />
      <table
        aria-label={label}
        aria-rowcount={rows.length + 1}
        className="w-full table-fixed border-collapse"
        style={{ minWidth: `${minWidth}rem` }}
      >
        <colgroup>
          {columns.map(({ id, width }) => (
            <col key={id} style={width === undefined ? undefined : { width: `${width}rem` }} />
          ))}
        </colgroup>
        <Head columns={columns} sort={props.sort} onSort={sortBy} />
        <Rows {...props} rows={rows} virtualizer={virtualizer} />
      </table>
      {footer}
    </div>
  )
}

type RowsProps<T> = DataTableProps<T> & { readonly virtualizer: Virtualizer<HTMLDivElement, Element> }

function Rows<T>({ columns, rows, rowId, rowPath, rowHeight, virtualizer }: RowsProps<T>) {
  const items = virtualizer.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0)
  const measure = rowHeight === undefined ? virtualizer.measureElement : undefined
  return (
    <>
      <Spacer height={before} columns={columns.length} />
      {items.map(({ index }) => {
        const row = rows[index]
        if (row === undefined) return null
        return (
          <tbody key={rowId(row)} data-index={index} ref={measure}>
            <MemoRow columns={columns} row={row} index={index} path={rowPath?.(row)} />
          </tbody>
        )
      })}
      <Spacer height={after} columns={columns.length} />
    </>
  )
}

/** Rows that came while somebody pointed at the table, and would have moved what is pointed at. */
function WaitingRows({ count, show }: { readonly count: number; readonly show: () => void }) {
  if (count === 0) return null
  return (
    <div className="sticky top-11 left-0 z-20 flex h-0 justify-center">
      <button
        type="button"
        onClick={show}
        className="h-7 rounded-full bg-ember px-3 text-xs font-semibold text-on-ember shadow-lg shadow-(color:--shadow) animate-appear"
      >
        Show {plural(count, 'new row')}
      </button>
    </div>
  )
}

function rowKey<T>(rows: readonly T[], rowId: (row: T) => string, index: number): string | number {
  const row = rows[index]
  return row === undefined ? index : rowId(row)
}

function Head<T>({ columns, sort, onSort }: Pick<DataTableProps<T>, 'columns' | 'sort' | 'onSort'>) {
  return (
    <thead className="sticky top-0 z-10 bg-panel text-xs text-faint">
      <tr aria-rowindex={1} className="shadow-[inset_0_-1px] shadow-line">
        {columns.map((column) => {
          const isSorted = sort.columnId === column.id
          const direction = sort.isDescending ? 'descending' : 'ascending'
          return (
            <th
              key={column.id}
              scope="col"
              aria-sort={isSorted ? direction : undefined}
              className={`h-9 px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 ${column.align === 'end' ? 'text-right' : 'text-left'}`}
            >
              {column.sortBy === undefined ? (
                column.header === '' ? (
                  <span className="sr-only">{column.headerWords ?? 'Actions'}</span>
                ) : (
                  column.header
                )
              ) : (
                <SortButton
                  header={column.header}
                  align={column.align}
                  isSorted={isSorted}
                  isDescending={sort.isDescending}
                  onClick={() => onSort(column.id)}
                />
              )}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}

type SortButtonProps = {
  readonly header: string
  readonly align: 'end' | undefined
  readonly isSorted: boolean
  readonly isDescending: boolean
  readonly onClick: () => void
}

function SortButton({ header, align, isSorted, isDescending, onClick }: SortButtonProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      className={`inline-flex items-center gap-1 rounded hover:text-text ${align === 'end' ? 'flex-row-reverse' : ''} ${isSorted ? 'text-text' : ''}`}
    >
      {header}
      {isSorted && <Icon name="down" className={`!size-3 ${isDescending ? '' : 'rotate-180'}`} />}
    </button>
  )
}

type RowProps<T> = {
  readonly columns: readonly Column<T>[]
  readonly row: T
  readonly index: number
  readonly path: string | undefined
}

function Row<T>({ columns, row, index, path }: RowProps<T>) {
  const router = useRouter()
  const go = (event: MouseEvent<HTMLElement>): void => {
    if (path === undefined || !isPlainClickOnRow(event)) return
    router.push(path)
  }
  return (
    // The mouse may hit anywhere on the row; keys and screen readers have the link inside it.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <tr
      aria-rowindex={index + 2}
      onClick={go}
      className={`h-10 border-b border-line/60 transition-colors hover:bg-hover has-[[data-row-link]:focus-visible]:bg-hover ${path === undefined ? '' : 'cursor-pointer'}`}
    >
      <MemoCells columns={columns} row={row} />
    </tr>
  )
}

function Cells<T>({ columns, row }: Pick<RowProps<T>, 'columns' | 'row'>): ReactNode {
  return columns.map((column) => (
    <td
      key={column.id}
      className={`px-3 py-1.5 first:pl-4 last:pr-4 ${column.header === '' ? '' : 'truncate'} ${column.align === 'end' ? 'text-right' : ''}`}
    >
      {column.cell(row)}
    </td>
  ))
}

/** A row that comes above all others moves them: their numbers change, and what stands in them does not. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const MemoCells = memo(Cells) as typeof Cells

/** Scrolling renders the table again with every frame, but a row only when it comes into sight or has changed. */
// A memo of a generic component forgets that it is generic.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const MemoRow = memo(Row) as typeof Row

/** Not a click on something inside it, not a selection of text, and no wish for a new tab. */
function isPlainClickOnRow(event: MouseEvent<HTMLElement>): boolean {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.defaultPrevented) return false
  const isOnControl =
    event.target instanceof Element && event.target.closest('a, button, input, [role=menuitem]') !== null
  return !isOnControl && (window.getSelection()?.isCollapsed ?? true)
}

function Spacer({ height, columns }: { readonly height: number; readonly columns: number }) {
  if (height <= 0) return null
  return (
    <tbody aria-hidden>
      <tr>
        <td colSpan={columns} style={{ height }} />
      </tr>
    </tbody>
  )
}
