/** The first column of a table whose rows can be marked. `x` marks the row that has focus. */
import type { Column } from './column.ts'

type MarkColumn<T> = {
  readonly isMarked: (row: T) => boolean
  readonly toggle: (row: T) => void
  /** What a row is called. */
  readonly nameOf: (row: T) => string
}

export function markColumn<T>({ isMarked, toggle, nameOf }: MarkColumn<T>): Column<T> {
  return {
    id: 'mark',
    header: '',
    headerWords: 'Mark',
    width: 2.75,
    cell: (row) => (
      <input
        type="checkbox"
        data-row-mark
        aria-label={`Mark ${nameOf(row)}`}
        checked={isMarked(row)}
        onChange={() => toggle(row)}
        className="size-3.5 align-middle accent-(--ember)"
      />
    ),
  }
}
