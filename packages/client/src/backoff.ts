/** How long to wait before trying again. */

const FIRST_MS = 250
const LONGEST_MS = 10_000

/** Doubles with each failed attempt; `random` (0 up to 1) spreads a crowd that lost the same server. */
export function backoffMs(attempt: number, random: number): number {
  const fullMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt)
  return fullMs * (0.5 + random / 2)
}
