/** Tenants and tokens in memory. */
import { createHash } from 'node:crypto'
import { newId } from '@fornax/kernel/ids'
import { nameProblem } from '../../src/applications/version-rules.ts'
import type { TenantDirectory } from '../../src/graphql/core-port.ts'
import type { ApiToken, Role, Tenant, Viewer } from '../../src/tenants/tenant.ts'

/** Two tenants, and a token for each role in each; `secretOf` names it. */
export class FakeTenants implements TenantDirectory {
  readonly #tenants = new Map<string, Tenant>()
  readonly #tokens = new Map<string, ApiToken>()
  readonly #revocations = new Map<string, Set<() => void>>()

  constructor() {
    for (const name of ['acme', 'globex']) {
      const tenant = { id: newId('ten'), name, createdAtMs: 0 }
      this.#tenants.set(tenant.id, tenant)
      for (const role of ['operator', 'admin', 'developer', 'viewer'] as const)
        this.#addToken({ name: role, role, tenantId: tenant.id }, secretOf(name, role))
    }
  }

  idOf(name: string): string {
    return this.tenantNamed(name)?.id ?? ''
  }

  tenant = (id: string) => this.#tenants.get(id) ?? null
  tenantNamed = (name: string) => this.#tenants.values().find((tenant) => tenant.name === name) ?? null
  all = () => this.#tenants.values()
  tokens = () => this.#tokens.values()

  authenticate(secret: string): Viewer | null {
    const token = this.#tokens.values().find(({ secretHash }) => secretHash === hashOf(secret))
    return token ? { tokenId: token.id, tenantId: token.tenantId, role: token.role } : null
  }

  onRevoked(tokenId: string, act: () => void): () => void {
    const acts = this.#revocations.get(tokenId) ?? new Set()
    this.#revocations.set(tokenId, acts.add(act))
    return () => acts.delete(act)
  }

  createTenant: TenantDirectory['createTenant'] = async (_viewer, { name }) => {
    const problem = nameProblem('name', name)
    if (problem) return { kind: 'invalid', ...problem }
    if (this.tenantNamed(name)) return { kind: 'nameTaken', name }
    const tenant = { id: newId('ten'), name, createdAtMs: 0 }
    this.#tenants.set(tenant.id, tenant)
    return { kind: 'created', tenant }
  }

  createToken: TenantDirectory['createToken'] = async (_viewer, token) => {
    const secret = newId('tok')
    return { kind: 'created', token: this.#addToken(token, secret), secret }
  }

  revokeToken: TenantDirectory['revokeToken'] = async (_viewer, id) => {
    const token = this.#tokens.get(id)
    if (!token) return { kind: 'tokenNotFound', id }
    this.#tokens.delete(id)
    for (const act of this.#revocations.get(id) ?? []) act()
    return { kind: 'revoked', token }
  }

  #addToken(token: { name: string; role: Role; tenantId: string }, secret: string): ApiToken {
    const kept = { ...token, id: newId('tok'), secretHash: hashOf(secret), createdAtMs: 0 }
    this.#tokens.set(kept.id, kept)
    return kept
  }
}

export function secretOf(tenant: string, role: Role): string {
  return `secret-of-${tenant}-${role}`
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
