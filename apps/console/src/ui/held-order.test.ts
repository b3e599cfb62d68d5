import { expect, it } from 'vitest'
import fc from 'fast-check'
import { heldOrderOf, holdOrder } from './held-order.ts'

it('shows rows as they are now, where they were', () => {
  const rows = [
    { id: 'new', phase: 1 },
    { id: 'b', phase: 2 },
    { id: 'a', phase: 3 },
  ]
  expect(holdOrder(heldOrderOf(['a', 'gone', 'b'], itself), rows, ({ id }) => id)).toEqual({
    rows: [rows[2], rows[1]],
    waiting: 1,
  })
})

it('never loses a row: each is shown or waits', () => {
  const ids = fc.uniqueArray(fc.string({ maxLength: 3 }))
  fc.assert(
    fc.property(ids, ids, (held, now) => {
      const { rows, waiting } = holdOrder(heldOrderOf(held, itself), now, itself)
      expect(rows.length + waiting).toBe(now.length)
      expect(rows).toEqual(held.filter((id) => now.includes(id)))
    }),
  )
})

function itself(id: string): string {
  return id
}
