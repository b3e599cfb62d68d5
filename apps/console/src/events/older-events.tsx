'use client'
/** The way further back: events that the core keeps in its database only. */
import { EventsDocument, type EventFilter, type EventRowFragment } from '../graphql/generated/documents.ts'
import { browserClient } from '../graphql/browser-client.ts'
import { useLiveStore } from '../live/live-context.tsx'
import type { LiveSpec } from '../live/live-list.ts'
import { MoreRows } from '../ui/more-rows.tsx'

const PAGE_SIZE = 100

type OlderEventsProps = { readonly spec: LiveSpec<EventRowFragment>; readonly where: EventFilter }

export function OlderEvents({ spec, where }: OlderEventsProps) {
  const store = useLiveStore()
  const ask = async (after: string | null) => {
    const { page } = await browserClient().request(EventsDocument, { first: PAGE_SIZE, after, where })
    store.list(spec, null).addHistory(page.edges.map(({ node }) => node))
    return page.pageInfo
  }
  return <MoreRows what="events" ask={ask} />
}
