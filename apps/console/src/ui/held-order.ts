/** Keeps rows where they are while somebody points at them. Pure. */

export type HeldRows<T> = {
  readonly rows: readonly T[]
  /** How many new rows are kept back. */
  readonly waiting: number
}

/** The order to keep: where each row stands. */
export type HeldOrder = ReadonlyMap<string, number>

export function heldOrderOf<T>(rows: readonly T[], rowId: (row: T) => string): HeldOrder {
  const order = new Map<string, number>()
  for (const [index, row] of rows.entries()) order.set(rowId(row), index)
  return order
}

/**
 * The rows in the order they had, each as it is now. What is new waits, because it
 * would push the others away; what is gone is gone.
 */
export function holdOrder<T>(held: HeldOrder, rows: readonly T[], rowId: (row: T) => string): HeldRows<T> {
  // No pairs between: this runs with every batch, and there may be tens of thousands.
  const places = Array.from<{ readonly row: T } | null>({ length: held.size }).fill(null)
  let waiting = 0
  for (const row of rows) {
    const place = held.get(rowId(row))
    if (place === undefined) waiting += 1
    else places[place] = { row }
  }
  return { rows: places.flatMap((place) => (place === null ? [] : [place.row])), waiting }
}
