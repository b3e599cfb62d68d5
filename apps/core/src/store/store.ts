/**
 * The port to the database, which is the authority on intent: what was asked, and
 * how it ended. Everything here may take milliseconds and is never on the path of
 * a pod's state change. Implementations: `prisma-store.ts` (SQLite, PostgreSQL; from
 * `open-store.ts`) and `memory-store.ts`; all pass `store.contract.ts`. When the
 * database itself fails, every call rejects with a `StoreUnavailableError`.
 */
import type { Application, ApplicationVersion, ScalingPolicy } from '../applications/application.ts'
import type { RegisteredNode } from '../nodes/node.ts'
import type { SessionTraits } from '../sessions/session-traits.ts'
import type { Session, SessionPhase } from '../sessions/session.ts'
import type { TokenUse } from '../tenants/tenant-directory.ts'
import type { ApiToken, Tenant, User } from '../tenants/tenant.ts'

/** What a core reads once, before it serves. */
export type Intent = {
  /** Random, made with the database: the cluster's identity on the node link. */
  readonly coreId: string
  /** Already raised by one for this start. */
  readonly epoch: number
  readonly tenants: readonly Tenant[]
  readonly tokens: readonly ApiToken[]
  readonly users: readonly User[]
  readonly applications: readonly Application[]
  readonly nodes: readonly RegisteredNode[]
  /** Every session that is not closed, in the order of asking. */
  readonly sessions: readonly Session[]
}

/** Expected outcomes of a guarded write. A conflict tells the revision there is; 0 when the application is gone. */
export type WriteResult = { readonly kind: 'written' } | { readonly kind: 'conflict'; readonly revision: number }

/** A page of history, newest first. `before` is the key of the last session of the page before. */
export type SessionHistoryQuery = {
  readonly first: number
  readonly before: SessionKey | null
  /** Null: of every tenant. */
  readonly tenantId: string | null
  readonly applicationId: string | null
  readonly nodeName: string | null
  readonly phases: readonly SessionPhase[] | null
  /** All of these. */
  readonly labels: Readonly<Record<string, string>>
  readonly traits?: SessionTraits
}

/** Sessions are listed by time of asking, then id, newest first. */
export type SessionKey = { readonly createdAtMs: number; readonly id: string }

export type Store = AsyncDisposable & {
  /** Raises the epoch and reads everything a core needs to begin. */
  start(nowMs: number): Promise<Intent>
  /** Goes above an epoch that a node saw from this cluster (a restored backup); answers with the new epoch. */
  raiseEpochAbove(epoch: number): Promise<number>

  addTenant(tenant: Tenant): Promise<void>
  /** Writes what can change of a tenant: not its name. */
  saveTenant(tenant: Tenant): Promise<void>
  /** Removes a tenant with everything that is written of it, the audit excepted. Repeating it does no harm. */
  removeTenant(id: string): Promise<void>
  addToken(token: ApiToken): Promise<void>
  removeToken(id: string): Promise<void>
  /** When tokens were used last; of one that is gone nothing is kept. */
  saveTokenUses(uses: readonly TokenUse[]): Promise<void>
  addUser(user: User): Promise<void>
  /** Writes what can change of a user; one that is gone stays gone. */
  saveUser(user: User): Promise<void>
  removeUser(id: string): Promise<void>

  /** As it was written last; null when there is none. */
  application(id: string): Promise<Application | null>
  /** Fails with a conflict when the tenant has an application of that name. */
  addApplication(application: Application): Promise<WriteResult>
  /** Adds the version and makes it the newest; the application's revision must be `revision - 1` before. */
  publishVersion(application: Application): Promise<WriteResult>
  /** Writes the policy; the application's revision must be `revision - 1` before. */
  updateScalingPolicy(applicationId: string, policy: ScalingPolicy, revision: number): Promise<WriteResult>
  /** Records which versions were proven; no guard, the core alone knows. */
  saveRollOut(applicationId: string, rollOut: { isProven: boolean; fallbackVersionId: string | null }): Promise<void>
  /** All versions of an application, newest first. */
  versions(applicationId: string): Promise<readonly ApplicationVersion[]>
  /** Removes the application and its versions. Its sessions stay as history. */
  removeApplication(applicationId: string): Promise<void>

  saveNode(node: RegisteredNode): Promise<void>
  /** Repeating it does no harm. */
  removeNode(name: string): Promise<void>

  /**
   * Group commit: settles when the rows are durable. A session recorded again replaces its row, and one recorded
   * closed gives up its data. Rejects with a `JournalFullError` when too much waits; then nothing of it is recorded.
   */
  recordSessions(sessions: readonly Session[]): Promise<void>
  /** Any session ever recorded, open or closed. */
  session(id: string): Promise<Session | null>
  sessionHistory(query: SessionHistoryQuery): Promise<readonly Session[]>
  /** The session that a key opened, if it was opened since `sinceMs`. */
  sessionOfKey(applicationId: string, key: string, sinceMs: number): Promise<Session | null>
}
