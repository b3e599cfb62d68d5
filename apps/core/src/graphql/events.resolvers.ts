/** What happened: read, and followed. */
import { unreachable } from '@fornax/kernel/assert'
import type { FleetEvent } from '../fleet/fleet-event.ts'
import { pageSize } from './connections.ts'
import { eventPage } from './event-pages.ts'
import type {
  EventResolvers,
  NodeLinkEntryResolvers,
  QueryResolvers,
  ResolversTypes,
  SubscriptionResolvers,
} from './generated/resolver-types.ts'
import { toDateTime } from './scalars.ts'
import { visibleApplication } from './visibility.ts'
import { selectEvents } from './watch-selections.ts'
import { watch, type WatchEvent } from './watch.ts'

export const eventQueries: Required<Pick<QueryResolvers, 'events'>> = {
  events: (_root, args, { core, scope, budget }) => {
    budget.take(pageSize(args))
    return eventPage(core, scope, args)
  },
}

export const eventSubscriptions: Required<Pick<SubscriptionResolvers, 'watchEvents'>> = {
  watchEvents: {
    subscribe: (_root, { where, after }, { core, scope, feeds }) =>
      watch(feeds.events, selectEvents(core, scope, where), after ?? null),
    resolve: toWatchEvent,
  },
}

export const eventTypes: { readonly Event: EventResolvers; readonly NodeLinkEntry: NodeLinkEntryResolvers } = {
  Event: {
    application: ({ applicationId }, _args, { core, scope }) =>
      applicationId === null ? null : visibleApplication(core.fleet, scope, applicationId),
    at: ({ atMs }) => toDateTime(atMs),
    lastAt: ({ lastAtMs }) => toDateTime(lastAtMs),
    tenant: ({ tenantId }, _args, { core }) =>
      tenantId === null ? null : (core.tenants.tenant(tenantId)?.name ?? tenantId),
  },
  NodeLinkEntry: { at: ({ atMs }) => toDateTime(atMs) },
}

function toWatchEvent(event: WatchEvent<FleetEvent>): Awaited<ResolversTypes['EventWatchEvent']> {
  switch (event.kind) {
    case 'snapshot': {
      const { items: events, isLast, resourceVersion } = event
      return { __typename: 'EventSnapshot', events, isLast, resourceVersion }
    }
    case 'changes':
      return { __typename: 'EventChanges', ...event }
    case 'bookmark':
      return { __typename: 'EventBookmark', resourceVersion: event.resourceVersion }
    default:
      return unreachable(event)
  }
}
