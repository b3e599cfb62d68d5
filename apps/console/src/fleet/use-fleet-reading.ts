'use client'
/** The fleet's numbers, read again whenever an application or a node has changed. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import { applicationsSpec } from '../applications/application-watch.ts'
import { browserClient } from '../graphql/browser-client.ts'
import { FleetOverviewDocument, type FleetOverviewQuery } from '../graphql/generated/documents.ts'
import { useLiveStore } from '../live/live-context.tsx'
import { LiveQuery, type LiveQueryState } from '../live/live-query.ts'
import { nodesSpec } from '../nodes/node-watch.ts'
import { historyAfter, NO_HISTORY, type FleetHistory } from './fleet-history.ts'
import { RECENT_SESSIONS } from './recent-sessions.ts'

/** One reading, and those before it. */
export type FleetReading = { readonly overview: FleetOverviewQuery; readonly history: FleetHistory }

/** Null until the first reading. `first` is what the server rendered with. */
export function useFleetReading(first: FleetOverviewQuery | null): FleetReading | null {
  const store = useLiveStore()
  const [rendered] = useState<LiveQueryState<FleetReading>>(() => ({
    value: first === null ? null : readingAfter(null, first),
    failedSinceMs: null,
  }))
  const [query] = useState(() => new LiveQuery(read, rendered.value))
  useEffect(() => {
    const lists = [store.list(nodesSpec, null), store.list(applicationsSpec, null)]
    const stops = lists.map((list) => list.subscribe(() => query.refreshSoon()))
    return () => {
      for (const stop of stops) stop()
    }
  }, [store, query])
  return useSyncExternalStore(query.subscribe, query.get, () => rendered).value
}

async function read(signal: AbortSignal, before: FleetReading | null): Promise<FleetReading> {
  const overview = await browserClient().request(FleetOverviewDocument, { recent: RECENT_SESSIONS }, { signal })
  return readingAfter(before, overview)
}

function readingAfter(before: FleetReading | null, overview: FleetOverviewQuery): FleetReading {
  return { overview, history: historyAfter(before?.history ?? NO_HISTORY, overview.fleet) }
}
