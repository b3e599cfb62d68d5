/** Who owns things, and who may ask for them. */
import type { Quotas } from './quotas.ts'

/** A customer of the platform. Nothing of one tenant is ever visible to another. */
export type Tenant = {
  readonly id: string
  /** Unique on the platform; a DNS label. */
  readonly name: string
  readonly createdAtMs: number
  /** Since when it opens no sessions; null when it may. */
  readonly suspendedAtMs: number | null
  /** When it was asked to go, with everything in it; null when it stays. */
  readonly deletedAtMs: number | null
  readonly quotas: Quotas
}

/**
 * `operator` steers the platform; `admin`, `developer` and `viewer` act within their tenant. Two are for programs:
 * `gateway` follows the sessions of all tenants, to forward traffic to them, and `ci` publishes the applications of
 * its tenant, and sees none of its sessions.
 */
export type Role = 'operator' | 'admin' | 'developer' | 'viewer' | 'gateway' | 'ci'

export const ROLES: readonly Role[] = ['operator', 'admin', 'developer', 'viewer', 'gateway', 'ci']

/** A secret that speaks for a role. The secret itself is shown once and never stored. */
export type ApiToken = {
  readonly id: string
  readonly tenantId: string
  /** For people, to tell tokens apart; of a login, who logged in. */
  readonly name: string
  readonly role: Role
  /** SHA-256 of the secret, hexadecimal. Secrets have 160 random bits, so that a fast hash is enough. */
  readonly secretHash: string
  readonly createdAtMs: number
  /** When it ends by itself; null: never. */
  readonly expiresAtMs: number | null
  /** Known to within half a minute; null before its first use. */
  readonly lastUsedAtMs: number | null
  /** `login`: made by logging in, and not listed among the tokens. */
  readonly purpose: 'api' | 'login'
  /** Whose login it is: the id of a user, or `oidc:` and whom an issuer vouched for; null for tokens. */
  readonly userId: string | null
}

/** A person who logs in with a password. */
export type User = {
  readonly id: string
  readonly tenantId: string
  /** Unique in the tenant; also what they log in with. */
  readonly name: string
  readonly role: Role
  /** As `password-hash.ts` makes it; null until they have registered. */
  readonly passwordHash: string | null
  /** By which they may set a password, once; null when there is none. */
  readonly invitation: Invitation | null
  readonly createdAtMs: number
  readonly lastLoginAtMs: number | null
}

/** SHA-256 of its secret, hexadecimal, and when it ends. */
export type Invitation = { readonly secretHash: string; readonly expiresAtMs: number }

/** Who makes a request. */
export type Viewer = {
  /** Of the token or login that speaks; for the token of an issuer, `oidc:` and whom it speaks for. */
  readonly tokenId: string
  readonly tenantId: string
  readonly role: Role
  /** For people and for the audit: the name of the token, or who logged in. */
  readonly name?: string
  /** When what they showed ends by itself; never when absent. */
  readonly expiresAtMs?: number
}

/** Of viewers whom an issuer vouches for. */
export const VOUCHED = 'oidc:'

export function isVouchedFor(viewer: Pick<Viewer, 'tokenId'>): boolean {
  return viewer.tokenId.startsWith(VOUCHED)
}

/** The tenant that every installation begins with. */
export const DEFAULT_TENANT = 'default'
