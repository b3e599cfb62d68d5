/** What can be done to tenants, tokens and users, with the rules of the domain. */
import { nameProblem } from './applications/version-rules.ts'
import type { InputProblem } from './applications/input-problem.ts'
import type { TenantDirectory as TenantsPort, WriteTenantResult } from './graphql/tenants-port.ts'
import { quotaProblem } from './tenants/quotas.ts'
import { termsOf } from './tenants/tenant-rules.ts'
import { DEFAULT_TENANT, type Role, type Tenant, type Viewer } from './tenants/tenant.ts'
import type { UseCaseParts } from './use-case-parts.ts'

/** What these cases need of the core. */
export type TenantParts = Pick<UseCaseParts, 'clock' | 'tenants' | 'users'> & {
  readonly fleet: Pick<UseCaseParts['fleet'], 'setTerms' | 'closeAll'>
  readonly reader: Pick<UseCaseParts['reader'], 'usage'>
}

/** Of a tenant: enough for a large one, and a bound for a runaway script. */
const TOKENS_MAX = 10_000
const USERS_MAX = 10_000
const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9.@_+-]{0,127}$/

export function tenantCases(parts: TenantParts): TenantsPort {
  const { tenants, users, reader } = parts
  return {
    tenant: (id) => tenants.tenant(id),
    tenantNamed: (name) => tenants.tenantNamed(name),
    all: () => tenants.all(),
    authenticate: (secret) => tenants.authenticate(secret),
    tokens: () => tenants.tokens(),
    token: (id) => {
      const token = tenants.token(id)
      return token?.purpose === 'api' ? token : null
    },
    users: () => users.all(),
    user: (id) => users.user(id),
    usage: (tenantId) => reader.usage(tenantId),
    onEnded: (viewer, act) => tenants.onEnded(viewer, act),
    ...lifeOfTenants(parts),
    ...tokenCases(parts),
    ...userCases(parts),
  }
}

type LifeOfTenants = Pick<TenantsPort, 'createTenant' | 'setQuotas' | 'suspendTenant' | 'resumeTenant' | 'deleteTenant'>

function lifeOfTenants(parts: TenantParts): LifeOfTenants {
  const { tenants, fleet, clock } = parts
  type Change = Parameters<typeof tenants.changeTenant>[1]
  const change = async (name: string, to: Change): Promise<WriteTenantResult> => {
    const known = tenants.tenantNamed(name)
    const tenant = known === null ? null : await tenants.changeTenant(known.id, to)
    if (tenant === null) return { kind: 'tenantNotFound', tenant: name }
    fleet.setTerms(tenant.id, termsOf(tenant))
    return { kind: 'written', tenant }
  }
  return {
    createTenant: async (_viewer, { name }) => {
      const invalid = nameProblem('name', name)
      const tenant = invalid ? null : await tenants.addTenant(name)
      if (invalid) return { kind: 'invalid', ...invalid }
      return tenant === null ? { kind: 'nameTaken', name } : { kind: 'created', tenant }
    },
    setQuotas: async (_viewer, { tenant, quotas }) => {
      const invalid = quotaProblem(quotas)
      return invalid ? { kind: 'invalid', ...invalid } : change(tenant, { quotas })
    },
    suspendTenant: async (viewer, { tenant: name, closeSessions }) => {
      const known = tenants.tenantNamed(name)
      if (isNeededBy(viewer, known)) return { kind: 'needed', tenant: name }
      const result = await change(name, { suspendedAtMs: known?.suspendedAtMs ?? clock.nowMs() })
      if (result.kind === 'written' && closeSessions) fleet.closeAll(result.tenant.id, 'tenantSuspended')
      return result
    },
    resumeTenant: (_viewer, name) => change(name, { suspendedAtMs: null }),
    deleteTenant: async (viewer, name) => {
      const known = tenants.tenantNamed(name)
      if (isNeededBy(viewer, known)) return { kind: 'needed', tenant: name }
      return change(name, { deletedAtMs: known?.deletedAtMs ?? clock.nowMs() })
    },
  }
}

