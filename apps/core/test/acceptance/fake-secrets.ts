/** Secrets as the core keeps them, without a database behind them. */
import { newId } from '@fornax/kernel/ids'
import type { SecretsPort } from '../../src/graphql/core-port.ts'
import { SecretDirectory } from '../../src/secrets/secret-directory.ts'
import { SecretSeal } from '../../src/secrets/secret-seal.ts'

export function fakeSecrets(): SecretsPort {
  const kept = (): Promise<void> => Promise.resolve()
  const store = { secrets: () => Promise.resolve([]), addSecret: kept, updateSecret: kept, removeSecret: kept }
  const seal = new SecretSeal(new Uint8Array(32))
  const directory = new SecretDirectory({ store, seal, nowMs: () => 0, newId, secrets: [] })
  return {
    ofTenant: (tenantId) => directory.ofTenant(tenantId),
    named: (tenantId, name) => directory.named(tenantId, name),
    withId: (id) => directory.withId(id),
    create: ({ tenantId }, { name, value }) => directory.create({ tenantId, name, value }),
    update: ({ tenantId }, { name, revision, value }) => directory.update({ tenantId, name, revision }, value),
    remove: ({ tenantId }, { name, revision }) => directory.remove({ tenantId, name, revision }, () => []),
  }
}
