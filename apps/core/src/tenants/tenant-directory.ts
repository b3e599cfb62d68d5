/**
 * Who may ask: tenants and tokens, in memory. Secrets arrive here and are hashed here; only hashes are kept. A
 * token's hash is looked up whole, so that time tells nothing about it.
 */
import { hash, randomBytes } from 'node:crypto'
import type { Cancel } from '@fornax/kernel/clock'
import { newId } from '@fornax/kernel/ids'
import { inTurn } from '@fornax/kernel/in-turn'
import { NO_QUOTAS } from './quotas.ts'
import type { ApiToken, Tenant, Viewer } from './tenant.ts'

export type TokenUse = { readonly id: string; readonly atMs: number }

export type TenantStore = {
  addTenant(tenant: Tenant): Promise<void>
  /** Writes what can change of a tenant. */
  saveTenant(tenant: Tenant): Promise<void>
  addToken(token: ApiToken): Promise<void>
  removeToken(id: string): Promise<void>
  saveTokenUses(uses: readonly TokenUse[]): Promise<void>
}

/** What a token is made of; by default one of the API that never ends. */
export type NewToken = Pick<ApiToken, 'name' | 'role' | 'tenantId'> &
  Partial<Pick<ApiToken, 'expiresAtMs' | 'purpose' | 'userId'>>

export type CreatedToken = { readonly token: ApiToken; readonly secret: string }

type Entry = {
  readonly token: ApiToken
  readonly viewer: Viewer
  lastUsedAtMs: number | null
  savedUseAtMs: number | null
}

export class TenantDirectory {
  readonly #store: TenantStore
  readonly #nowMs: () => number
  /** A tenant is written whole: whoever writes one begins with what the one before has made of it. */
  readonly #inTurn = inTurn()
  readonly #tenants = new Map<string, Tenant>()
  readonly #byName = new Map<string, Tenant>()
  readonly #tokens = new Map<string, Entry>()
  readonly #bySecret = new Map<string, Entry>()
  /** By token, and by tenant. */
  readonly #endings = new Map<string, Set<() => void>>()
  readonly #deletions = new Set<() => void>()

  constructor(options: {
    store: TenantStore
    nowMs: () => number
    tenants: readonly Tenant[]
    tokens: readonly ApiToken[]
  }) {
    this.#store = options.store
    this.#nowMs = options.nowMs
    for (const tenant of options.tenants) this.#keepTenant(tenant)
    for (const token of options.tokens) this.#keepToken(token)
  }

  tenant(id: string): Tenant | null {
    return this.#tenants.get(id) ?? null
  }

  tenantNamed(name: string): Tenant | null {
    return this.#byName.get(name) ?? null
  }

  all(): Iterable<Tenant> {
    return this.#tenants.values()
  }

  token(id: string): ApiToken | null {
    const entry = this.#tokens.get(id)
    return entry === undefined ? null : withUse(entry)
  }

