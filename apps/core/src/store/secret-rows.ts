/** Secrets as rows. Values come and go sealed; here nobody could open one. */
import type { Secret, SecretStore } from '../secrets/secret.ts'
import type { Client } from './prisma-client.ts'

type Run = <Result>(work: (client: Client) => Promise<Result>) => Promise<Result>

/** `run` says in the store's words what the database complains about. */
export function secretStore(run: Run): SecretStore {
  return {
    secrets: async () => {
      const rows = await run((client) => client.secret.findMany({ orderBy: { id: 'asc' } }))
      return rows.map(({ sealed, createdAtMs, updatedAtMs, ...row }) => ({
        ...row,
        createdAtMs: Number(createdAtMs),
        updatedAtMs: Number(updatedAtMs),
        sealed: Buffer.from(sealed, 'base64'),
      }))
    },
    addSecret: async (secret) => {
      await run((client) => client.secret.create({ data: rowOf(secret) }))
    },
    updateSecret: async (secret) => {
      const { id, revision, updatedAtMs, sealed } = rowOf(secret)
      await run((client) => client.secret.update({ where: { id }, data: { revision, updatedAtMs, sealed } }))
    },
    removeSecret: async (id) => {
      await run((client) => client.secret.deleteMany({ where: { id } }))
    },
  }
}

function rowOf({ id, tenantId, name, revision, createdAtMs, updatedAtMs, sealed }: Secret) {
  const text = Buffer.from(sealed).toString('base64')
  return { id, tenantId, name, revision, createdAtMs, updatedAtMs, sealed: text }
}
