/** Who may do what: one role for each operation of the API, and no operation without one. */
import type { Role, Viewer } from './tenant.ts'

type Read =
  | ('apiTokens' | 'application' | 'applications' | 'computeNode' | 'computeNodes' | 'fleet' | 'latency')
  | ('node' | 'pod' | 'pods' | 'secret' | 'secrets' | 'session' | 'sessions' | 'tenants' | 'viewer')
  | ('drainPreview' | 'events' | 'fleetHistory' | 'latencyHistory' | 'scalingPolicyPreview')

type Write =
  | 'closeSessions'
  | ('closeSession' | 'cordonNode' | 'createApiToken' | 'createApplication' | 'createTenant' | 'deleteApplication')
  | ('drainNode' | 'openSession' | 'openSessions' | 'publishApplicationVersion' | 'revokeApiToken')
  | ('uncordonNode' | 'updateScalingPolicy')
  | ('createSecret' | 'deleteSecret' | 'updateSecret')

type Watch =
  | 'watchEvents'
  | 'podLogs'
  | 'watchApplications'
  | 'watchComputeNodes'
  | 'watchPods'
  | 'watchSession'
  | 'watchSessions'

/** Named as in the schema. */
export type Operation = Read | Write | Watch

/** The least role that each operation needs. What it then shows or changes is bounded by the tenant. */
const NEEDED_ROLE: Readonly<Record<Operation, Role>> = {
  apiTokens: 'admin',
  application: 'viewer',
  applications: 'viewer',
  computeNode: 'viewer',
  computeNodes: 'viewer',
  drainPreview: 'operator',
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
  tenants: 'viewer',
  viewer: 'viewer',

  closeSession: 'developer',
  closeSessions: 'developer',
  cordonNode: 'operator',
  createApiToken: 'admin',
  createApplication: 'developer',
  createSecret: 'developer',
  createTenant: 'operator',
  deleteApplication: 'developer',
  deleteSecret: 'developer',
  drainNode: 'operator',
  openSession: 'developer',
  openSessions: 'developer',
  publishApplicationVersion: 'developer',
  revokeApiToken: 'admin',
  uncordonNode: 'operator',
  updateScalingPolicy: 'developer',
  updateSecret: 'developer',

  podLogs: 'viewer',
  watchApplications: 'viewer',
  watchComputeNodes: 'viewer',
  watchEvents: 'viewer',
  watchPods: 'viewer',
  watchSession: 'viewer',
  watchSessions: 'viewer',
}

/** Each role may do what the ones before it may. */
const RANK: Readonly<Record<Role, number>> = { viewer: 0, developer: 1, admin: 2, operator: 3 }

export function isOperation(name: string): name is Operation {
  return Object.hasOwn(NEEDED_ROLE, name)
}

export function neededRole(operation: Operation): Role {
  return NEEDED_ROLE[operation]
}

/** Whether a viewer has the role, or a higher one. */
export function hasRole(viewer: Pick<Viewer, 'role'>, role: Role): boolean {
  return RANK[viewer.role] >= RANK[role]
}

/** Whether a viewer may see what belongs to a tenant: the operator sees all, everybody else their own. */
export function seesTenant(viewer: Pick<Viewer, 'role' | 'tenantId'>, tenantId: string): boolean {
  return viewer.role === 'operator' || viewer.tenantId === tenantId
}

/** Nobody may give, or take away, more than they have. */
export function mayGrant(viewer: Pick<Viewer, 'role' | 'tenantId'>, role: Role, tenantId: string): boolean {
  return hasRole(viewer, role) && seesTenant(viewer, tenantId)
}
