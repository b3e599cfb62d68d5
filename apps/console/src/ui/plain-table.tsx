/** A real table of a few rows, in the order they are given. */
import type { Column } from './column.ts'

export type PlainTableProps<T> = {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly rowId: (row: T) => string
  /** In rem; narrower than this, it scrolls. */
  readonly minWidth?: number
}

export function PlainTable<T>({ label, columns, rows, rowId, minWidth = 56 }: PlainTableProps<T>) {
  return (
    // Scrolling by keys needs focus.
    <div
      role="region"
      aria-label={`${label}, scrollable`}
      tabIndex={0}
      className="relative overflow-x-auto rounded-b-[inherit]"
    >
      <table aria-label={label} className="w-full table-fixed border-collapse" style={{ minWidth: `${minWidth}rem` }}>
        <colgroup>
          {columns.map(({ id, width }) => (
            <col key={id} style={width === undefined ? undefined : { width: `${width}rem` }} />
          ))}
        </colgroup>
        <thead className="text-xs text-faint">
          <tr className="border-b border-line">
            {columns.map(({ id, header, headerWords, align }) => (
              <th
                key={id}
                scope="col"
                className={`h-9 px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 ${align === 'end' ? 'text-right' : 'text-left'}`}
              >
                {header === '' ? <span className="sr-only">{headerWords ?? 'Actions'}</span> : header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowId(row)} className="h-10 border-b border-line/60 last:border-0 hover:bg-hover">
              {columns.map(({ id, header, align, cell }) => (
                <td
                  key={id}
                  className={`px-3 py-1.5 first:pl-4 last:pr-4 ${header === '' ? '' : 'truncate'} ${align === 'end' ? 'text-right' : ''}`}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
