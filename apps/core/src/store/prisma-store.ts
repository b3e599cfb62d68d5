/**
 * The store on a real database. What is rare goes through Prisma; sessions and audit records, which are many, are
 * written in groups and read by statements of their own. No rule lives here.
 */
import { newId } from '@fornax/kernel/ids'
import type { Clock } from '@fornax/kernel/clock'
import type { Application, ApplicationVersion, ScalingPolicy } from '../applications/application.ts'
import type { RegisteredNode } from '../nodes/node.ts'
import type { SecretStore } from '../secrets/secret.ts'
import type { Session } from '../sessions/session.ts'
import type { TokenUse } from '../tenants/tenant-directory.ts'
import type { ApiToken, Tenant, User } from '../tenants/tenant.ts'
import { AccessRows } from './access-rows.ts'
import type { AdmissionStore } from '../nodes/node-registry.ts'
import { admissionStore } from './admission-rows.ts'
import { fromPolicy, fromVersion, toApplication, toVersion } from './application-rows.ts'
import type { AuditStore } from '../trail/audit-record.ts'
import { auditStore } from './audit-rows.ts'
import type { Database } from './database.ts'
import { parseLabels } from './documents.ts'
import { GroupCommit, type GroupBounds } from './group-commit.ts'
import { isUniqueViolation, openClient, type Client, type Transaction } from './prisma-client.ts'
import { secretStore } from './secret-rows.ts'
import { fromSessionRow, sessionRowBytes, SESSIONS, toSessionRow } from './session-rows.ts'
import * as statements from './statements.ts'
import type { Intent, SessionHistoryQuery, Store, WriteResult } from './store.ts'

const CLUSTER = { id: 1 }

const BOUNDS: GroupBounds = {
  spacingMs: 2,
  burst: 4,
  rowsMax: 1_000,
  bytesMax: 8 * 2 ** 20,
  waitingRowsMax: 65_536,
  waitingBytesMax: 256 * 2 ** 20,
}

export class PrismaStore implements Store {
  readonly admissions: AdmissionStore
  readonly audit: AuditStore
  readonly #database: Database
  readonly #client: Client
  readonly #access: AccessRows
  readonly #sessions: GroupCommit<Session>
  /** A port of its own: nobody but who seals secrets needs it. */
  readonly secrets: SecretStore = secretStore((work) => this.#prisma(work))

  /** Owns the database from here on. */
  constructor(database: Database, clock: Clock, sessionsWritten: (rows: readonly Session[]) => void = () => undefined) {
    this.#database = database
    this.#client = openClient(database)
    this.#access = new AccessRows((work) => this.#prisma(work), database)
    this.admissions = admissionStore((work) => this.#prisma(work))
    this.audit = auditStore(database, (work) => this.#prisma(work))
    const grouping = { clock, bounds: BOUNDS, isRowFault: (error: unknown) => database.isRowFault(error) }
    this.#sessions = new GroupCommit({
      ...grouping,
      idOf: (session) => session.id,
      bytesOf: sessionRowBytes,
      commit: async (rows) => {
        await database.upsert(SESSIONS, rows.map(toSessionRow))
        sessionsWritten(rows)
      },
    })
  }

  async start(nowMs: number): Promise<Intent> {
    const started = { startedAtMs: BigInt(nowMs) }
    const cluster = await this.#prisma((client) =>
      client.cluster.upsert({
        where: CLUSTER,
        create: { ...CLUSTER, ...started, coreId: newId('cor'), epoch: 1 },
        update: { ...started, epoch: { increment: 1 } },
      }),
    )
    const access = await this.#access.all()
    const nodes = await this.#prisma((client) => client.computeNode.findMany({ orderBy: { name: 'asc' } }))
    return {
      coreId: cluster.coreId,
      epoch: Number(cluster.epoch),
      ...access,
      applications: await this.#applications(),
      nodes: nodes.map((row) => ({
        ...row,
        labels: parseLabels(row.labels),
        joinedAtMs: Number(row.joinedAtMs),
        drainDeadlineMs: row.drainDeadlineMs === null ? null : Number(row.drainDeadlineMs),
        lostAtMs: row.lostAtMs === null ? null : Number(row.lostAtMs),
      })),
      sessions: (await this.#readSessions(statements.openSessions)).toSorted(inOrderOfAsking),
    }
  }

  async raiseEpochAbove(epoch: number): Promise<number> {
    await this.#prisma((client) =>
      client.cluster.updateMany({ where: { ...CLUSTER, epoch: { lte: epoch } }, data: { epoch: epoch + 1 } }),
    )
    const cluster = await this.#prisma((client) => client.cluster.findUniqueOrThrow({ where: CLUSTER }))
    return Number(cluster.epoch)
  }

