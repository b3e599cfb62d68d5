/** What a tenant stores for its pods and shows to nobody. */

/** A stored secret. Its value is sealed: nobody but a core with the right key can open it. */
export type Secret = {
  readonly id: string
  readonly tenantId: string
  /** Unique in the tenant; a DNS label. */
  readonly name: string
  /** Grows with every write: the guard of writers. */
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly sealed: Uint8Array
}

/** Where secrets are kept: rows with sealed values. */
export type SecretStore = {
  /** Of every tenant. */
  secrets(): Promise<readonly Secret[]>
  addSecret(secret: Secret): Promise<void>
  updateSecret(secret: Secret): Promise<void>
  removeSecret(id: string): Promise<void>
}

export const SECRET_BYTES_MAX = 64 * 1024
export const SECRETS_PER_TENANT_MAX = 1_000
