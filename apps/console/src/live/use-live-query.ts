'use client'
/** A question that is asked again and again while somebody looks, as React sees it. */
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import type { TypedDocument } from '@fornax/client/typed-document'
import { systemClock } from '@fornax/kernel/clock'
import { browserClient } from '../graphql/browser-client.ts'
import { LiveQuery, type LiveQueryState } from './live-query.ts'
import type { SurfaceState } from './surface-state.ts'

export type LiveQueryOptions<TResult, TVariables> = {
  /** What the server rendered with. */
  readonly first?: TResult | null
  readonly paceMs?: number
  /** What to ask at a time, where the question is of the time before it; `key` says when it is another question. */
  readonly at?: (nowMs: number) => TVariables
  readonly key?: string
  /** When this becomes another value, the answer may be another one: it is asked for again soon. */
  readonly on?: unknown
}

export type LiveAnswer<TResult> = LiveQueryState<TResult> & {
  /** Something has changed: the answer may be another one. */
  readonly refreshSoon: () => void
}

/** The newest answer. Other variables are another question: its answer is null until it comes. */
export function useLiveQuery<TResult, TVariables extends object>(
  document: TypedDocument<TResult, TVariables>,
  variables: TVariables,
  { first = null, paceMs, at, key: ownKey, on }: LiveQueryOptions<TResult, TVariables> = {},
): LiveAnswer<TResult> {
  const key = ownKey ?? JSON.stringify(variables)
  // The text of the variables says whether they are others; what the server gave matters only at first.
  // oxlint-disable-next-line react/exhaustive-deps
  const query = useMemo(
    () => {
      const now = (): TVariables => at?.(systemClock.nowMs()) ?? variables
      return new LiveQuery((signal) => browserClient().request(document, now(), { signal }), first, paceMs)
    },
    // oxlint-disable-next-line react/exhaustive-deps
    [document, key, paceMs],
  )
  const rendered = useMemo(() => query.get(), [query])
  const state = useSyncExternalStore(query.subscribe, query.get, () => rendered)
  const refreshSoon = useCallback(() => query.refreshSoon(), [query])
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- That it changed is all that matters of it.
  useEffect(() => refreshSoon(), [on, refreshSoon])
  return { ...state, refreshSoon }
}

/** What an answer can be shown as. */
export function surfaceOf<T>({ value, failedSinceMs, message }: LiveQueryState<T>): SurfaceState<T> {
  if (value !== null) return { kind: 'ready', value, isStale: failedSinceMs !== null, problem: null }
  if (failedSinceMs === null) return { kind: 'loading' }
  return { kind: 'failed', message: message ?? 'The core cannot be reached.', sinceMs: failedSinceMs }
}