  addTenant(tenant: Tenant): Promise<void> {
    return this.#access.addTenant(tenant)
  }

  saveTenant(tenant: Tenant): Promise<void> {
    return this.#access.saveTenant(tenant)
  }

  removeTenant(id: string): Promise<void> {
    return this.#access.removeTenant(id)
  }

  addToken(token: ApiToken): Promise<void> {
    return this.#access.addToken(token)
  }

  removeToken(id: string): Promise<void> {
    return this.#access.removeToken(id)
  }

  saveTokenUses(uses: readonly TokenUse[]): Promise<void> {
    return this.#access.saveTokenUses(uses)
  }

  addUser(user: User): Promise<void> {
    return this.#access.addUser(user)
  }

  saveUser(user: User): Promise<void> {
    return this.#access.saveUser(user)
  }

  removeUser(id: string): Promise<void> {
    return this.#access.removeUser(id)
  }

  async application(id: string): Promise<Application | null> {
    return (await this.#applications({ id }))[0] ?? null
  }

  async addApplication(application: Application): Promise<WriteResult> {
    const { id, tenantId, name, revision, createdAtMs, scalingPolicy, version, fallback, isProven } = application
    const known = await this.#prisma((client) =>
      client.application.findUnique({ where: { tenantId_name: { tenantId, name } } }),
    )
    if (known !== null) return { kind: 'conflict', revision: known.revision }
    const data = {
      id,
      tenantId,
      name,
      revision,
      createdAtMs,
      isProven,
      newestVersionId: version.id,
      fallbackVersionId: fallback?.id ?? null,
      scalingPolicy: { create: fromPolicy(scalingPolicy) },
      versions: { create: fromVersion(version) },
    }
    try {
      await this.#prisma((client) => client.application.create({ data }))
      return { kind: 'written' }
    } catch (error) {
      // Another one was faster; it is found now.
      if (isUniqueViolation(error) && (await this.#isNameTaken(tenantId, name))) return this.addApplication(application)
      throw error
    }
  }

  publishVersion({ id, revision, version, fallback, isProven }: Application): Promise<WriteResult> {
    const data = { revision, isProven, newestVersionId: version.id, fallbackVersionId: fallback?.id ?? null }
    return this.#guarded(id, data, async (client) => {
      await client.applicationVersion.create({ data: { ...fromVersion(version), applicationId: id } })
    })
  }

