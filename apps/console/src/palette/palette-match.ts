/** Which entries of the palette answer to what was typed, and in which order. Pure. */

export type PaletteKind = 'action' | 'page' | 'application' | 'node' | 'session'

export type PaletteEntry = {
  readonly id: string
  readonly kind: PaletteKind
  readonly name: string
  /** What else it can be found by, and what is shown beside its name. */
  readonly hint?: string
  readonly keys?: string
  /** Why it cannot be done now. */
  readonly disabledReason?: string | null
  readonly act: () => void
}

const KIND_ORDER: readonly PaletteKind[] = ['action', 'page', 'application', 'node', 'session']
const SHOWN_MAX = 50

/** The best first; all of them, in the order of their kinds, when nothing was typed. */
export function matchEntries(entries: readonly PaletteEntry[], typed: string): readonly PaletteEntry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return entries
    .map((entry) => ({ entry, score: scoreOf(entry, words) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || rankOf(a.entry) - rankOf(b.entry))
    .slice(0, SHOWN_MAX)
    .map(({ entry }) => entry)
}

function rankOf({ kind }: PaletteEntry): number {
  return KIND_ORDER.indexOf(kind)
}

/** 0: a word is found nowhere. The beginning of the name counts most, the beginning of a word in it next. */
function scoreOf({ name, hint = '' }: PaletteEntry, words: readonly string[]): number {
  const title = name.toLowerCase()
  let score = 1
  for (const word of words) {
    if (title === word) score += 16
    else if (title.startsWith(word)) score += 8
    else if (new RegExp(`[^a-z0-9]${escaped(word)}`).test(title)) score += 4
    else if (title.includes(word)) score += 2
    else if (hint.toLowerCase().includes(word)) score += 1
    else return 0
  }
  return score
}

function escaped(word: string): string {
  return word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
