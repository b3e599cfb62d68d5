/** The whole, counted, as far as the viewer sees it; and any object, by its id. */
import { unreachable } from '@fornax/kernel/assert'
import { auditRecord } from './audit.resolvers.ts'
import { mayDo, type Operation } from '../tenants/access-rules.ts'
import { tokenFor, userFor } from './access-lookups.ts'
import type { RequestContext } from './context.ts'
import type { FleetReader } from './core-port.ts'
import type { QueryResolvers, ResolversTypes, ViewerResolvers } from './generated/resolver-types.ts'
import { referenceOf } from './ids.ts'
import { toDateTime } from './scalars.ts'
import {
  isEventVisible,
  visibleApplication,
  visibleApplications,
  visibleNode,
  visiblePod,
  visibleSession,
  type Scope,
} from './visibility.ts'

export const fleetQueries: Required<Pick<QueryResolvers, 'fleet' | 'latency' | 'node' | 'viewer'>> = {
  fleet: (_root, _args, { core: { fleet, clock }, scope }) => {
    const opened = fleet.opened(scope)
    return {
      ...countApplications(fleet, scope),
      nodes: countNodes(fleet, scope),
      readAt: toDateTime(clock.nowMs()),
      resourceVersion: fleet.resourceVersion,
      sessionsOpenedCold: opened.cold,
      sessionsOpenedWarm: opened.warm,
      startedAt: toDateTime(fleet.startedAtMs),
    }
  },
  latency: (_root, { where }, { core, viewer, scope }) => {
    const start = where?.start ?? null
    if (!where?.application) return core.latency({ applicationId: null, start, tenantId: scope })
    const application = core.fleet.applicationNamed(viewer.tenantId, where.application)
    if (application === null) return NOTHING_MEASURED
    return core.latency({ applicationId: application.definition.id, start, tenantId: scope })
  },
  node: (_root, { id }, context) => findNode(id, context),
  viewer: (_root, _args, { viewer }) => viewer,
}

export const fleetTypes: { readonly Viewer: ViewerResolvers } = {
  Viewer: {
    expiresAt: ({ expiresAtMs }) => toDateTime(expiresAtMs ?? null),
    name: ({ name, tokenId }) => name ?? tokenId,
    tenant: ({ tenantId }, _args, { core }) => core.tenants.tenant(tenantId)?.name ?? tenantId,
  },
}

const NOTHING_MEASURED = { count: 0, maxMs: null, p50Ms: null, p90Ms: null, p99Ms: null, p999Ms: null }

type FoundNode = Awaited<ResolversTypes['Node']> | null

type Kind = NonNullable<ReturnType<typeof referenceOf>>['kind']

/** Whoever may not ask for an object by its own field may not ask for it by its id. */
const OPERATION_OF: Readonly<Record<Kind, Operation>> = {
  session: 'session',
  pod: 'pod',
  application: 'application',
  computeNode: 'computeNode',
  tenant: 'tenant',
  apiToken: 'apiTokens',
  auditRecord: 'auditRecords',
  user: 'users',
  secret: 'secret',
  event: 'events',
}

async function findNode(id: string, context: RequestContext): Promise<FoundNode> {
  const { core, scope, viewer } = context
  const reference = referenceOf(id)
  if (reference === null || !mayDo(viewer.role, OPERATION_OF[reference.kind])) return null
  switch (reference.kind) {
    case 'session':
      return named('Session', await visibleSession(core, scope, id))
    case 'pod':
      return named('Pod', visiblePod(core.fleet, scope, id))
    case 'application':
      return named('Application', visibleApplication(core.fleet, scope, id))
    case 'auditRecord':
      return named('AuditRecord', await auditRecord(core, scope, reference.number))
    case 'computeNode':
      return named('ComputeNode', visibleNode(core.fleet, scope, reference.name))
    case 'tenant':
      return scope === null || scope === id ? named('Tenant', core.tenants.tenant(id)) : null
    case 'secret': {
      const secret = core.secrets.withId(id)
      return secret !== null && (scope === null || scope === secret.tenantId) ? named('Secret', secret) : null
    }
    case 'apiToken':
      return named('ApiToken', tokenFor(id, context))
    case 'user':
      return named('User', userFor(id, context))
    case 'event': {
      const event = core.fleet.events.event(id) ?? (await core.history.event(id))
      return event !== null && isEventVisible(scope, event) ? named('Event', event) : null
    }
    default:
      return unreachable(reference)
  }
}

function named<Name extends string, T extends object>(
  __typename: Name,
  object: T | null,
): (T & { __typename: Name }) | null {
  return object === null ? null : { ...object, __typename }
}

function countNodes(fleet: FleetReader, scope: Scope) {
  const phases = fleet.nodePhases(scope)
  const { disconnected, lost, ready } = phases
  return { disconnected, lost, ready, total: Object.values(phases).reduce((sum, count) => sum + count, 0) }
}

function countApplications(fleet: FleetReader, scope: Scope) {
  const pods = { pending: 0, creating: 0, standby: 0, hibernated: 0, active: 0, terminating: 0 }
  let sessionsOpen = 0
  let sessionsWaiting = 0
  for (const { counts, openSessions, waitingSessions } of visibleApplications(fleet, scope)) {
    pods.pending += counts.pending
    pods.creating += counts.creating
    pods.standby += counts.standby
    pods.hibernated += counts.hibernated
    pods.active += counts.active
    pods.terminating += counts.terminating
    sessionsOpen += openSessions
    sessionsWaiting += waitingSessions
  }
  return { pods, sessionsOpen, sessionsWaiting }
}
