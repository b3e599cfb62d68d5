'use client'
/** The present, for components: they render again only when what they say has changed. */
import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react'
import { onTick, tickMs } from './ticker.ts'

/** When the server rendered: the browser's first render must say the same. */
const RenderedAtContext = createContext(0)

export function RenderedAt({ ms, children }: { readonly ms: number; readonly children: ReactNode }) {
  return <RenderedAtContext value={ms}>{children}</RenderedAtContext>
}

/** What `describe` says of the present second. It must return a primitive. */
export function useNow<T extends string | number | boolean | null>(describe: (nowMs: number) => T): T {
  const renderedAtMs = useContext(RenderedAtContext)
  return useSyncExternalStore(
    onTick,
    () => describe(tickMs()),
    () => describe(renderedAtMs),
  )
}
