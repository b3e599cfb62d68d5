/** Tenants, tokens and users as rows of the database. */
import { ROLES, type ApiToken, type Role, type Tenant, type User } from '../tenants/tenant.ts'
import type { TokenUse } from '../tenants/tenant-directory.ts'
import type { Database } from './database.ts'
import type { Client } from './prisma-client.ts'

/** Runs work on the client, with its errors in our words. */
export type RunPrisma = <Result>(work: (client: Client) => Promise<Result>) => Promise<Result>

export class AccessRows {
  readonly #run: RunPrisma
  readonly #database: Database

  constructor(run: RunPrisma, database: Database) {
    this.#run = run
    this.#database = database
  }

  async all(): Promise<{ tenants: readonly Tenant[]; tokens: readonly ApiToken[]; users: readonly User[] }> {
    const byId = { orderBy: { id: 'asc' } } as const
    const tenants = await this.#run((client) => client.tenant.findMany(byId))
    const tokens = await this.#run((client) => client.apiToken.findMany(byId))
    const users = await this.#run((client) => client.user.findMany(byId))
    return { tenants: tenants.map(toTenant), tokens: tokens.map(toToken), users: users.map(toUser) }
  }

  async addTenant(tenant: Tenant): Promise<void> {
    const { id, name, createdAtMs } = tenant
    await this.#run((client) => client.tenant.create({ data: { id, name, createdAtMs, ...changeable(tenant) } }))
  }

  async saveTenant(tenant: Tenant): Promise<void> {
    await this.#run((client) => client.tenant.updateMany({ where: { id: tenant.id }, data: changeable(tenant) }))
  }

  /** A part of the history at a time, so that others get their turn; the tenant itself goes last. */
  async removeTenant(tenantId: string): Promise<void> {
    const where = { tenantId }
    for (;;) {
      const some = 'SELECT id FROM sessions WHERE tenant_id = ? LIMIT 2000'
      const rows = await this.#database.query(`DELETE FROM sessions WHERE id IN (${some}) RETURNING id`, [tenantId])
      if (rows.length === 0) break
    }
    await this.#run((client) => client.apiToken.deleteMany({ where }))
    await this.#run((client) => client.secret.deleteMany({ where }))
    await this.#run((client) => client.user.deleteMany({ where }))
    await this.#run((client) => client.event.deleteMany({ where }))
    await this.#run((client) => client.application.deleteMany({ where }))
    await this.#run((client) => client.tenant.deleteMany({ where: { id: tenantId } }))
  }

  async addToken(token: ApiToken): Promise<void> {
    const { id, tenantId, name, role, secretHash, createdAtMs } = token
    const { expiresAtMs, lastUsedAtMs, purpose, userId } = token
    const data = { id, tenantId, name, role, secretHash, createdAtMs, expiresAtMs, lastUsedAtMs, purpose, userId }
    await this.#run((client) => client.apiToken.create({ data }))
  }

  async removeToken(id: string): Promise<void> {
    await this.#run((client) => client.apiToken.deleteMany({ where: { id } }))
  }

  async saveTokenUses(uses: readonly TokenUse[]): Promise<void> {
    for (const { id, atMs: lastUsedAtMs } of uses)
      await this.#run((client) => client.apiToken.updateMany({ where: { id }, data: { lastUsedAtMs } }))
  }

  async addUser(user: User): Promise<void> {
    const { id, tenantId, name, createdAtMs } = user
    const data = { id, tenantId, name, createdAtMs, ...changeableOf(user) }
    await this.#run((client) => client.user.create({ data }))
  }

  async saveUser(user: User): Promise<void> {
    await this.#run((client) => client.user.updateMany({ where: { id: user.id }, data: changeableOf(user) }))
  }

  async removeUser(id: string): Promise<void> {
    await this.#run((client) => client.user.deleteMany({ where: { id } }))
  }
}

type Count = bigint | null

function changeableOf({ role, passwordHash, invitation, lastLoginAtMs }: User) {
  return {
    role,
    passwordHash,
    lastLoginAtMs,
    invitationHash: invitation?.secretHash ?? null,
    invitationExpiresAtMs: invitation?.expiresAtMs ?? null,
  }
}

function changeable({ suspendedAtMs, deletedAtMs, quotas }: Tenant) {
  return {
    suspendedAtMs,
    deletedAtMs,
    maxSessions: quotas.sessions,
    maxPods: quotas.pods,
    maxCpuMillis: quotas.cpuMillis,
    maxMemoryBytes: quotas.memoryBytes,
    maxOpensPerSecond: quotas.opensPerSecond,
  }
}

type TenantRow = Pick<Tenant, 'id' | 'name'> &
  Readonly<Record<'suspendedAtMs' | 'deletedAtMs' | 'maxSessions' | 'maxPods' | 'maxCpuMillis', Count>> &
  Readonly<Record<'maxMemoryBytes' | 'maxOpensPerSecond', Count>> & { readonly createdAtMs: bigint }

function toTenant(row: TenantRow): Tenant {
  return {
    id: row.id,
    name: row.name,
    createdAtMs: Number(row.createdAtMs),
    suspendedAtMs: count(row.suspendedAtMs),
    deletedAtMs: count(row.deletedAtMs),
    quotas: {
      sessions: count(row.maxSessions),
      pods: count(row.maxPods),
      cpuMillis: count(row.maxCpuMillis),
      memoryBytes: count(row.maxMemoryBytes),
      opensPerSecond: count(row.maxOpensPerSecond),
    },
  }
}

type TokenRow = Pick<ApiToken, 'id' | 'tenantId' | 'name' | 'secretHash' | 'userId'> & {
  readonly role: string
  readonly purpose: string
  readonly createdAtMs: bigint
  readonly expiresAtMs: Count
  readonly lastUsedAtMs: Count
}

function toToken(row: TokenRow): ApiToken {
  return {
    ...row,
    role: toRole(row.role),
    purpose: row.purpose === 'login' ? 'login' : 'api',
    createdAtMs: Number(row.createdAtMs),
    expiresAtMs: count(row.expiresAtMs),
    lastUsedAtMs: count(row.lastUsedAtMs),
  }
}

type UserRow = Pick<User, 'id' | 'tenantId' | 'name' | 'passwordHash'> & {
  readonly role: string
  readonly invitationHash: string | null
  readonly invitationExpiresAtMs: Count
  readonly createdAtMs: bigint
  readonly lastLoginAtMs: Count
}

function toUser(row: UserRow): User {
  const { invitationHash: secretHash, invitationExpiresAtMs, ...said } = row
  return {
    ...said,
    role: toRole(row.role),
    invitation: secretHash === null ? null : { secretHash, expiresAtMs: Number(invitationExpiresAtMs) },
    createdAtMs: Number(row.createdAtMs),
    lastLoginAtMs: count(row.lastLoginAtMs),
  }
}

function count(value: Count): number | null {
  return value === null ? null : Number(value)
}

function toRole(text: string): Role {
  const role = ROLES.find((known) => known === text)
  if (role === undefined) throw new Error(`${text} is not a role`)
  return role
}
