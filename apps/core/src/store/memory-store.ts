/** The store of simulations and tests: the same port, in memory. No timers, no chance, no I/O. */
import type { Application, ApplicationVersion } from '../applications/application.ts'
import type { RegisteredNode } from '../nodes/node.ts'
import type { Session } from '../sessions/session.ts'
import type { ApiToken, Tenant } from '../tenants/tenant.ts'
import type { AuditEntry, SessionHistoryQuery, SessionKey, Store, WriteResult } from './store.ts'

/** What a disk would hold: a store that is opened on it again finds everything that was answered. */
export type MemoryDatabase = {
  readonly coreId: string
  epoch: number
  readonly tenants: Map<string, Tenant>
  readonly tokens: Map<string, ApiToken>
  readonly applications: Map<string, Application>
  readonly versions: Map<string, ApplicationVersion>
  readonly nodes: Map<string, RegisteredNode>
  readonly sessions: Map<string, Session>
  readonly audit: Map<string, AuditEntry>
}

export function emptyDatabase(coreId = 'cor-0000000000000000'): MemoryDatabase {
  return {
    coreId,
    epoch: 0,
    tenants: new Map(),
    tokens: new Map(),
    applications: new Map(),
    versions: new Map(),
    nodes: new Map(),
    sessions: new Map(),
    audit: new Map(),
  }
}

export function memoryStore(database: MemoryDatabase = emptyDatabase()): Store {
  const { tenants, tokens, applications, versions, nodes, sessions, audit } = database

  /** Writes when the revision is the one before. */
  const guarded = (id: string, revision: number, write: (application: Application) => Application): WriteResult => {
    const application = applications.get(id)
    if (application?.revision !== revision - 1) return { kind: 'conflict', revision: application?.revision ?? 0 }
    applications.set(id, { ...write(application), revision })
    return { kind: 'written' }
  }

  return {
    start: async () => {
      database.epoch += 1
      return {
        coreId: database.coreId,
        epoch: database.epoch,
        tenants: sortedBy([...tenants.values()], ({ id }) => id),
        tokens: sortedBy([...tokens.values()], ({ id }) => id),
        applications: sortedBy([...applications.values()], ({ id }) => id),
        nodes: sortedBy([...nodes.values()], ({ name }) => name),
        sessions: newestFirst([...sessions.values()].filter(({ phase }) => phase !== 'closed')).toReversed(),
      }
    },
    raiseEpochAbove: async (epoch) => {
      database.epoch = Math.max(database.epoch, epoch + 1)
      return database.epoch
    },

    addTenant: async (tenant) => {
      refuseTwice(tenants, tenant.id, (known) => known.name === tenant.name)
      tenants.set(tenant.id, tenant)
    },
    addToken: async (token) => {
      refuseTwice(tokens, token.id, (known) => known.secretHash === token.secretHash)
      tokens.set(token.id, token)
    },
    removeToken: async (id) => void tokens.delete(id),

    addApplication: async (application) => {
      const { id, tenantId, name, version } = application
      const known = [...applications.values()].find((other) => other.tenantId === tenantId && other.name === name)
      if (known !== undefined) return { kind: 'conflict', revision: known.revision }
      refuseTwice(applications, id, () => false)
      applications.set(id, application)
      versions.set(version.id, version)
      return { kind: 'written' }
    },
    publishVersion: async ({ id, revision, version, fallback, isProven }) => {
      const result = guarded(id, revision, (application) => ({ ...application, version, fallback, isProven }))
      if (result.kind === 'written') versions.set(version.id, version)
      return result
    },
    updateScalingPolicy: async (id, scalingPolicy, revision) =>
      guarded(id, revision, (application) => ({ ...application, scalingPolicy })),
    saveRollOut: async (id, { isProven, fallbackVersionId }) => {
      const application = applications.get(id)
      const fallback = fallbackVersionId === null ? null : (versions.get(fallbackVersionId) ?? null)
      if (application !== undefined) applications.set(id, { ...application, isProven, fallback })
    },
    versions: async (applicationId) =>
      [...versions.values()]
        .filter((each) => each.applicationId === applicationId)
        .toSorted((a, b) => b.number - a.number),
    removeApplication: async (applicationId) => {
      applications.delete(applicationId)
      for (const { id, applicationId: of } of versions.values()) if (of === applicationId) versions.delete(id)
    },

    saveNode: async (node) => void nodes.set(node.name, node),

    recordSessions: async (recorded) => {
      for (const session of recorded) sessions.set(session.id, withoutSpentData(session))
    },
    session: async (id) => sessions.get(id) ?? null,
    sessionHistory: async (query) => newestFirst([...sessions.values()].filter(inHistory(query))).slice(0, query.first),
    sessionOfKey: async (applicationId, key, sinceMs) => {
      const opened = [...sessions.values()].filter(
        (session) =>
          session.applicationId === applicationId &&
          session.request.idempotency?.key === key &&
          session.createdAtMs >= sinceMs,
      )
      return newestFirst(opened)[0] ?? null
    },

    recordAudit: async (entries) => {
      for (const entry of entries) audit.set(entry.id, entry)
    },
    audit: async ({ first, tenantId }) =>
      [...audit.values()]
        .filter((entry) => tenantId === null || entry.tenantId === tenantId)
        .toSorted((a, b) => b.atMs - a.atMs || compare(b.id, a.id))
        .slice(0, first),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** What a database's own constraints refuse. */
function refuseTwice<Thing>(known: ReadonlyMap<string, Thing>, id: string, isSame: (thing: Thing) => boolean): void {
  if (known.has(id) || [...known.values()].some(isSame)) throw new Error(`${id} is there already`)
}

/** What the application was given is of no use once it has gone. */
function withoutSpentData(session: Session): Session {
  if (session.phase !== 'closed' || session.request.data.length === 0) return session
  return { ...session, request: { ...session.request, data: new Uint8Array() } }
}

function inHistory(query: SessionHistoryQuery): (session: Session) => boolean {
  const { before, tenantId, applicationId, nodeName, phases, labels } = query
  return (session) =>
    (before === null || compareAge(session, before) < 0) &&
    (tenantId === null || session.tenantId === tenantId) &&
    (applicationId === null || session.applicationId === applicationId) &&
    (nodeName === null || session.nodeName === nodeName) &&
    (phases === null || phases.includes(session.phase)) &&
    Object.entries(labels).every(([name, value]) => session.request.labels[name] === value)
}

function newestFirst(sessions: readonly Session[]): Session[] {
  return sessions.toSorted((a, b) => compareAge(b, a))
}

/** Negative when the first is the older one. */
function compareAge(a: SessionKey, b: SessionKey): number {
  return a.createdAtMs - b.createdAtMs || compare(a.id, b.id)
}

function sortedBy<Thing>(things: readonly Thing[], key: (thing: Thing) => string): Thing[] {
  return things.toSorted((a, b) => compare(key(a), key(b)))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
