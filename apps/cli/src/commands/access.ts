/** `fornax token`: programs that may use the platform. */
import {
  ApiTokensDocument,
  CreateApiTokenDocument,
  RevokeApiTokenDocument,
  type ApiTokensQuery,
  type Role,
} from '@fornax/client/generated/documents'
import { note, nowMs, say, type CommandContext } from '../command-context.ts'
import { ageOf, formatAge } from '../output/age.ts'
import { formatObject, type Format } from '../output/structured.ts'
import type { Column } from '../output/table.ts'
import { errorOf, present } from '../problem.ts'
import { printList } from './print-list.ts'

type ApiToken = ApiTokensQuery['apiTokens'][number]

const tokenColumns: readonly Column<ApiToken>[] = [
  { header: 'ID', cell: ({ id }) => id },
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'ROLE', cell: ({ role }) => role.toLowerCase() },
  { header: 'TENANT', cell: ({ tenant }) => tenant },
  { header: 'AGE', cell: ({ createdAt }, now) => ageOf(createdAt, now) },
  { header: 'LAST USED', cell: ({ lastUsedAt }, now) => ageOf(lastUsedAt, now) },
  { header: 'ENDS IN', cell: ({ expiresAt }, now) => endsIn(expiresAt, now) },
]

function endsIn(expiresAt: string | null, atMs: number): string {
  if (expiresAt === null) return 'never'
  const leftMs = Date.parse(expiresAt) - atMs
  return leftMs <= 0 ? 'ended' : formatAge(leftMs)
}

export type CreateTokenFlags = {
  readonly role: Role
  readonly tenant?: string
  readonly endsAfter?: number
  readonly output?: 'json' | 'yaml'
}

/** Only the secret goes to the output, so that `TOKEN=$(fornax token create …)` works. */
export async function createToken(context: CommandContext, name: string, flags: CreateTokenFlags): Promise<void> {
  const { role, tenant, endsAfter } = flags
  const expiresAt = endsAfter === undefined ? {} : { expiresAt: new Date(nowMs(context) + endsAfter).toISOString() }
  const input = { name, role, ...(tenant === undefined ? {} : { tenant }), ...expiresAt }
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
