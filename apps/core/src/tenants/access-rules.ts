/**
 * Who may do what: one rule for each operation of the API, and none without one. `docs/access.md` is printed from these
 * tables, every field of the roots asks them (`graphql/guard.ts`), and what is not said here is not allowed.
 */
import type { Role, Viewer } from './tenant.ts'

type Read =
  | ('apiTokens' | 'auditActivity' | 'auditRecords' | 'auditVerification' | 'joinTokens')
  | ('application' | 'applications' | 'computeNode' | 'computeNodes' | 'fleet' | 'latency')
  | ('node' | 'pod' | 'pods' | 'secret' | 'secrets' | 'session' | 'sessions' | 'tenants' | 'viewer')
  | ('tenant' | 'users')
  | ('drainPreview' | 'drainsPreview' | 'events' | 'fleetHistory' | 'latencyHistory' | 'scalingPolicyPreview')

type Write =
  | 'closeSessions'
  | ('closeSession' | 'cordonNode' | 'createApiToken' | 'createApplication' | 'createTenant' | 'deleteApplication')
  | ('drainNode' | 'openSession' | 'openSessions' | 'publishApplicationVersion' | 'revokeApiToken')
  | ('removeNode' | 'uncordonNode' | 'updateScalingPolicy')
  | ('createSecret' | 'deleteSecret' | 'updateSecret')
  | ('changeUserRole' | 'deleteTenant' | 'inviteUser' | 'removeUser' | 'resetUserPassword' | 'resumeTenant')
  | ('setTenantQuotas' | 'suspendTenant')
  | ('createJoinToken' | 'revokeComputeNode' | 'revokeJoinToken' | 'rotateNodeAuthority')

type Watch =
  | 'watchEvents'
  | 'podLogs'
  | 'watchApplications'
  | 'watchAuditRecords'
  | 'watchComputeNodes'
  | 'watchPods'
  | 'watchSession'
  | 'watchSessions'

/** Named as in the schema. */
export type Operation = Read | Write | Watch

/** People, each of whom may do what the ones before may. */
export type PersonRole = Exclude<Role, ServiceRole>

/** The least role of people that each operation needs. What it then shows or changes is bounded by the tenant. */
const NEEDED_ROLE: Readonly<Record<Operation, PersonRole>> = {
  apiTokens: 'admin',
  auditActivity: 'admin',
  auditRecords: 'admin',
  auditVerification: 'operator',
  joinTokens: 'operator',
  application: 'viewer',
  applications: 'viewer',
  computeNode: 'viewer',
  computeNodes: 'viewer',
  drainPreview: 'operator',
  drainsPreview: 'operator',
  events: 'viewer',
  fleet: 'viewer',
  fleetHistory: 'viewer',
  latency: 'viewer',
  latencyHistory: 'viewer',
  node: 'viewer',
  pod: 'viewer',
  pods: 'viewer',
  secret: 'viewer',
  secrets: 'viewer',
  scalingPolicyPreview: 'viewer',
  session: 'viewer',
  sessions: 'viewer',
  tenant: 'viewer',
  tenants: 'viewer',
  users: 'admin',
  viewer: 'viewer',

  closeSession: 'developer',
  closeSessions: 'developer',
  cordonNode: 'operator',
  createApiToken: 'admin',
  createApplication: 'developer',
  createSecret: 'developer',
  createJoinToken: 'operator',
  createTenant: 'operator',
  deleteApplication: 'developer',
  deleteSecret: 'developer',
  drainNode: 'operator',
  openSession: 'developer',
  openSessions: 'developer',
  publishApplicationVersion: 'developer',
  removeNode: 'operator',
  revokeApiToken: 'admin',
  revokeComputeNode: 'operator',
  revokeJoinToken: 'operator',
  rotateNodeAuthority: 'operator',
  uncordonNode: 'operator',
  updateScalingPolicy: 'developer',
  updateSecret: 'developer',

  changeUserRole: 'admin',
  deleteTenant: 'operator',
  inviteUser: 'admin',
  removeUser: 'admin',
  resetUserPassword: 'admin',
  resumeTenant: 'operator',
  setTenantQuotas: 'operator',
  suspendTenant: 'operator',

  podLogs: 'viewer',
  watchApplications: 'viewer',
  watchAuditRecords: 'admin',
  watchComputeNodes: 'viewer',
  watchEvents: 'viewer',
  watchPods: 'viewer',
  watchSession: 'viewer',
  watchSessions: 'viewer',
}

/** Programs, which may do exactly this and nothing else: a new operation is not theirs until it stands here. */
export type ServiceRole = 'gateway' | 'ci'

