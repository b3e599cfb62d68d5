/** From what a use-case says went wrong to what a client reads: one for one, with a sentence that says what to do. */
import type { InputProblem } from '../applications/input-problem.ts'
import type { CloseReason } from '../sessions/session.ts'
import type { QuotaName } from '../tenants/quotas.ts'
import type { Role } from '../tenants/tenant.ts'

export function invalidInput({ field, message }: InputProblem) {
  return { __typename: 'InvalidInput', field, message } as const
}

export function notAllowed(neededRole: Role, what: string) {
  return {
    __typename: 'NotAllowed',
    neededRole,
    message: `${what} needs the role ${neededRole.toUpperCase()}.`,
  } as const
}

export function applicationNotFound(application: string) {
  const message = `There is no application "${application}" in your tenant.`
  return { __typename: 'ApplicationNotFound', application, message } as const
}

export function applicationNameTaken(name: string) {
  const message = `Your tenant has an application "${name}" already; publish a new version of it, or take another name.`
  return { __typename: 'ApplicationNameTaken', name, message } as const
}

export function revisionConflict(currentRevision: number) {
  const message = `Somebody else wrote in between: the revision is now ${currentRevision}. Read again and decide anew.`
  return { __typename: 'RevisionConflict', currentRevision, message } as const
}

export function sessionNotFound(id: string) {
  return { __typename: 'SessionNotFound', message: `There is no session "${id}".` } as const
}

export function idempotencyConflict(idempotencyKey: string) {
  const message = 'This key opened a session with another input; take a new key for a new session.'
  return { __typename: 'IdempotencyConflict', idempotencyKey, message } as const
}

export function queueFull(waiting: number) {
  const message = `${waiting} sessions of this application wait already; try again later, or raise maxPods.`
  return { __typename: 'QueueFull', waiting, message } as const
}

export function sessionNotOpened(reason: CloseReason, closeMessage: string | null) {
  const message = closeMessage === null ? NOT_OPENED[reason] : `${NOT_OPENED[reason]} ${closeMessage}`
  return { __typename: 'SessionNotOpened', reason, message } as const
}

export function computeNodeNotFound(name: string) {
  return { __typename: 'ComputeNodeNotFound', name, message: `There is no node "${name}".` } as const
}

export function computeNodeConnected(name: string) {
  const message = `The node "${name}" is connected; only one that is not heard can be removed. Drain it, then stop its agent.`
  return { __typename: 'ComputeNodeConnected', name, message } as const
}

export function secretNameTaken(name: string) {
  const message = `Your tenant has a secret "${name}" already; update it, or take another name.`
  return { __typename: 'SecretNameTaken', name, message } as const
}

export function secretNotFound(name: string) {
  return { __typename: 'SecretNotFound', name, message: `There is no secret "${name}" in your tenant.` } as const
}

export function secretInUse(name: string, applications: readonly string[]) {
  const message = `Pods of ${applications.join(', ')} need the secret "${name}"; publish versions without it first.`
  return { __typename: 'SecretInUse', name, applications, message } as const
}

export function tenantNotFound(tenant: string) {
  return { __typename: 'TenantNotFound', tenant, message: `There is no tenant "${tenant}".` } as const
}

export function tenantNameTaken(name: string) {
  return { __typename: 'TenantNameTaken', name, message: `There is a tenant "${name}" already.` } as const
}

export function tenantNeeded(tenant: string) {
  const message = `The tenant "${tenant}" is needed: the first tenant and your own can be neither suspended nor deleted.`
  return { __typename: 'TenantNeeded', tenant, message } as const
}

export function tenantSuspended() {
  const message = 'Your tenant is suspended, and opens no sessions; ask the operator of the platform.'
  return { __typename: 'TenantSuspended', message } as const
}

export function quotaExceeded({ quota, limit, retryAfterMs }: QuotaShortage) {
  const message =
    quota === 'opensPerSecond'
      ? `Your tenant may ask for ${limit} sessions in a second; ask again in ${retryAfterMs} ms, or for a higher quota.`
      : `Your tenant has all ${limit} ${QUOTA_WORDS[quota]} that it may have; close sessions, or ask for a higher quota.`
  return { __typename: 'QuotaExceeded', quota, limit, retryAfterMs, message } as const
}

type QuotaShortage = { readonly quota: QuotaName; readonly limit: number; readonly retryAfterMs: number | null }

const QUOTA_WORDS: Readonly<Record<QuotaName, string>> = {
  sessions: 'sessions',
  pods: 'pods',
  cpuMillis: 'thousandths of a CPU',
  memoryBytes: 'bytes of memory',
  opensPerSecond: 'sessions in a second',
}

export function userNotFound(id: string) {
  return { __typename: 'UserNotFound', message: `There is no user "${id}".` } as const
}

export function userNameTaken(name: string) {
  return { __typename: 'UserNameTaken', name, message: `The tenant has a user "${name}" already.` } as const
}

export function apiTokenNotFound(id: string) {
  return { __typename: 'ApiTokenNotFound', message: `There is no token "${id}".` } as const
}

const NOT_OPENED: Readonly<Record<CloseReason, string>> = {
  requested: 'Somebody closed the session before it was available.',
  clientGone: 'The client that asked gave up before the answer.',
  openTimedOut:
    'No pod was available in time; raise maxPods or openTimeoutMs, or look at the application for problems.',
  idleTimeout: 'Nobody used the session.',
  lifetimeReached: 'The session reached its maximum lifetime before it was available.',
  quotaExceeded: 'The quotas of your tenant left no room for a pod in time; close sessions, or ask for higher quotas.',
  exited: 'The application closed the session by itself before it was available.',
  startFailed: 'The application refused the session, or could not start it.',
  podLost: 'The pod ended before the session was available.',
  nodeLost: 'The node was lost before the session was available.',
  drained: 'The node was drained before the session was available.',
  applicationDeleted: 'The application was deleted before the session was available.',
  tenantSuspended: 'Your tenant was suspended before the session was available.',
  coreFailed: 'The core failed before the session was available; open it again.',
}
