/** When to try again to reach a peer that will be back soon: at once, then less and less often. */

const FIRST_MS = 50
const MAX_MS = 1_000

/**
 * How long to wait after so many failures in a row, never more than a second. `dice` (0 to 1) keeps the many that
 * lost the same peer from coming back in step.
 */
export function reconnectBackoffMs(failures: number, dice: number): number {
  const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures, 10))
  return Math.round(ceiling * (0.5 + dice / 2))
}
