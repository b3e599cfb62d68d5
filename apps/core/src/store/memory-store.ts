/** The store of simulations and tests: the same port, in memory. No timers, no chance, no I/O. */
import type { Application, ApplicationVersion, ScalingPolicy } from '../applications/application.ts'
import type { RegisteredNode } from '../nodes/node.ts'
import { hasTraits } from '../sessions/session-traits.ts'
import type { Session } from '../sessions/session.ts'
import type { TokenUse } from '../tenants/tenant-directory.ts'
import type { ApiToken, Tenant, User } from '../tenants/tenant.ts'
import type { Intent, SessionHistoryQuery, SessionKey, Store, WriteResult } from './store.ts'

/** What a disk would hold: a store that is opened on it again finds everything that was answered. */
export type MemoryDatabase = {
  readonly coreId: string
  epoch: number
  readonly tenants: Map<string, Tenant>
  readonly tokens: Map<string, ApiToken>
  readonly users: Map<string, User>
  readonly applications: Map<string, Application>
  readonly versions: Map<string, ApplicationVersion>
  readonly nodes: Map<string, RegisteredNode>
  readonly sessions: Map<string, Session>
}

export function emptyDatabase(coreId = 'cor-0000000000000000'): MemoryDatabase {
  return {
    coreId,
    epoch: 0,
    tenants: new Map(),
    tokens: new Map(),
    users: new Map(),
    applications: new Map(),
    versions: new Map(),
    nodes: new Map(),
    sessions: new Map(),
  }
}

export class MemoryStore implements Store {
  readonly #database: MemoryDatabase

  constructor(database: MemoryDatabase = emptyDatabase()) {
    this.#database = database
  }

  async start(): Promise<Intent> {
    const { coreId, tenants, tokens, users, applications, nodes, sessions } = this.#database
    this.#database.epoch += 1
    return {
      coreId,
      epoch: this.#database.epoch,
      tenants: sortedBy(tenants.values(), ({ id }) => id),
      tokens: sortedBy(tokens.values(), ({ id }) => id),
      users: sortedBy(users.values(), ({ id }) => id),
      applications: sortedBy(applications.values(), ({ id }) => id),
      nodes: sortedBy(nodes.values(), ({ name }) => name),
      sessions: newestFirst([...sessions.values()].filter(({ phase }) => phase !== 'closed')).toReversed(),
    }
  }

  async raiseEpochAbove(epoch: number): Promise<number> {
    this.#database.epoch = Math.max(this.#database.epoch, epoch + 1)
    return this.#database.epoch
  }

