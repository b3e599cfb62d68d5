/** What roles may do, for people. The API decides. */
import type { Role } from '../graphql/generated/documents.ts'
import type { KnownRole } from '../viewer/viewer-rules.ts'

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  VIEWER: 'Looks, and changes nothing.',
  DEVELOPER: 'Defines applications, opens and closes sessions.',
  CI: 'For programs: publishes applications, and sees no sessions.',
  ADMIN: 'Everything in its tenant: tokens and users as well.',
  GATEWAY: 'For programs: follows the sessions of all tenants, to forward traffic to them.',
  OPERATOR: 'Steers the platform, and sees all tenants.',
}

const OF_A_TENANT: readonly Role[] = ['VIEWER', 'DEVELOPER', 'CI', 'ADMIN']
const OF_THE_PLATFORM: readonly Role[] = [...OF_A_TENANT, 'GATEWAY', 'OPERATOR']

/** Nobody may give more than they have. */
export function grantableRoles(own: KnownRole): readonly Role[] {
  return own === 'OPERATOR' || own === null ? OF_THE_PLATFORM : OF_A_TENANT
}

/** Of these, the roles of people: programs do not log in. */
export function grantablePeople(own: KnownRole): readonly Role[] {
  return grantableRoles(own).filter((role) => role !== 'CI' && role !== 'GATEWAY')
}
