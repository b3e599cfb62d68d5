/** Keeps rows where they are while somebody points at them. Pure. */

export type HeldRows<T> = {
  readonly rows: readonly T[]
  /** How many new rows are kept back. */
  readonly waiting: number
}

/**
 * The rows in the order they had, each as it is now. What is new waits, because it
 * would push the others away; what is gone is gone.
 */
export function holdOrder<T>(heldIds: readonly string[], rows: readonly T[], rowId: (row: T) => string): HeldRows<T> {
  const byId = new Map(rows.map((row) => [rowId(row), row]))
  const held = heldIds.flatMap((id) => {
    const row = byId.get(id)
    return row === undefined ? [] : [row]
  })
  return { rows: held, waiting: rows.length - held.length }
}
