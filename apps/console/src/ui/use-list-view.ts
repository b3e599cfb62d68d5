'use client'
/** How a list is looked at, kept in the address: its order and the words it is filtered by. */
import { parseAsString, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { parseSort, sortAfterClick, type Sort } from './column.ts'

/** The same object for as long as the list is looked at in the same way. */
export type ListView = {
  readonly words: string
  readonly sort: Sort
  /** Whether something with these texts passes the filter: each word occurs in one of them. */
  readonly matches: (...texts: readonly (string | null)[]) => boolean
  readonly setWords: (words: string) => void
  readonly sortBy: (columnId: string) => void
  readonly clear: () => void
}

export function useListView(defaultSort: string): ListView {
  const [{ q, sort }, set] = useQueryStates({
    q: parseAsString.withDefault(''),
    sort: parseAsString.withDefault(defaultSort),
  })
  return useMemo(() => {
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
  }, [q, sort, set])
}
