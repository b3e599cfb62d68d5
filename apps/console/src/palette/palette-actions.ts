'use client'
/** What can be done on the page that is open, for the palette. A page registers it, and takes it along when it goes. */
import { useEffect } from 'react'
import { Observed, type Observable } from '../live/observable.ts'

export type PageAction = {
  readonly name: string
  readonly disabledReason?: string | null
  readonly act: () => void
}

const registered = new Set<readonly PageAction[]>()
const all = new Observed<readonly PageAction[]>([])

/** Everything that can be done now. */
export const pageActions: Observable<readonly PageAction[]> = all

/** Offers actions for as long as the component is shown. Memoise them: a new list is registered anew. */
export function usePageActions(actions: readonly PageAction[]): void {
  useEffect(() => {
    registered.add(actions)
    all.set([...registered].flat())
    return () => {
      registered.delete(actions)
      all.set([...registered].flat())
    }
  }, [actions])
}
