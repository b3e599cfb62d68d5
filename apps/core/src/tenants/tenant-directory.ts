/**
 * Who may ask: tenants and tokens, in memory. Secrets arrive here and are hashed here; only hashes are kept. A
 * token's hash is looked up whole, so that time tells nothing about it.
 */
import { hash, randomBytes } from 'node:crypto'
import type { Cancel } from '@fornax/kernel/clock'
import { newId } from '@fornax/kernel/ids'
import type { ApiToken, Role, Tenant, Viewer } from './tenant.ts'

export type TenantStore = {
  addTenant(tenant: Tenant): Promise<void>
  addToken(token: ApiToken): Promise<void>
  removeToken(id: string): Promise<void>
}

export class TenantDirectory {
  readonly #store: TenantStore
  readonly #nowMs: () => number
  readonly #tenants = new Map<string, Tenant>()
  readonly #byName = new Map<string, Tenant>()
  readonly #tokens = new Map<string, ApiToken>()
  readonly #viewers = new Map<string, Viewer>()
  readonly #revocations = new Map<string, Set<() => void>>()

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

  tokens(): Iterable<ApiToken> {
    return this.#tokens.values()
  }

  /** Whose secret it is; null when nobody's. */
  authenticate(secret: string): Viewer | null {
    return this.#viewers.get(hashOf(secret)) ?? null
  }

  /** Adds a tenant; null when the name is taken. */
  async addTenant(name: string): Promise<Tenant | null> {
    if (this.#byName.has(name)) return null
    const tenant: Tenant = { id: newId('ten'), name, createdAtMs: this.#nowMs() }
    this.#keepTenant(tenant) // Booked before the first wait, so that a name is given once.
    try {
      await this.#store.addTenant(tenant)
    } catch (cause) {
      this.#tenants.delete(tenant.id)
      this.#byName.delete(name)
      throw new Error(`tenant ${name} could not be stored`, { cause })
    }
    return tenant
  }

  /** Makes a token with a secret of its own, or the given one. The secret is not kept. */
  async addToken(token: { name: string; role: Role; tenantId: string }, given?: string): Promise<Created> {
    const secret = given ?? `fx_${randomBytes(SECRET_BYTES).toString('base64url')}`
    const kept: ApiToken = { ...token, id: newId('tok'), secretHash: hashOf(secret), createdAtMs: this.#nowMs() }
    await this.#store.addToken(kept)
    this.#keepToken(kept)
    return { token: kept, secret }
  }

  /** Ends a token, and whatever hangs on it, at once; null when there is none of that id. */
  async revokeToken(id: string): Promise<ApiToken | null> {
    const token = this.#tokens.get(id)
    if (!token) return null
    await this.#store.removeToken(id)
    this.#tokens.delete(id)
    this.#viewers.delete(token.secretHash)
    for (const act of this.#revocations.get(id) ?? []) act()
    this.#revocations.delete(id)
    return token
  }

  /** Calls back once, when the token is revoked. */
  onRevoked(tokenId: string, act: () => void): Cancel {
    const acts = this.#revocations.get(tokenId) ?? new Set()
    this.#revocations.set(tokenId, acts.add(act))
    return () => {
      acts.delete(act)
      if (acts.size === 0) this.#revocations.delete(tokenId)
    }
  }

  #keepTenant(tenant: Tenant): void {
    this.#tenants.set(tenant.id, tenant)
    this.#byName.set(tenant.name, tenant)
  }

  #keepToken(token: ApiToken): void {
    this.#tokens.set(token.id, token)
    this.#viewers.set(token.secretHash, { tokenId: token.id, tenantId: token.tenantId, role: token.role })
  }
}

type Created = { readonly token: ApiToken; readonly secret: string }

const SECRET_BYTES = 20

function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}
