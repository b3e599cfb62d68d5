/** `fornax token` and `fornax tenant`: who may use the platform. */
import {
  ApiTokensDocument,
  CreateApiTokenDocument,
  CreateTenantDocument,
  RevokeApiTokenDocument,
  TenantsDocument,
  type ApiTokensQuery,
  type Role,
  type TenantsQuery,
} from '@fornax/client/generated/documents'
import { note, say, type CommandContext } from '../command-context.ts'
import { ageOf } from '../output/age.ts'
import { formatObject, type Format } from '../output/structured.ts'
import type { Column } from '../output/table.ts'
import { errorOf, present } from '../problem.ts'
import { printList } from './print-list.ts'

type ApiToken = ApiTokensQuery['apiTokens'][number]
type Tenant = TenantsQuery['tenants'][number]

const tokenColumns: readonly Column<ApiToken>[] = [
  { header: 'ID', cell: ({ id }) => id },
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'ROLE', cell: ({ role }) => role.toLowerCase() },
  { header: 'TENANT', cell: ({ tenant }) => tenant },
  { header: 'AGE', cell: ({ createdAt }, now) => ageOf(createdAt, now) },
]

const tenantColumns: readonly Column<Tenant>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'ID', cell: ({ id }) => id },
  { header: 'AGE', cell: ({ createdAt }, now) => ageOf(createdAt, now) },
]

export type CreateTokenFlags = { readonly role: Role; readonly tenant?: string; readonly output?: 'json' | 'yaml' }

/** Only the secret goes to the output, so that `TOKEN=$(fornax token create …)` works. */
export async function createToken(context: CommandContext, name: string, flags: CreateTokenFlags): Promise<void> {
  const input = { name, role: flags.role, ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }) }
  const { createApiToken } = await context.client.request(CreateApiTokenDocument, { input }, { signal: context.signal })
  if (createApiToken.problem !== null) throw errorOf(createApiToken.problem)
  const secret = present(createApiToken.secret, 'the secret')
  const token = present(createApiToken.apiToken, 'the token')
  if (flags.output !== undefined)
    return context.terminal.out(await formatObject({ kind: 'ApiToken', ...token, secret }, flags.output))
  say(context, secret)
  note(
    context,
    `token/${token.id} created for ${token.role.toLowerCase()} of ${token.tenant}; the secret is shown only now`,
  )
}

export async function listTokens(context: CommandContext, format: Format): Promise<void> {
  const { apiTokens } = await context.client.request(ApiTokensDocument, {}, { signal: context.signal })
  await printList(
    context,
    { items: apiTokens, columns: tokenColumns, kind: 'ApiToken', nameOf: ({ id }) => `token/${id}` },
    format,
  )
}

export async function revokeTokens(context: CommandContext, ids: readonly string[]): Promise<void> {
  for (const id of ids.map((word) => word.replace(/^token\//, ''))) {
    const variables = { input: { id } }
    const { revokeApiToken } = await context.client.request(RevokeApiTokenDocument, variables, {
      signal: context.signal,
    })
    if (revokeApiToken.problem !== null) throw errorOf(revokeApiToken.problem)
    say(context, `token/${id} revoked`)
  }
}

export async function createTenant(context: CommandContext, name: string): Promise<void> {
  const variables = { input: { name } }
  const { createTenant: payload } = await context.client.request(CreateTenantDocument, variables, {
    signal: context.signal,
  })
  if (payload.problem !== null) throw errorOf(payload.problem)
  say(context, `tenant/${name} created`)
}

export async function listTenants(context: CommandContext, format: Format): Promise<void> {
  const { tenants } = await context.client.request(TenantsDocument, {}, { signal: context.signal })
  await printList(
    context,
    { items: tenants, columns: tenantColumns, kind: 'Tenant', nameOf: ({ name }) => `tenant/${name}` },
    format,
  )
}
