/** A cell of a map as a number: its step of colour, and a mark for what is unusual about it. */

/** What is unusual about a cell. */
export const MARKS = { none: 0, closed: 1, leaving: 2, silent: 3, lost: 4 } as const
export type Mark = (typeof MARKS)[keyof typeof MARKS]

export const MARK_SHIFT = 8
export const STEP_BITS = 0xff

/** The cell of a step and a mark. */
export function cellCode(step: number, mark: Mark): number {
  return step | (mark << MARK_SHIFT)
}
