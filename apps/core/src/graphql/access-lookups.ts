/** Tenants, tokens and users by what clients call them. What a viewer may not touch does not exist for them. */
import { mayGrant } from '../tenants/access-rules.ts'
import type { ApiToken, Role, Tenant, User } from '../tenants/tenant.ts'
import type { RequestContext } from './context.ts'

type Asking = Pick<RequestContext, 'core' | 'viewer' | 'scope'>

/** The tenant that is meant, if the viewer knows it; without a name their own. */
export function tenantFor(name: string | null | undefined, { core, viewer, scope }: Asking): Tenant | null {
  if (name === null || name === undefined) return core.tenants.tenant(viewer.tenantId)
  const tenant = core.tenants.tenantNamed(name)
  return tenant !== null && (scope === null || scope === tenant.id) ? tenant : null
}

/** The token, if the viewer may revoke it. */
export function tokenFor(id: string, { core, viewer }: Asking): ApiToken | null {
  const token = core.tenants.token(id)
  return token !== null && mayGrant(viewer, token.role, token.tenantId) ? token : null
}

/** The user, if the viewer may change them. */
export function userFor(id: string, { core, viewer }: Asking): User | null {
  const user = core.tenants.user(id)
  return user !== null && mayGrant(viewer, user.role, user.tenantId) ? user : null
}

/** Who may give a role to somebody. */
export function leastFor(role: Role): Role {
  return role === 'operator' || role === 'gateway' ? 'operator' : 'admin'
}
