/** What each list watch selects: the same as the list with the same filter. */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { ApplicationView } from '../fleet/views.ts'
import type { PodView } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { CorePort, FleetReader } from './core-port.ts'
import { eventMatches } from './event-filter.ts'
import { applicationMatches, computeNodeMatches, podMatches, sessionMatches, type Where } from './filters.ts'
import type {
  ApplicationFilter,
  ComputeNodeFilter,
  EventFilter,
  PodFilter,
  SessionFilter,
} from './generated/resolver-types.ts'
import { computeNodeId } from './ids.ts'
import {
  visibleApplication,
  visibleApplications,
  visibleEvent,
  visibleEvents,
  visibleNode,
  visibleNodes,
  visiblePod,
  visiblePods,
  visibleSessions,
  within,
  type Scope,
  type VisibleNode,
} from './visibility.ts'
import type { Selection } from './watch-feeds.ts'

export function selectSessions(fleet: FleetReader, scope: Scope, where: Where<SessionFilter>): Selection<Session> {
  return selection({ scope, where, application: where?.application ?? null }, sessionMatches(where), {
    all: () => visibleSessions(fleet, scope, where),
    load: (id) => within(scope, fleet.session(id)),
    idOf: (session) => session.id,
  })
}

export function selectPods(fleet: FleetReader, scope: Scope, where: Where<PodFilter>): Selection<PodView> {
  return selection({ scope, where, application: where?.application ?? null }, podMatches(where), {
    all: () => visiblePods(fleet, scope, where),
    load: (id) => visiblePod(fleet, scope, id),
    idOf: (pod) => pod.id,
  })
}

export function selectApplications(
  fleet: FleetReader,
  scope: Scope,
  where: Where<ApplicationFilter>,
): Selection<ApplicationView> {
  return selection({ scope, where, application: where?.name ?? null }, applicationMatches(where), {
    all: () => visibleApplications(fleet, scope),
    load: (id) => visibleApplication(fleet, scope, id),
    idOf: (application) => application.definition.id,
  })
}

/** Nodes are everybody's, so a tenant must not hear of those where it has nothing. */
export function selectComputeNodes(
  fleet: FleetReader,
  scope: Scope,
  where: Where<ComputeNodeFilter>,
): Selection<VisibleNode> {
  const nodes = selection({ scope, where, application: null }, computeNodeMatches(where), {
    all: () => visibleNodes(fleet, scope),
    load: (name) => visibleNode(fleet, scope, name),
    idOf: (node) => node.view.registered.name,
  })
  return { ...nodes, clientId: computeNodeId, isOpenAboutAbsence: scope === null }
}

/** Changes of events say whose they are, so a tenant never hears of those that are not its own. */
export function selectEvents(core: CorePort, scope: Scope, where: Where<EventFilter>): Selection<FleetEvent> {
  const { fleet } = core
  return selection({ scope, where, application: where?.application ?? null }, eventMatches(core, where), {
    all: () => visibleEvents(fleet, scope),
    load: (id) => visibleEvent(fleet, scope, id),
    idOf: (event) => event.id,
  })
}

type Asked = { readonly scope: Scope; readonly where: unknown; readonly application: string | null }

function selection<T>(
  { scope, where, application }: Asked,
  matches: (object: T) => boolean,
  visible: Pick<Selection<T>, 'all' | 'load' | 'idOf'>,
): Selection<T> {
  return {
    key: JSON.stringify([scope, where ?? null]),
    scope,
    application,
    *all() {
      for (const object of visible.all()) if (matches(object)) yield object
    },
    load(id) {
      const object = visible.load(id)
      return object !== null && matches(object) ? object : null
    },
    idOf: visible.idOf,
    clientId: (id) => id,
    isOpenAboutAbsence: true,
  }
}
