/** Who sends a request: `Authorization: Bearer <token>`, as a header or in the first message of a socket. */
import type { Viewer } from '../tenants/tenant.ts'
import type { TenantDirectory } from './core-port.ts'

const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i

export type Authentication =
  | { readonly kind: 'viewer'; readonly viewer: Viewer }
  /** `hasToken`: there was one, but it is nobody's. */
  | { readonly kind: 'unknown'; readonly hasToken: boolean }

export function authenticate(tenants: Pick<TenantDirectory, 'authenticate'>, authorization: unknown): Authentication {
  const secret = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined
  const viewer = secret === undefined ? null : tenants.authenticate(secret)
  return viewer === null ? { kind: 'unknown', hasToken: secret !== undefined } : { kind: 'viewer', viewer }
}