function isNeededBy(viewer: Viewer, tenant: Tenant | null): boolean {
  return tenant !== null && (tenant.name === DEFAULT_TENANT || tenant.id === viewer.tenantId)
}

type TokenCases = Pick<TenantsPort, 'createToken' | 'revokeToken'>

function tokenCases({ tenants, clock }: TenantParts): TokenCases {
  return {
    createToken: async (_viewer, command) => {
      const invalid = tokenProblem(command.expiresAtMs, clock.nowMs()) ?? countProblem()
      function countProblem(): InputProblem | null {
        let count = 0
        for (const { tenantId } of tenants.tokens()) if (tenantId === command.tenantId) count += 1
        const message = `the tenant has ${count} tokens, which is the most; revoke those that nobody uses`
        return count < TOKENS_MAX ? null : { field: 'tenant', message }
      }
      if (invalid) return { kind: 'invalid', ...invalid }
      const created = await tenants.addToken(command)
      return { kind: 'created', ...created }
    },
    revokeToken: async (_viewer, id) => {
      const token = await tenants.revokeToken(id)
      return token === null ? { kind: 'tokenNotFound', id } : { kind: 'revoked', token }
    },
  }
}

function tokenProblem(expiresAtMs: number | null, nowMs: number): InputProblem | null {
  if (expiresAtMs === null || expiresAtMs > nowMs) return null
  return { field: 'expiresAt', message: 'expiresAt must be an instant of the future, as in 2030-01-31T12:00:00Z' }
}

type UserCases = Pick<TenantsPort, 'inviteUser' | 'changeUserRole' | 'resetUserPassword' | 'removeUser'>

function userCases({ users, tenants }: TenantParts): UserCases {
  const endLogins = async (userId: string): Promise<void> => {
    for (const { id } of tenants.logins(userId)) await tenants.revokeToken(id)
  }
  return {
    inviteUser: async (_viewer, { name, role, tenantId }) => {
      const count = [...users.all()].filter((user) => user.tenantId === tenantId).length
      const invalid = userNameProblem(name) ?? roleProblem(role) ?? userCountProblem(count)
      const invited = invalid ? null : await users.invite({ name, role, tenantId })
      if (invalid) return { kind: 'invalid', ...invalid }
      return invited === null ? { kind: 'nameTaken', name } : { kind: 'invited', ...invited }
    },
    changeUserRole: async (_viewer, { id, role }) => {
      const invalid = roleProblem(role)
      if (invalid) return { kind: 'invalid', ...invalid }
      const user = await users.change(id, { role })
      await endLogins(id) // What they may do is written in their logins.
      return user === null ? { kind: 'userNotFound', id } : { kind: 'written', user }
    },
    resetUserPassword: async (_viewer, id) => {
      const invited = await users.inviteAgain(id)
      await endLogins(id)
      return invited === null ? { kind: 'userNotFound', id } : { kind: 'invited', ...invited }
    },
    removeUser: async (_viewer, id) => {
      const user = await users.remove(id)
      await endLogins(id)
      return user === null ? { kind: 'userNotFound', id } : { kind: 'written', user }
    },
  }
}

function userNameProblem(name: string): InputProblem | null {
  if (USER_NAME.test(name)) return null
  return { field: 'name', message: 'name must have 1 to 128 letters, digits or .@_+- and begin with one of the former' }
}

function roleProblem(role: Role): InputProblem | null {
  if (role !== 'gateway' && role !== 'ci') return null
  return {
    field: 'role',
    message: `role must be one of people; for programs of role ${role.toUpperCase()} make a token`,
  }
}

function userCountProblem(count: number): InputProblem | null {
  if (count < USERS_MAX) return null
  return { field: 'tenant', message: `the tenant has ${count} users, which is the most; use an issuer for more` }
}
