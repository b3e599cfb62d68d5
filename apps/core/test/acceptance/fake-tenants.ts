/** The real directories over a store in memory: two tenants, and a token for each role in each. */
import type { Clock } from '@fornax/kernel/clock'
import { newId } from '@fornax/kernel/ids'
import type { Logins, TenantDirectory as TenantsPort } from '../../src/graphql/tenants-port.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { tenantCases } from '../../src/tenant-cases.ts'
import { LoginDesk } from '../../src/tenants/login-desk.ts'
import { hashOf, TenantDirectory } from '../../src/tenants/tenant-directory.ts'
import { isVouchedFor, ROLES, type Role } from '../../src/tenants/tenant.ts'
import { UserDirectory } from '../../src/tenants/user-directory.ts'
import { sampleTenant, sampleToken } from '../support/sample-tenants.ts'

export type FakeTenants = TenantsPort & { readonly idOf: (name: string) => string }

/** Who may ask, and how they log in; `secretOf` names the secrets. */
export function fakeTenants(clock: Clock): { readonly tenants: FakeTenants; readonly logins: Logins } {
  const store = new MemoryStore()
  const given = ['acme', 'globex'].map((name) => sampleTenant({ id: newId('ten'), name }))
  const tokens = given.flatMap(({ id: tenantId, name }) =>
    ROLES.map((role) =>
      sampleToken({ id: newId('tok'), name: role, role, tenantId, secretHash: hashOf(secretOf(name, role)) }),
    ),
  )
  const nowMs = (): number => clock.nowMs()
  const tenants = new TenantDirectory({ store, nowMs, tenants: given, tokens })
  const users = new UserDirectory({ store, nowMs, users: [] })
  const fleet = { setTerms: () => undefined, closeAll: () => undefined }
  const reader = { usage: () => ({ sessions: 1, pods: 2, cpuMillis: 3, memoryBytes: 4 }) }
  const desk = new LoginDesk({ tenants, users, nowMs })
  return {
    tenants: {
      ...tenantCases({ clock, tenants, users, fleet, reader }),
      idOf: (name) => tenants.tenantNamed(name)?.id ?? '',
    },
    logins: {
      logIn: (attempt, password) => desk.logIn(attempt, password),
      register: (invitation, password, address) => desk.register(invitation, password, address),
      changePassword: (viewer, command) => desk.changePassword(viewer, command),
      exchange: async (viewer) => (isVouchedFor(viewer) ? desk.openFor(viewer) : null),
      logOut: (viewer) => desk.logOut(viewer),
    },
  }
}

export function secretOf(tenant: string, role: Role): string {
  return `secret-of-${tenant}-${role}`
}