  async addTenant(tenant: Tenant): Promise<void> {
    add(this.#database.tenants, tenant, (known) => known.name === tenant.name)
  }

  async saveTenant(tenant: Tenant): Promise<void> {
    const { tenants } = this.#database
    if (tenants.has(tenant.id)) tenants.set(tenant.id, tenant)
  }

  async removeTenant(id: string): Promise<void> {
    const { tenants, tokens, users, applications, sessions } = this.#database
    for (const table of [tokens, users, sessions])
      for (const row of table.values()) if (row.tenantId === id) table.delete(row.id)
    for (const row of applications.values()) if (row.tenantId === id) await this.removeApplication(row.id)
    tenants.delete(id)
  }

  async addToken(token: ApiToken): Promise<void> {
    add(this.#database.tokens, token, (known) => known.secretHash === token.secretHash)
  }

  async removeToken(id: string): Promise<void> {
    this.#database.tokens.delete(id)
  }

  async saveTokenUses(uses: readonly TokenUse[]): Promise<void> {
    const { tokens } = this.#database
    for (const { id, atMs } of uses) {
      const token = tokens.get(id)
      if (token !== undefined) tokens.set(id, { ...token, lastUsedAtMs: atMs })
    }
  }

  async addUser(user: User): Promise<void> {
    const { users } = this.#database
    const isTaken = [...users.values()].some(
      (other) => other.id === user.id || (other.tenantId === user.tenantId && other.name === user.name),
    )
    if (isTaken) throw new Error(`${user.name} is there already`)
    users.set(user.id, user)
  }

  async saveUser(user: User): Promise<void> {
    const { users } = this.#database
    if (users.has(user.id)) users.set(user.id, user)
  }

  async removeUser(id: string): Promise<void> {
    this.#database.users.delete(id)
  }

  async application(id: string): Promise<Application | null> {
    return this.#database.applications.get(id) ?? null
  }

  async addApplication(application: Application): Promise<WriteResult> {
    const { applications, versions } = this.#database
    const { tenantId, name, version } = application
    const known = [...applications.values()].find((other) => other.tenantId === tenantId && other.name === name)
    if (known !== undefined) return { kind: 'conflict', revision: known.revision }
    add(applications, application, () => false)
    versions.set(version.id, version)
    return { kind: 'written' }
  }

  async publishVersion({ id, revision, version, fallback, isProven }: Application): Promise<WriteResult> {
    const result = this.#guarded(id, revision, { version, fallback, isProven })
    if (result.kind === 'written') this.#database.versions.set(version.id, version)
    return result
  }

  async updateScalingPolicy(id: string, scalingPolicy: ScalingPolicy, revision: number): Promise<WriteResult> {
    return this.#guarded(id, revision, { scalingPolicy })
  }

  async saveRollOut(id: string, rollOut: { isProven: boolean; fallbackVersionId: string | null }): Promise<void> {
    const { applications, versions } = this.#database
    const { isProven, fallbackVersionId } = rollOut
    const application = applications.get(id)
    const fallback = fallbackVersionId === null ? null : (versions.get(fallbackVersionId) ?? null)
    if (application !== undefined) applications.set(id, { ...application, isProven, fallback })
  }

  async versions(applicationId: string): Promise<readonly ApplicationVersion[]> {
    const versions = [...this.#database.versions.values()].filter((version) => version.applicationId === applicationId)
    return versions.toSorted((a, b) => b.number - a.number)
  }

  async removeApplication(applicationId: string): Promise<void> {
    const { applications, versions } = this.#database
    applications.delete(applicationId)
    for (const version of versions.values()) if (version.applicationId === applicationId) versions.delete(version.id)
  }

  async saveNode(node: RegisteredNode): Promise<void> {
    this.#database.nodes.set(node.name, node)
  }

  async removeNode(name: string): Promise<void> {
    this.#database.nodes.delete(name)
  }

  async recordSessions(sessions: readonly Session[]): Promise<void> {
    for (const session of sessions) this.#database.sessions.set(session.id, withoutSpentData(session))
  }

  async session(id: string): Promise<Session | null> {
    return this.#database.sessions.get(id) ?? null
  }

  async sessionHistory(query: SessionHistoryQuery): Promise<readonly Session[]> {
    return newestFirst([...this.#database.sessions.values()].filter(inHistory(query))).slice(0, query.first)
  }

  async sessionOfKey(applicationId: string, key: string, sinceMs: number): Promise<Session | null> {
    const opened = [...this.#database.sessions.values()].filter(
      (session) =>
        session.applicationId === applicationId &&
        session.request.idempotency?.key === key &&
        session.createdAtMs >= sinceMs,
    )
    return newestFirst(opened)[0] ?? null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The database stays as it is, for the next store on it.
  }

  /** Writes when the revision is the one before. */
  #guarded(id: string, revision: number, change: Partial<Application>): WriteResult {
    const { applications } = this.#database
    const application = applications.get(id)
    if (application?.revision !== revision - 1) return { kind: 'conflict', revision: application?.revision ?? 0 }
    applications.set(id, { ...application, ...change, revision })
    return { kind: 'written' }
  }
}

/** Refuses what a database's own constraints refuse. */
function add<Thing extends { readonly id: string }>(
  known: Map<string, Thing>,
  thing: Thing,
  isSame: (other: Thing) => boolean,
): void {
  if (known.has(thing.id) || [...known.values()].some(isSame)) throw new Error(`${thing.id} is there already`)
  known.set(thing.id, thing)
}

/** What the application was given is of no use once it has gone. */
function withoutSpentData(session: Session): Session {
  if (session.phase !== 'closed' || session.request.data.length === 0) return session
  return { ...session, request: { ...session.request, data: new Uint8Array() } }
}

function inHistory(query: SessionHistoryQuery): (session: Session) => boolean {
  const { before, tenantId, applicationId, nodeName, phases, labels, traits } = query
  return (session) =>
    (before === null || compareAge(session, before) < 0) &&
    (tenantId === null || session.tenantId === tenantId) &&
    (applicationId === null || session.applicationId === applicationId) &&
    (nodeName === null || session.nodeName === nodeName) &&
    (phases === null || phases.includes(session.phase)) &&
    (traits === undefined || hasTraits(session, traits)) &&
    Object.entries(labels).every(([name, value]) => session.request.labels[name] === value)
}

function newestFirst(sessions: readonly Session[]): Session[] {
  return sessions.toSorted((a, b) => compareAge(b, a))
}

/** Negative when the first is the older one. */
function compareAge(a: SessionKey, b: SessionKey): number {
  return a.createdAtMs - b.createdAtMs || compare(a.id, b.id)
}

function sortedBy<Thing>(things: Iterable<Thing>, key: (thing: Thing) => string): Thing[] {
  return [...things].toSorted((a, b) => compare(key(a), key(b)))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
