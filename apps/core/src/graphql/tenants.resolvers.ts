/** Tenants and the tokens that speak for them. */
import { unreachable } from '@fornax/kernel/assert'
import { mayGrant } from '../tenants/access-rules.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { leastFor, tenantFor, tokenFor } from './access-lookups.ts'
import type { RequestContext } from './context.ts'
import type { TenantPhase } from './enums.ts'
import type {
  ApiTokenResolvers,
  CreateApiTokenInput,
  MutationResolvers,
  QueryResolvers,
  TenantResolvers,
} from './generated/resolver-types.ts'
import {
  apiTokenNotFound,
  invalidInput,
  notAllowed,
  tenantNameTaken,
  tenantNeeded,
  tenantNotFound,
} from './problems.ts'
import { fromDateTime } from './instants.ts'
import { toDateTime } from './scalars.ts'
import type { CreateTokenResult, EndTenantResult, SetQuotasResult } from './tenants-port.ts'

const TOKEN_NAME_CHARACTERS_MAX = 128

export const tenantQueries: Required<Pick<QueryResolvers, 'apiTokens' | 'tenant' | 'tenants'>> = {
  apiTokens: (_root, _args, { core, viewer }) =>
    [...core.tenants.tokens()]
      .filter((token) => mayGrant(viewer, token.role, token.tenantId))
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1)),
  tenant: (_root, { name }, context) => tenantFor(name, context),
  tenants: (_root, _args, { core, scope }) =>
    [...core.tenants.all()]
      .filter(({ id }) => scope === null || scope === id)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
}

type TenantMutation =
  | ('createApiToken' | 'createTenant' | 'deleteTenant' | 'resumeTenant' | 'revokeApiToken')
  | ('setTenantQuotas' | 'suspendTenant')

export const tenantMutations: Required<Pick<MutationResolvers, TenantMutation>> = {
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
  setTenantQuotas: async (_root, { input: { tenant, ...input } }, { core, viewer }) => {
    const quotas = {
      sessions: input.sessions ?? null,
      pods: input.pods ?? null,
      cpuMillis: input.cpuMillis ?? null,
      memoryBytes: input.memoryBytes ?? null,
      opensPerSecond: input.opensPerSecond ?? null,
    }
    return toQuotasPayload(await core.tenants.setQuotas(viewer, { tenant, quotas }))
  },
  suspendTenant: async (_root, { input: { tenant, closeSessions } }, { core, viewer }) =>
    toEndPayload(await core.tenants.suspendTenant(viewer, { tenant, closeSessions })),
  resumeTenant: async (_root, { input: { tenant } }, { core, viewer }) => {
    const result = await core.tenants.resumeTenant(viewer, tenant)
    return result.kind === 'written'
      ? { tenant: result.tenant, problem: null }
      : { tenant: null, problem: tenantNotFound(tenant) }
  },
  deleteTenant: async (_root, { input: { tenant } }, { core, viewer }) =>
    toEndPayload(await core.tenants.deleteTenant(viewer, tenant)),
  createApiToken: async (_root, { input }, context) => {
    const { viewer } = context
    const tenant = tenantFor(input.tenant, context)
    if (tenant === null) return { apiToken: null, secret: null, problem: tenantNotFound(input.tenant ?? '') }
    if (!mayGrant(viewer, input.role, tenant.id)) {
      const problem = notAllowed(leastFor(input.role), 'createApiToken for this role')
      return { apiToken: null, secret: null, problem }
    }
    const result = await createToken(input, tenant, context)
    return result.kind === 'created'
      ? { apiToken: result.token, secret: result.secret, problem: null }
      : { apiToken: null, secret: null, problem: invalidInput(result) }
  },
  revokeApiToken: async (_root, { input: { id } }, context) => {
    const result = tokenFor(id, context) === null ? null : await context.core.tenants.revokeToken(context.viewer, id)
    return result?.kind === 'revoked'
      ? { apiToken: result.token, problem: null }
      : { apiToken: null, problem: apiTokenNotFound(id) }
  },
}

export const tenantTypes: { readonly Tenant: TenantResolvers; readonly ApiToken: ApiTokenResolvers } = {
  Tenant: {
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    deletedAt: ({ deletedAtMs }) => toDateTime(deletedAtMs),
    phase: phaseOf,
    suspendedAt: ({ suspendedAtMs }) => toDateTime(suspendedAtMs),
    usage: ({ id }, _args, { core }) => core.tenants.usage(id),
  },
  ApiToken: {
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    expiresAt: ({ expiresAtMs }) => toDateTime(expiresAtMs),
    lastUsedAt: ({ lastUsedAtMs }) => toDateTime(lastUsedAtMs),
    tenant: ({ tenantId }, _args, { core }) => core.tenants.tenant(tenantId)?.name ?? tenantId,
  },
}

async function createToken(
  { name, role, expiresAt }: CreateApiTokenInput,
  tenant: Tenant,
  { core, viewer }: RequestContext,
): Promise<CreateTokenResult> {
  if (name.trim().length === 0 || name.length > TOKEN_NAME_CHARACTERS_MAX)
    return { kind: 'invalid', field: 'name', message: `name must have 1 to ${TOKEN_NAME_CHARACTERS_MAX} characters` }
  const expiresAtMs = expiresAt ? fromDateTime(expiresAt) : null
  if (expiresAt && expiresAtMs === null)
    return { kind: 'invalid', field: 'expiresAt', message: 'expiresAt must be an instant, as in 2030-01-31T12:00:00Z' }
  return core.tenants.createToken(viewer, { name, role, tenantId: tenant.id, expiresAtMs })
}

function phaseOf({ suspendedAtMs, deletedAtMs }: Tenant): TenantPhase {
  if (deletedAtMs !== null) return 'deleting'
  return suspendedAtMs === null ? 'active' : 'suspended'
}

function toQuotasPayload(result: SetQuotasResult) {
  switch (result.kind) {
    case 'written':
      return { tenant: result.tenant, problem: null }
    case 'tenantNotFound':
      return { tenant: null, problem: tenantNotFound(result.tenant) }
    case 'invalid':
      return { tenant: null, problem: invalidInput(result) }
    default:
      return unreachable(result)
  }
}

function toEndPayload(result: EndTenantResult) {
  switch (result.kind) {
    case 'written':
      return { tenant: result.tenant, problem: null }
    case 'tenantNotFound':
      return { tenant: null, problem: tenantNotFound(result.tenant) }
    case 'needed':
      return { tenant: null, problem: tenantNeeded(result.tenant) }
    default:
      return unreachable(result)
  }
}
