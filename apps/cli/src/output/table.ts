/** Tables as kubectl prints them: upper-case headers, columns three spaces apart, nothing behind the last. */
import { paint, type Tone } from './tone.ts'

export type Cell = string | { readonly text: string; readonly tone: Tone | null }

export type Column<T> = {
  readonly header: string
  readonly cell: (item: T, nowMs: number) => Cell
  /** Shown only with `-o wide`. */
  readonly isWide?: true
  /** How wide it mostly is: where rows come one by one, the headers are printed before the first of them. */
  readonly usualWidth?: number
  /** Always changes, so that a watch does not tell it as news. */
  readonly isRestless?: true
}

const GAP = '   '

/** Keeps the widths of what it has printed, so that rows that come later stand below the same headers. */
export class Table<T> {
  readonly #columns: readonly Column<T>[]
  readonly #hasColour: boolean
  #widths: readonly number[]

  constructor(columns: readonly Column<T>[], hasColour: boolean, comesInPieces = false) {
    this.#columns = columns
    this.#hasColour = hasColour
    this.#widths = columns.map(({ header, usualWidth = 0 }) => Math.max(header.length, comesInPieces ? usualWidth : 0))
  }

  header(): string {
    return this.#line(this.#columns.map((column) => column.header))
  }

  /** Each row as a line. The widest cell of these and of all before sets the width of a column. */
  rows(items: readonly T[], nowMs: number): readonly string[] {
    const cells = items.map((item) => this.#columns.map((column) => column.cell(item, nowMs)))
    this.#widths = this.#widths.map((width, at) =>
      cells.reduce((widest, row) => Math.max(widest, textOf(row[at]).length), width),
    )
    return cells.map((row) => this.#line(row))
  }

  #line(cells: readonly Cell[]): string {
    return cells
      .map((cell, at) => {
        const text = textOf(cell)
        const padding = at === cells.length - 1 ? '' : ' '.repeat((this.#widths[at] ?? 0) - text.length) + GAP
        return paint(text, typeof cell === 'string' ? null : cell.tone, this.#hasColour) + padding
      })
      .join('')
  }
}

/** A whole table at once. */
export function formatTable<T>(
  columns: readonly Column<T>[],
  items: readonly T[],
  look: { readonly nowMs: number; readonly hasColour: boolean },
): string {
  const table = new Table(columns, look.hasColour)
  const rows = table.rows(items, look.nowMs)
  return [table.header(), ...rows].map((line) => `${line}\n`).join('')
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return ''
  return typeof cell === 'string' ? cell : cell.text
}
