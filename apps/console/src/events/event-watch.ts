/** How events are followed. */
import { WatchEventsDocument, type EventFilter, type EventRowFragment } from '../graphql/generated/documents.ts'
import type { LiveSpec } from '../live/live-list.ts'

/** What is in the core's memory, and everything that happens from now on; it stays in sight when the core forgets. */
export function eventsSpec(where: EventFilter): LiveSpec<EventRowFragment> {
  return {
    key: `events ${JSON.stringify(where)}`,
    follow: (client, from, signal) =>
      client.watch(WatchEventsDocument, { where }, { signal, ...(from === null ? {} : { from }) }),
    isHistory: () => true,
  }
}

/** The newest first. */
export function newestFirst(events: Iterable<EventRowFragment>): readonly EventRowFragment[] {
  return [...events].toSorted((a, b) => (a.lastAt === b.lastAt ? 0 : a.lastAt < b.lastAt ? 1 : -1))
}
