/**
 * Pages of events, newest first: those in memory and those in the database are one list. Memory knows better; what has
 * left it is in the database, but for what was written in the last second.
 */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { EventQuery } from '../history/history-store.ts'
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
  const rows = await core.history.events({ ...toQuery(core, scope, args.where), first: size + 1, before })
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
  const { tenantId, application, nodeName, podId, sessionId, kinds, severities, fromMs, untilMs } = toQuery(
    core,
    null,
    where,
  )
  const isSame = (wanted: string | null, value: string | null): boolean => wanted === null || wanted === value
  return (event) =>
    isSame(tenantId, event.tenantId) &&
    isSame(application, event.applicationName) &&
    isSame(nodeName, event.nodeName) &&
    isSame(podId, event.podId) &&
    isSame(sessionId, event.sessionId) &&
    (kinds === null || kinds.includes(event.kind)) &&
    (severities === null || severities.includes(event.severity)) &&
    (fromMs === null || event.lastAtMs >= fromMs) &&
    (untilMs === null || event.atMs < untilMs)
}

function toQuery(
  core: Pick<CorePort, 'tenants'>,
  scope: Scope,
  where: Where<EventFilter>,
): Omit<EventQuery, 'first' | 'before'> {
  const named = where?.tenant ? (core.tenants.tenantNamed(where.tenant)?.id ?? NOBODY) : null
  return {
    // Who may see one tenant only asks for another one in vain.
    tenantId: scope === null || named === null || named === scope ? (scope ?? named) : NOBODY,
    application: where?.application ?? null,
    nodeName: where?.nodeName ?? null,
    podId: where?.podId ?? null,
    sessionId: where?.sessionId ?? null,
    kinds: where?.kinds?.length ? where.kinds : null,
    severities: where?.severities?.length ? where.severities : null,
    fromMs: toInstant('where.from', where?.from),
    untilMs: toInstant('where.until', where?.until),
  }
}

/** The id of no tenant. */
const NOBODY = '-'
