/** Who owns things, and who may ask for them. */

/** A customer of the platform. Nothing of one tenant is ever visible to another. */
export type Tenant = {
  readonly id: string
  /** Unique on the platform; a DNS label. */
  readonly name: string
  readonly createdAtMs: number
}

/** `operator` steers the platform; the others act within their tenant. */
export type Role = 'operator' | 'admin' | 'developer' | 'viewer'

export const ROLES: readonly Role[] = ['operator', 'admin', 'developer', 'viewer']

/** A secret that speaks for a role. The secret itself is shown once and never stored. */
export type ApiToken = {
  readonly id: string
  readonly tenantId: string
  /** For people, to tell tokens apart. */
  readonly name: string
  readonly role: Role
  /** SHA-256 of the secret, hexadecimal. Secrets have 160 random bits, so that a fast hash is enough. */
  readonly secretHash: string
  readonly createdAtMs: number
}

/** Who makes a request. */
export type Viewer = {
  readonly tokenId: string
  readonly tenantId: string
  readonly role: Role
}

/** The tenant that every installation begins with. */
export const DEFAULT_TENANT = 'default'
