/** What roles may do, for people. The API decides. */
import type { Role } from '../graphql/generated/documents.ts'
import type { KnownRole } from '../viewer/viewer-rules.ts'

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  VIEWER: 'Looks, and changes nothing.',
  DEVELOPER: 'Defines applications, opens and closes sessions.',
  ADMIN: 'Everything in its tenant: tokens as well.',
  OPERATOR: 'Steers the platform, and sees all tenants.',
  CI: 'A program that defines applications and publishes their versions; it opens no sessions.',
  GATEWAY: 'A program that leads clients to their sessions: it only looks.',
}

/** From the least to the most. */
const RISING: readonly Role[] = ['VIEWER', 'DEVELOPER', 'ADMIN', 'OPERATOR']

/** Nobody may give more than they have. */
export function grantableRoles(own: KnownRole): readonly Role[] {
  return own === null ? RISING : RISING.slice(0, RISING.indexOf(own) + 1)
}