  /** Tokens of the API; logins are not among them. */
  *tokens(): Iterable<ApiToken> {
    for (const entry of this.#tokens.values()) if (entry.token.purpose === 'api') yield withUse(entry)
  }

  /** The logins of a user, oldest first. */
  *logins(userId: string): Iterable<ApiToken> {
    for (const { token } of this.#tokens.values()) if (token.userId === userId) yield token
  }

  /** Whose secret it is; null when nobody's, or not any more. */
  authenticate(secret: string): Viewer | null {
    const entry = this.#bySecret.get(hashOf(secret))
    if (entry === undefined) return null
    const nowMs = this.#nowMs()
    if (entry.token.expiresAtMs !== null && nowMs >= entry.token.expiresAtMs) return null
    entry.lastUsedAtMs = nowMs
    return entry.viewer
  }

  /** Adds a tenant; null when the name is taken. */
  async addTenant(name: string): Promise<Tenant | null> {
    if (this.#byName.has(name)) return null
    const unbound = { suspendedAtMs: null, deletedAtMs: null, quotas: NO_QUOTAS }
    const tenant: Tenant = { id: newId('ten'), name, createdAtMs: this.#nowMs(), ...unbound }
    this.#keepTenant(tenant) // Booked before the first wait, so that a name is given once.
    try {
      await this.#inTurn(() => this.#store.addTenant(tenant))
    } catch (cause) {
      this.forgetTenant(tenant.id)
      throw new Error(`tenant ${name} could not be stored`, { cause })
    }
    return tenant
  }

  /** Changes a tenant once that is stored. */
  changeTenant(id: string, change: Pick<Partial<Tenant>, Changeable>): Promise<Tenant | null> {
    return this.#inTurn(async () => {
      const before = this.#tenants.get(id)
      if (before === undefined) return null
      const changed = { ...before, ...change }
      await this.#store.saveTenant(changed)
      if (!this.#tenants.has(id)) return null
      this.#keepTenant(changed)
      if (before.deletedAtMs === null && changed.deletedAtMs !== null) this.#beginDeletion(id)
      return changed
    })
  }

  /** Its rows are gone: whoever still speaks for it stops, and its name is free. */
  forgetTenant(id: string): void {
    const tenant = this.#tenants.get(id)
    if (tenant === undefined) return
    this.#tenants.delete(id)
    this.#byName.delete(tenant.name)
    this.#silence(id)
  }

  /** Calls back whenever a tenant begins to be deleted. */
  onDeletion(act: () => void): Cancel {
    this.#deletions.add(act)
    return () => void this.#deletions.delete(act)
  }

  /** Makes a token with a secret of its own, or the given one. The secret is not kept. */
  async addToken(token: NewToken, given?: string): Promise<CreatedToken> {
    const secret = given ?? newSecret('fx')
    const kept: ApiToken = {
      expiresAtMs: null,
      purpose: 'api',
      userId: null,
      ...token,
      lastUsedAtMs: null,
      id: newId('tok'),
      secretHash: hashOf(secret),
      createdAtMs: this.#nowMs(),
    }
    await this.#store.addToken(kept)
    this.#keepToken(kept)
    return { token: kept, secret }
  }

  /** Ends a token, and whatever hangs on it, at once; null when there is none of that id. */
  async revokeToken(id: string): Promise<ApiToken | null> {
    const entry = this.#tokens.get(id)
    if (entry === undefined) return null
    await this.#store.removeToken(id)
    this.#forgetToken(entry.token)
    return withUse(entry)
  }

  /** Calls back once, when what the viewer showed is revoked or their tenant is gone. Expiry is the caller's to watch. */
  onEnded(viewer: Pick<Viewer, 'tokenId' | 'tenantId'>, act: () => void): Cancel {
    const keys = [viewer.tokenId, tenantKey(viewer.tenantId)]
    for (const key of keys) this.#endings.set(key, (this.#endings.get(key) ?? new Set()).add(act))
    return () => {
      for (const key of keys) {
        const acts = this.#endings.get(key)
        acts?.delete(act)
        if (acts?.size === 0) this.#endings.delete(key)
      }
    }
  }

  /** Writes when tokens were used last, as far as that is not written; takes away those that ended long ago. */
  async tidyTokens(): Promise<void> {
    const used = [...this.#tokens.values()].filter((entry) => entry.lastUsedAtMs !== entry.savedUseAtMs)
    const uses = used.flatMap(({ token, lastUsedAtMs }) =>
      lastUsedAtMs === null ? [] : [{ id: token.id, atMs: lastUsedAtMs }],
    )
    if (uses.length > 0) await this.#store.saveTokenUses(uses)
    for (const [at, entry] of used.entries()) entry.savedUseAtMs = uses[at]?.atMs ?? null
    for (const { token } of this.#tokens.values()) if (isOver(token, this.#nowMs())) await this.revokeToken(token.id)
  }

  #keepTenant(tenant: Tenant): void {
    this.#tenants.set(tenant.id, tenant)
    this.#byName.set(tenant.name, tenant)
  }

  #beginDeletion(id: string): void {
    this.#silence(id)
    for (const act of this.#deletions) act()
  }

  /** Nobody speaks for the tenant any more. */
  #silence(id: string): void {
    for (const { token } of this.#tokens.values()) if (token.tenantId === id) this.#forgetToken(token)
    this.#end(tenantKey(id))
  }

  #keepToken(token: ApiToken): void {
    if (this.#tenants.get(token.tenantId)?.deletedAtMs) return // Its row goes with those of its tenant.
    const { id, tenantId, role, name, expiresAtMs, lastUsedAtMs } = token
    const viewer = { tokenId: id, tenantId, role, name, ...(expiresAtMs !== null && { expiresAtMs }) }
    const entry = { token, viewer, lastUsedAtMs, savedUseAtMs: lastUsedAtMs }
    this.#tokens.set(id, entry)
    this.#bySecret.set(token.secretHash, entry)
  }

  #forgetToken({ id, secretHash }: ApiToken): void {
    this.#tokens.delete(id)
    this.#bySecret.delete(secretHash)
    this.#end(id)
  }

  #end(key: string): void {
    const acts = this.#endings.get(key)
    this.#endings.delete(key)
    for (const act of acts ?? []) act()
  }
}

type Changeable = 'suspendedAtMs' | 'deletedAtMs' | 'quotas'

/** How long a token that ended stays in the list, for people to see that it did. */
const ENDED_KEPT_MS = 30 * 24 * 60 * 60 * 1000
const SECRET_BYTES = 20

/** A secret of 160 random bits; what it begins with tells leaks apart. */
export function newSecret(kind: 'fx' | 'fxl' | 'fxi'): string {
  return `${kind}_${randomBytes(SECRET_BYTES).toString('base64url')}`
}

export function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}

function withUse({ token, lastUsedAtMs }: Entry): ApiToken {
  return lastUsedAtMs === token.lastUsedAtMs ? token : { ...token, lastUsedAtMs }
}

function isOver({ expiresAtMs, purpose }: ApiToken, nowMs: number): boolean {
  return expiresAtMs !== null && nowMs >= expiresAtMs + (purpose === 'login' ? 0 : ENDED_KEPT_MS)
}

function tenantKey(id: string): string {
  return `tenant:${id}`
}