  updateScalingPolicy(applicationId: string, policy: ScalingPolicy, revision: number): Promise<WriteResult> {
    return this.#guarded(applicationId, { revision }, async (client) => {
      await client.scalingPolicy.update({ where: { applicationId }, data: fromPolicy(policy) })
    })
  }

  async saveRollOut(
    applicationId: string,
    rollOut: { isProven: boolean; fallbackVersionId: string | null },
  ): Promise<void> {
    const { isProven, fallbackVersionId } = rollOut
    await this.#prisma((client) =>
      client.application.updateMany({ where: { id: applicationId }, data: { isProven, fallbackVersionId } }),
    )
  }

  async versions(applicationId: string): Promise<readonly ApplicationVersion[]> {
    const rows = await this.#prisma((client) =>
      client.applicationVersion.findMany({ where: { applicationId }, orderBy: { number: 'desc' } }),
    )
    return rows.map(toVersion)
  }

  async removeApplication(applicationId: string): Promise<void> {
    await this.#prisma((client) => client.application.deleteMany({ where: { id: applicationId } }))
  }

  async removeNode(name: string): Promise<void> {
    await this.#prisma((client) => client.computeNode.deleteMany({ where: { name } }))
  }

  async saveNode({ name, labels, ...said }: RegisteredNode): Promise<void> {
    const data = { ...said, labels: { ...labels } }
    await this.#prisma((client) =>
      client.computeNode.upsert({ where: { name }, create: { name, ...data }, update: data }),
    )
  }

  recordSessions(sessions: readonly Session[]): Promise<void> {
    return this.#sessions.record(sessions)
  }

  async session(id: string): Promise<Session | null> {
    const [session] = await this.#readSessions(statements.sessionById(id))
    return session ?? null
  }

  sessionHistory(query: SessionHistoryQuery): Promise<readonly Session[]> {
    return this.#readSessions(statements.sessionHistoryPage(this.#database.provider, query))
  }

  async sessionOfKey(applicationId: string, key: string, sinceMs: number): Promise<Session | null> {
    const [session] = await this.#readSessions(statements.sessionByKey(applicationId, key, sinceMs))
    return session ?? null
  }

  /** Writes the sessions that wait, and takes no more. */
  finishSessions(): Promise<void> {
    return this.#sessions[Symbol.asyncDispose]()
  }

  /** Writes what waits, then lets go of the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]()
    await this.#client.$disconnect()
    await this.#database[Symbol.asyncDispose]()
  }

  async #readSessions({ sql, args }: statements.Statement): Promise<readonly Session[]> {
    const rows = await this.#database.query(sql, args)
    return rows.map(fromSessionRow)
  }

  async #applications(where: { readonly id?: string } = {}): Promise<readonly Application[]> {
    const rows = await this.#prisma((client) =>
      client.application.findMany({ where, include: { scalingPolicy: true }, orderBy: { id: 'asc' } }),
    )
    const ids = rows.flatMap((row) => [
      row.newestVersionId,
      ...(row.fallbackVersionId === null ? [] : [row.fallbackVersionId]),
    ])
    const versions = await this.#prisma((client) => client.applicationVersion.findMany({ where: { id: { in: ids } } }))
    const byId = new Map(versions.map((row) => [row.id, toVersion(row)]))
    return rows.map((row) => toApplication(row, byId))
  }

  async #isNameTaken(tenantId: string, name: string): Promise<boolean> {
    return (await this.#prisma((client) => client.application.count({ where: { tenantId, name } }))) > 0
  }

  /** Writes when the revision is the one before `data.revision`, all or nothing. */
  #guarded(
    id: string,
    data: { readonly revision: number },
    write: (client: Transaction) => Promise<void>,
  ): Promise<WriteResult> {
    return this.#prisma((client) =>
      client.$transaction(async (transaction): Promise<WriteResult> => {
        const { count } = await transaction.application.updateMany({ where: { id, revision: data.revision - 1 }, data })
        if (count === 0) {
          const found = await transaction.application.findUnique({ where: { id } })
          return { kind: 'conflict', revision: found?.revision ?? 0 }
        }
        await write(transaction)
        return { kind: 'written' }
      }),
    )
  }

  /** Whatever Prisma's errors say about the database is said in our words. */
  async #prisma<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.#client)
    } catch (error) {
      throw this.#database.explain(error) ?? error
    }
  }
}

/** Which is the order of their application's queue. */
function inOrderOfAsking(a: Session, b: Session): number {
  return a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1)
}
