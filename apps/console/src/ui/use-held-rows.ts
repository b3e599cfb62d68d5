'use client'
/** Holds the order of rows for as long as a mouse points at them. */
import { useMemo, useState, type PointerEvent } from 'react'
import { heldOrderOf, holdOrder, type HeldOrder, type HeldRows } from './held-order.ts'

export type Holding<T> = HeldRows<T> & {
  readonly release: () => void
  /** For the element that is pointed at. */
  readonly pointer: {
    readonly onPointerEnter: (event: PointerEvent) => void
    readonly onPointerLeave: () => void
  }
}

/** `isComplete`: false while rows are still to come that are not new; they are not held back, and nothing is until then. */
export function useHeldRows<T>(rows: readonly T[], rowId: (row: T) => string, isComplete: boolean): Holding<T> {
  const [isPointedAt, setPointedAt] = useState(false)
  const [order, setOrder] = useState<HeldOrder | null>(null)
  if (isPointedAt && isComplete && order === null) setOrder(heldOrderOf(rows, rowId))
  const release = (): void => {
    setPointedAt(false)
    setOrder(null)
  }
  // Scrolling renders with every frame, and changes nothing of this.
  const held = useMemo(
    () => (order === null ? { rows, waiting: 0 } : holdOrder(order, rows, rowId)),
    [order, rows, rowId],
  )
  return {
    ...held,
    release,
    pointer: {
      // A finger is there only while it acts.
      onPointerEnter: (event) => {
        if (event.pointerType === 'mouse') setPointedAt(true)
      },
      onPointerLeave: release,
    },
  }
}
