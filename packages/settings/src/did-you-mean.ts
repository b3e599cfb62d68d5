/** Suggestions for a word that nobody knows. */
import { closest, distance } from 'fastest-levenshtein'

/** The known word that was probably meant; null when none is near enough to be worth saying. */
export function didYouMean(word: string, known: readonly string[]): string | null {
  if (known.length === 0) return null
  const candidate = closest(
    word.toLowerCase(),
    known.map((name) => name.toLowerCase()),
  )
  const match = known.find((name) => name.toLowerCase() === candidate)
  const mostEdits = Math.max(2, Math.floor(word.length / 4))
  return match !== undefined && distance(word.toLowerCase(), candidate) <= mostEdits ? match : null
}
