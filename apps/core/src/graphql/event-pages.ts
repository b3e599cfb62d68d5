/**
 * Pages of events, newest first: those in memory and those in the database are one list. Memory knows better; what has
 * left it is in the database, but for what was written in the last second.
 */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import { pageSize, sortedAfter, startKey, toPage, type Order, type Page, type PageArgs } from './connections.ts'
import type { CorePort } from './core-port.ts'
import { eventMatches, toTraits } from './event-filter.ts'
import type { EventFilter } from './generated/resolver-types.ts'
import type { Where } from './filters.ts'
import { visibleEvents, type Scope } from './visibility.ts'

export type EventPage = Page<FleetEvent> & { readonly resourceVersion: string }

const newestEventFirst: Order<FleetEvent> = {
  tag: 'events',
  direction: 'descending',
  first: (event) => event.atMs,
  second: (event) => event.id,
}

export type EventArgs = PageArgs & { readonly where?: Where<EventFilter> }

export async function eventPage(core: CorePort, scope: Scope, args: EventArgs): Promise<EventPage> {
  // The version is read first: what happens meanwhile comes again in a watch, and is not missed.
  const { resourceVersion } = core.fleet.events.changes
  const size = pageSize(args)
  const after = startKey(newestEventFirst, args)
  const before = after === null ? null : { atMs: Number(after[0]), id: after[1] }
  const rows = await core.history.events({ ...toTraits(core, scope, args.where), first: size + 1, before })
  const found = new Map<string, FleetEvent>()
  for (const event of rows) if (core.fleet.events.event(event.id) === null) found.set(event.id, event)
  const matches = eventMatches(core, args.where)
  for (const event of visibleEvents(core.fleet, scope)) if (matches(event)) found.set(event.id, event)
  const sorted = sortedAfter(found.values(), newestEventFirst, after, size + 1)
  return { ...toPage(sorted, newestEventFirst, size, args), resourceVersion }
}