const SERVICES: Readonly<Record<ServiceRole, readonly Operation[]>> = {
  gateway: [
    ...(['application', 'applications', 'node', 'session', 'sessions', 'viewer'] as const),
    ...(['watchApplications', 'watchSession', 'watchSessions'] as const),
  ],
  ci: [
    ...(['application', 'applications', 'fleet', 'latency', 'node', 'tenant', 'viewer'] as const),
    ...(['createApplication', 'deleteApplication', 'publishApplicationVersion', 'updateScalingPolicy'] as const),
    ...(['watchApplications'] as const),
  ],
}

/**
 * Objects of which some fields say more than their tenant may know: the least role for each field, `viewer` for what
 * everybody sees who sees the object. Whoever lacks the role reads null. All fields of these types have a rule:
 * `graphql/guard.ts` does not compile without it.
 */
export const FIELD_RULES = {
  ComputeNode: {
    address: 'viewer',
    agentVersion: 'viewer',
    booked: 'viewer',
    capacity: 'viewer',
    drainDeadline: 'viewer',
    id: 'viewer',
    isCordoned: 'viewer',
    joinedAt: 'viewer',
    labels: 'viewer',
    lastHeardAt: 'viewer',
    name: 'viewer',
    phase: 'viewer',
    podCount: 'viewer',
    revision: 'viewer',
    runtimes: 'viewer',
    sessionCount: 'viewer',
    conditions: 'viewer',
    hibernatedPodCount: 'viewer',
    linkTimeline: 'viewer',
    taints: 'viewer',
    identity: 'operator',
    // What a whole node uses says something of the other tenants on it.
    cpuMillisUsed: 'operator',
    memoryBytesUsed: 'operator',
  },
  SessionTimelineEntry: {
    at: 'viewer',
    by: 'admin',
    sinceAskedMs: 'viewer',
    step: 'viewer',
  },
  Tenant: {
    createdAt: 'viewer',
    deletedAt: 'viewer',
    id: 'viewer',
    name: 'viewer',
    phase: 'viewer',
    quotas: 'viewer',
    suspendedAt: 'viewer',
    usage: 'viewer',
  },
  ApiToken: {
    createdAt: 'viewer',
    expiresAt: 'viewer',
    id: 'viewer',
    lastUsedAt: 'viewer',
    name: 'viewer',
    role: 'viewer',
    tenant: 'viewer',
  },
  User: {
    createdAt: 'viewer',
    hasRegistered: 'viewer',
    id: 'viewer',
    invitationExpiresAt: 'viewer',
    lastLoginAt: 'viewer',
    name: 'viewer',
    role: 'viewer',
    tenant: 'viewer',
  },
} satisfies Readonly<Record<string, Readonly<Record<string, PersonRole>>>>

const RANK: Readonly<Record<PersonRole, number>> = { viewer: 0, developer: 1, admin: 2, operator: 3 }

export const PEOPLE: readonly PersonRole[] = ['operator', 'admin', 'developer', 'viewer']

/** All operations, by name. */
export const OPERATIONS: readonly Operation[] = Object.keys(NEEDED_ROLE).filter(isOperation).toSorted()

export function isOperation(name: string): name is Operation {
  return Object.hasOwn(NEEDED_ROLE, name)
}

/** The least role of people that may do it. */
export function neededRole(operation: Operation): PersonRole {
  return NEEDED_ROLE[operation]
}

/** Whether a role may do it at all; what it then reaches is bounded by its tenant. */
export function mayDo(role: Role, operation: Operation): boolean {
  if (isService(role)) return SERVICES[role].includes(operation)
  return RANK[role] >= RANK[NEEDED_ROLE[operation]]
}

/** Whether a viewer has the role of people, or a higher one; programs have none. */
export function hasRole(viewer: Pick<Viewer, 'role'>, role: PersonRole): boolean {
  return !isService(viewer.role) && RANK[viewer.role] >= RANK[role]
}

/** Whether what a role reads is of all tenants. */
export function seesAllTenants(role: Role): boolean {
  return role === 'operator' || role === 'gateway'
}

/** Whether a viewer may see what belongs to a tenant: the operator sees all, everybody else their own. */
export function seesTenant(viewer: Pick<Viewer, 'role' | 'tenantId'>, tenantId: string): boolean {
  return seesAllTenants(viewer.role) || viewer.tenantId === tenantId
}

/** Nobody may give, or take away, more than they have. Programs give nothing; only the operator makes a gateway. */
export function mayGrant(viewer: Pick<Viewer, 'role' | 'tenantId'>, role: Role, tenantId: string): boolean {
  const needed = role === 'gateway' ? 'operator' : role === 'ci' ? 'admin' : role
  return hasRole(viewer, needed) && seesTenant(viewer, tenantId)
}

function isService(role: Role): role is ServiceRole {
  return role === 'gateway' || role === 'ci'
}
