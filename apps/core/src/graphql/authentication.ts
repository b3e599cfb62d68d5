/** Who sends a request: `Authorization: Bearer <token>`, as a header or in the first message of a socket. */
import type { Viewer } from '../tenants/tenant.ts'
import type { TenantDirectory } from './tenants-port.ts'

/** A token of an issuer is the longest: a few claims and a signature. */
const BEARER = /^Bearer +([\x21-\x7e]{1,8192})$/i

export type Authentication =
  | { readonly kind: 'viewer'; readonly viewer: Viewer }
  /** `hasToken`: there was one, but it is nobody's. */
  | { readonly kind: 'unknown'; readonly hasToken: boolean }

/** A promise only where an issuer vouches: tokens of our own are known at once. */
export function authenticate(
  tenants: Pick<TenantDirectory, 'authenticate'>,
  authorization: unknown,
): Authentication | Promise<Authentication> {
  const secret = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined
  const hasToken = secret !== undefined
  const viewer = secret === undefined ? null : tenants.authenticate(secret)
  return viewer instanceof Promise ? viewer.then((known) => toAnswer(known, hasToken)) : toAnswer(viewer, hasToken)
}

function toAnswer(viewer: Viewer | null, hasToken: boolean): Authentication {
  return viewer === null ? { kind: 'unknown', hasToken } : { kind: 'viewer', viewer }
}
