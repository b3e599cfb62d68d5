'use client'
/** The live store, as React sees it. */
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react'
import type { Identified } from '@fornax/client/live-collection'
import { invariant } from '@fornax/kernel/assert'
import { systemClock } from '@fornax/kernel/clock'
import { browserClient } from '../graphql/browser-client.ts'
import { probeApi } from '../graphql/probe-api.ts'
import { stateOf, type FirstPage, type LiveListState, type LiveSpec } from './live-list.ts'
import { LiveStore, type Pause } from './live-store.ts'
import type { TabState } from './tab-state.ts'

const LiveContext = createContext<LiveStore | null>(null)

/** Holds the store of a tab, and tells it when the network is back. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [store] = useState(createStore)
  useEffect(() => {
    const attempt = (): void => store.attemptNow()
    window.addEventListener('online', attempt)
    return () => window.removeEventListener('online', attempt)
  }, [store])
  return <LiveContext value={store}>{children}</LiveContext>
}

/** Follows a list while the component is shown. The first page is what the server rendered with. */
export function useLiveList<T extends Identified>(spec: LiveSpec<T>, firstPage: FirstPage<T> | null): LiveListState<T> {
  const store = useLiveStore()
  const list = store.list(spec, firstPage)
  const isOurs = firstPage?.key === spec.key
  const rendered = useMemo(() => stateOf(isOurs ? firstPage : null), [isOurs, firstPage])
  return useSyncExternalStore(list.subscribe, list.get, () => rendered)
}

/** How live this tab is. */
export function useTabState(): TabState {
  const { tab } = useLiveStore()
  return useSyncExternalStore(tab.subscribe, tab.get, connecting)
}

/** Whether what is shown is frozen. */
export function usePause(): Pause {
  const { pause } = useLiveStore()
  return useSyncExternalStore(pause.subscribe, pause.get, notPaused)
}

/** For what is not a list. */
export function useLiveStore(): LiveStore {
  const store = useContext(LiveContext)
  invariant(store !== null, 'a page stands inside a LiveProvider')
  return store
}

const CONNECTING: TabState = { phase: 'connecting' }

function connecting(): TabState {
  return CONNECTING
}

function notPaused(): null {
  return null
}

function createStore(): LiveStore {
  return new LiveStore({ client: browserClient(), clock: systemClock, nextPaint, probe: probeApi })
}

function nextPaint(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve())
  })
}
