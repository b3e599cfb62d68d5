/** Simulated tenants store no secrets; what a core does with one is not a matter of time and faults. */
import { SecretDirectory } from '@fornax/core/secrets/secret-directory'
import { SecretSeal } from '@fornax/core/secrets/secret-seal'

const KEY = new Uint8Array(32)

/** A directory that begins empty with each core. */
export function noSecrets(nowMs: () => number): SecretDirectory {
  const store = { secrets: () => Promise.resolve([]), addSecret: kept, updateSecret: kept, removeSecret: kept }
  return new SecretDirectory({ store, seal: new SecretSeal(KEY), nowMs, newId: () => 'sec-simulated', secrets: [] })
}

function kept(): Promise<void> {
  return Promise.resolve()
}
