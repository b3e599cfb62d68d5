/** People who log in with a password. Whom a viewer may not change does not exist for them. */
import { unreachable } from '@fornax/kernel/assert'
import { mayGrant } from '../tenants/access-rules.ts'
import { leastFor, tenantFor, userFor } from './access-lookups.ts'
import type { MutationResolvers, QueryResolvers, UserResolvers } from './generated/resolver-types.ts'
import { invalidInput, notAllowed, tenantNotFound, userNameTaken, userNotFound } from './problems.ts'
import { toDateTime } from './scalars.ts'

export const userQueries: Required<Pick<QueryResolvers, 'users'>> = {
  users: (_root, _args, { core, viewer }) =>
    [...core.tenants.users()]
      .filter((user) => mayGrant(viewer, user.role, user.tenantId))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
}

type UserMutation = 'changeUserRole' | 'inviteUser' | 'removeUser' | 'resetUserPassword'

export const userMutations: Required<Pick<MutationResolvers, UserMutation>> = {
  inviteUser: async (_root, { input: { name, role, tenant: tenantName } }, context) => {
    const { core, viewer } = context
    const tenant = tenantFor(tenantName, context)
    if (tenant === null) return { user: null, invitation: null, problem: tenantNotFound(tenantName ?? '') }
    if (!mayGrant(viewer, role, tenant.id))
      return { user: null, invitation: null, problem: notAllowed(leastFor(role), 'inviteUser for this role') }
    const result = await core.tenants.inviteUser(viewer, { name, role, tenantId: tenant.id })
    switch (result.kind) {
      case 'invited':
        return { user: result.user, invitation: result.secret, problem: null }
      case 'nameTaken':
        return { user: null, invitation: null, problem: userNameTaken(name) }
      case 'invalid':
        return { user: null, invitation: null, problem: invalidInput(result) }
      default:
        return unreachable(result)
    }
  },
  changeUserRole: async (_root, { input: { id, role } }, context) => {
    const user = userFor(id, context)
    if (user === null) return { user: null, problem: userNotFound(id) }
    if (!mayGrant(context.viewer, role, user.tenantId))
      return { user: null, problem: notAllowed(leastFor(role), 'changeUserRole to this role') }
    const result = await context.core.tenants.changeUserRole(context.viewer, { id, role })
    if (result.kind === 'invalid') return { user: null, problem: invalidInput(result) }
    return result.kind === 'written' ? { user: result.user, problem: null } : { user: null, problem: userNotFound(id) }
  },
  resetUserPassword: async (_root, { input: { id } }, context) => {
    const isVisible = userFor(id, context) !== null
    const result = isVisible ? await context.core.tenants.resetUserPassword(context.viewer, id) : null
    return result?.kind === 'invited'
      ? { user: result.user, invitation: result.secret, problem: null }
      : { user: null, invitation: null, problem: userNotFound(id) }
  },
  removeUser: async (_root, { input: { id } }, context) => {
    const isVisible = userFor(id, context) !== null
    const result = isVisible ? await context.core.tenants.removeUser(context.viewer, id) : null
    return result?.kind === 'written' ? { user: result.user, problem: null } : { user: null, problem: userNotFound(id) }
  },
}

export const userTypes: { readonly User: UserResolvers } = {
  User: {
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    hasRegistered: ({ passwordHash }) => passwordHash !== null,
    invitationExpiresAt: ({ invitation }) => toDateTime(invitation?.expiresAtMs ?? null),
    lastLoginAt: ({ lastLoginAtMs }) => toDateTime(lastLoginAtMs),
    tenant: ({ tenantId }, _args, { core }) => core.tenants.tenant(tenantId)?.name ?? tenantId,
  },
}
