/** Identities of nodes and join tokens in the database. They are few, so they go through Prisma. */
import type { AdmissionStore } from '../nodes/node-registry.ts'
import type { Client } from './prisma-client.ts'

/** `ask` says what goes wrong in the store's own words. */
export function admissionStore(
  ask: <Result>(work: (client: Client) => Promise<Result>) => Promise<Result>,
): AdmissionStore {
  return {
    loadAdmissions: async () => {
      const identities = await ask((client) => client.nodeIdentity.findMany({ orderBy: { name: 'asc' } }))
      const tokens = await ask((client) => client.joinToken.findMany({ orderBy: { id: 'asc' } }))
      return {
        identities: identities.map((row) => ({
          ...row,
          joinedAtMs: Number(row.joinedAtMs),
          issuedAtMs: Number(row.issuedAtMs),
          expiresAtMs: Number(row.expiresAtMs),
          revokedAtMs: numberOrNull(row.revokedAtMs),
        })),
        tokens: tokens.map((row) => ({
          ...row,
          createdAtMs: Number(row.createdAtMs),
          expiresAtMs: Number(row.expiresAtMs),
          usedAtMs: numberOrNull(row.usedAtMs),
        })),
      }
    },
    saveIdentity: async ({ name, ...data }) => {
      await ask((client) => client.nodeIdentity.upsert({ where: { name }, create: { name, ...data }, update: data }))
    },
    removeIdentity: async (name) => {
      await ask((client) => client.nodeIdentity.deleteMany({ where: { name } }))
    },
    saveJoinToken: async ({ id, ...data }) => {
      await ask((client) => client.joinToken.upsert({ where: { id }, create: { id, ...data }, update: data }))
    },
    removeJoinTokens: async (ids) => {
      await ask((client) => client.joinToken.deleteMany({ where: { id: { in: [...ids] } } }))
    },
  }
}

function numberOrNull(value: bigint | null): number | null {
  return value === null ? null : Number(value)
}
