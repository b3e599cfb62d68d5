/** Tenants and the tokens that speak for them. */
import { unreachable } from '@fornax/kernel/assert'
import { mayGrant } from '../tenants/access-rules.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { RequestContext } from './context.ts'
import type {
  ApiTokenResolvers,
  CreateApiTokenInput,
  MutationResolvers,
  QueryResolvers,
  TenantResolvers,
} from './generated/resolver-types.ts'
import { apiTokenNotFound, invalidInput, notAllowed, tenantNameTaken, tenantNotFound } from './problems.ts'
import { toDateTime } from './scalars.ts'

const TOKEN_NAME_CHARACTERS_MAX = 128

export const tenantQueries: Required<Pick<QueryResolvers, 'apiTokens' | 'tenants'>> = {
  apiTokens: (_root, _args, { core, viewer }) =>
    [...core.tenants.tokens()]
      .filter((token) => mayGrant(viewer, token.role, token.tenantId))
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1)),
  tenants: (_root, _args, { core, scope }) =>
    [...core.tenants.all()]
      .filter(({ id }) => scope === null || scope === id)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
}

export const tenantMutations: Required<Pick<MutationResolvers, 'createTenant' | 'createApiToken' | 'revokeApiToken'>> =
  {
    createTenant: async (_root, { input: { name } }, { core, viewer }) => {
      const result = await core.tenants.createTenant(viewer, { name })
      switch (result.kind) {
        case 'created':
          return { tenant: result.tenant, problem: null }
        case 'nameTaken':
          return { tenant: null, problem: tenantNameTaken(name) }
        case 'invalid':
          return { tenant: null, problem: invalidInput(result) }
        default:
          return unreachable(result)
      }
    },
    createApiToken: async (_root, { input }, context) => {
      const { core, viewer } = context
      const tenant = tenantFor(input, context)
      if (tenant === null) return { apiToken: null, secret: null, problem: tenantNotFound(input.tenant ?? '') }
      if (!mayGrant(viewer, input.role, tenant.id)) {
        const problem = notAllowed(input.role, 'createApiToken for this role')
        return { apiToken: null, secret: null, problem }
      }
      const result = isTokenName(input.name)
        ? await core.tenants.createToken(viewer, { name: input.name, role: input.role, tenantId: tenant.id })
        : ({
            kind: 'invalid',
            field: 'name',
            message: `name must have 1 to ${TOKEN_NAME_CHARACTERS_MAX} characters`,
          } as const)
      return result.kind === 'created'
        ? { apiToken: result.token, secret: result.secret, problem: null }
        : { apiToken: null, secret: null, problem: invalidInput(result) }
    },
    revokeApiToken: async (_root, { input: { id } }, { core, viewer }) => {
      const token = [...core.tenants.tokens()].find((one) => one.id === id)
      // A token that the viewer may not see does not exist for them.
      const isVisible = token !== undefined && mayGrant(viewer, token.role, token.tenantId)
      const result = isVisible ? await core.tenants.revokeToken(viewer, id) : null
      return result?.kind === 'revoked'
        ? { apiToken: result.token, problem: null }
        : { apiToken: null, problem: apiTokenNotFound(id) }
    },
  }

export const tenantTypes: { readonly Tenant: TenantResolvers; readonly ApiToken: ApiTokenResolvers } = {
  Tenant: { createdAt: ({ createdAtMs }) => toDateTime(createdAtMs) },
  ApiToken: {
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    tenant: ({ tenantId }, _args, { core }) => core.tenants.tenant(tenantId)?.name ?? tenantId,
  },
}

/** The tenant that a token is for, if the viewer knows it. */
function tenantFor({ tenant: name }: CreateApiTokenInput, { core, viewer, scope }: RequestContext): Tenant | null {
  if (name === null || name === undefined) return core.tenants.tenant(viewer.tenantId)
  const tenant = core.tenants.tenantNamed(name)
  return tenant !== null && (scope === null || scope === tenant.id) ? tenant : null
}

function isTokenName(name: string): boolean {
  return name.trim().length > 0 && name.length <= TOKEN_NAME_CHARACTERS_MAX
}
