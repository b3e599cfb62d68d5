/** When to try again to reach a core: at once, then less and less often, never later than after a second. */

const FIRST_MS = 50
const MAX_MS = 1_000

/** How long to wait after so many failures in a row. `dice` (0 to 1) keeps a fleet from coming back in step. */
export function backoffMs(failures: number, dice: number): number {
  const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures, 10))
  return Math.round(ceiling * (0.5 + dice / 2))
}
