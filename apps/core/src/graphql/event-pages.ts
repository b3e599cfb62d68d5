/**
 * Pages of events, newest first: those in memory and those in the database are one list. Memory knows better; what has
 * left it is in the database, but for what was written in the last second.
 */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import { isMeant, type EventTraits } from '../history/event-match.ts'
import { pageSize, sortedAfter, startKey, toPage, type Order, type Page, type PageArgs } from './connections.ts'
import type { CorePort } from './core-port.ts'
import type { EventFilter } from './generated/resolver-types.ts'
import type { Where } from './filters.ts'
import { visibleEvents, type Scope } from './visibility.ts'
import { toInstant } from './windows.ts'

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

/** What a filter selects. Lists and watches share it, so that they show the same. */
export function eventMatches(
  core: Pick<CorePort, 'tenants'>,
  where: Where<EventFilter>,
): (event: FleetEvent) => boolean {
  const traits = toTraits(core, null, where)
  return (event) => isMeant(event, traits)
}

function toTraits(core: Pick<CorePort, 'tenants'>, scope: Scope, where: Where<EventFilter>): EventTraits {
  return {
    ...toSubject(where),
    tenantId: tenantIn(core, scope, where?.tenant ?? null),
    kinds: where?.kinds?.length ? where.kinds : null,
    severities: where?.severities?.length ? where.severities : null,
    fromMs: toInstant('where.from', where?.from),
    untilMs: toInstant('where.until', where?.until),
  }
}

function toSubject(where: Where<EventFilter>): Pick<EventTraits, 'application' | 'nodeName' | 'podId' | 'sessionId'> {
  const { application = null, nodeName = null, podId = null, sessionId = null } = where ?? {}
  return { application, nodeName, podId, sessionId }
}

/** The id of no tenant. */
const NOBODY = '-'

/** Who may see one tenant only asks for another one in vain. */
function tenantIn({ tenants }: Pick<CorePort, 'tenants'>, scope: Scope, name: string | null): string | null {
  if (name === null) return scope
  const id = tenants.tenantNamed(name)?.id ?? NOBODY
  return scope === null || scope === id ? id : NOBODY
}
