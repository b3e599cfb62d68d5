/** What each list watch selects: the same as the list with the same filter. */
import type { ApplicationView } from '../fleet/views.ts'
import type { PodView } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { FleetReader } from './core-port.ts'
import { applicationMatches, computeNodeMatches, podMatches, sessionMatches, type Where } from './filters.ts'
import type { ApplicationFilter, ComputeNodeFilter, PodFilter, SessionFilter } from './generated/resolver-types.ts'
import { computeNodeId } from './ids.ts'
import {
  visibleApplication,
  visibleNode,
  visibleNodes,
  visiblePod,
  within,
  type Scope,
  type VisibleNode,
} from './visibility.ts'
import type { Selection } from './watch-feeds.ts'

export function selectSessions(fleet: FleetReader, scope: Scope, where: Where<SessionFilter>): Selection<Session> {
  const matches = sessionMatches(where)
  const isSelected = (session: Session | null): session is Session =>
    within(scope, session) !== null && session !== null && matches(session)
  return {
    ...named(scope, where, where?.application),
    all: () => filtered(fleet.sessions(applicationIdOf(fleet, scope, where?.application)), isSelected),
    load: (id) => kept(fleet.session(id), isSelected),
    idOf: (session) => session.id,
    clientId: (id) => id,
    isOpenAboutAbsence: true,
  }
}

export function selectPods(fleet: FleetReader, scope: Scope, where: Where<PodFilter>): Selection<PodView> {
  const matches = podMatches(where)
  return {
    ...named(scope, where, where?.application),
    all: () => filtered(fleet.pods(applicationIdOf(fleet, scope, where?.application)), isSelected),
    load: (id) => kept(visiblePod(fleet, scope, id), matches),
    idOf: (pod) => pod.id,
    clientId: (id) => id,
    isOpenAboutAbsence: true,
  }
}
