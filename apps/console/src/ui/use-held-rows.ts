'use client'
/** Holds the order of rows for as long as a mouse points at them. */
import { useState, type PointerEvent } from 'react'
import { holdOrder, type HeldRows } from './held-order.ts'

export type Holding<T> = HeldRows<T> & {
  readonly release: () => void
  /** For the element that is pointed at. */
  readonly pointer: {
    readonly onPointerEnter: (event: PointerEvent) => void
    readonly onPointerLeave: () => void
  }
}

export function useHeldRows<T>(rows: readonly T[], rowId: (row: T) => string): Holding<T> {
  const [heldIds, setHeldIds] = useState<readonly string[] | null>(null)
  const release = (): void => setHeldIds(null)
  return {
    ...(heldIds === null ? { rows, waiting: 0 } : holdOrder(heldIds, rows, rowId)),
    release,
    pointer: {
      // A finger is there only while it acts.
      onPointerEnter: (event) => {
        if (event.pointerType === 'mouse') setHeldIds(rows.map(rowId))
      },
      onPointerLeave: release,
    },
  }
}
