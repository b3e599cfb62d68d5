/** Tokens of tenants of their own. */
import { CreateApiTokenDocument, CreateTenantDocument } from '@fornax/client/generated/documents'
import type { Cluster } from '../cluster.ts'

export async function tokenOfNewTenant({ client }: Cluster, name: string): Promise<string> {
  await client.request(CreateTenantDocument, { input: { name } })
  const input = { name: `of-${name}`, role: 'DEVELOPER', tenant: name } as const
  const { createApiToken } = await client.request(CreateApiTokenDocument, { input })
  if (createApiToken.secret === null || createApiToken.secret === undefined) throw new Error('there is no token')
  return createApiToken.secret
}
