'use client'
/** How a list is looked at, kept in the address: its order and the words it is filtered by. */
import { parseAsString, useQueryStates } from 'nuqs'
import { parseSort, sortAfterClick, type Sort } from './column.ts'

export type ListView = {
  readonly words: string
  readonly sort: Sort
  /** Whether something with these texts passes the filter: each word occurs in one of them. */
  matches(...texts: readonly (string | null)[]): boolean
  setWords(words: string): void
  sortBy(columnId: string): void
  clear(): void
}

export function useListView(defaultSort: string): ListView {
  const [{ q, sort }, set] = useQueryStates({
    q: parseAsString.withDefault(''),
    sort: parseAsString.withDefault(defaultSort),
  })
  const wanted = q.toLowerCase().split(/\s+/).filter(Boolean)
  const parsed = parseSort(sort)
  return {
    words: q,
    sort: parsed,
    matches: (...texts) => {
      if (wanted.length === 0) return true
      const haystack = texts.join(' ').toLowerCase()
      return wanted.every((word) => haystack.includes(word))
    },
    setWords: (words) => void set({ q: words === '' ? null : words }),
    sortBy: (columnId) => void set({ sort: sortAfterClick(parsed, columnId) }),
    clear: () => void set({ q: null }),
  }
}
