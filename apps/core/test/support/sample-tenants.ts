/** Tenants, tokens and users for tests: what a test does not say is of no importance to it. */
import { NO_QUOTAS } from '../../src/tenants/quotas.ts'
import type { ApiToken, Tenant, User } from '../../src/tenants/tenant.ts'

export function sampleTenant(overrides: Partial<Tenant> = {}): Tenant {
  const rest = { suspendedAtMs: null, deletedAtMs: null, quotas: NO_QUOTAS }
  return { id: 'ten-1', name: 'default', createdAtMs: 0, ...rest, ...overrides }
}

export function sampleToken(overrides: Partial<ApiToken> = {}): ApiToken {
  return {
    id: 'tok-1',
    tenantId: 'ten-1',
    name: 'ci',
    role: 'admin',
    secretHash: 'ab',
    createdAtMs: 3,
    expiresAtMs: null,
    lastUsedAtMs: null,
    purpose: 'api',
    userId: null,
    ...overrides,
  }
}

export function sampleUser(overrides: Partial<User> = {}): User {
  return {
    id: 'usr-1',
    tenantId: 'ten-1',
    name: 'ann',
    role: 'developer',
    passwordHash: null,
    invitation: null,
    createdAtMs: 4,
    lastLoginAtMs: null,
    ...overrides,
  }
}
