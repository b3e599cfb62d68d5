/** What a role may do, so that a button can say it before the API has to. The API decides. */
import type { Role } from '../graphql/generated/documents.ts'

/** Null while it is not known who asks. */
export type KnownRole = Role | null

/** Why this role may not open or close sessions; null when it may. */
export function whyNoSessions(role: KnownRole): string | null {
  const mayNot = role === 'VIEWER' || role === 'CI' || role === 'GATEWAY'
  return mayNot ? 'Your token may not open or close sessions.' : null
}

/** Why this role may not steer nodes; null when it may. */
export function whyNoNodes(role: KnownRole): string | null {
  return role === 'OPERATOR' || role === null ? null : 'Only an operator of the platform may steer nodes.'
}

/** Why this role may not define or change applications; null when it may. */
export function whyNoApplications(role: KnownRole): string | null {
  return role === 'VIEWER' || role === 'GATEWAY' ? 'Your token may not define or change applications.' : null
}

/** Why this role may not make or end tokens; null when it may. */
export function whyNoTokens(role: KnownRole): string | null {
  return role === 'ADMIN' || role === 'OPERATOR' || role === null ? null : 'Only an administrator may make tokens.'
}

/** Why this role may not invite or change users; null when it may. */
export function whyNoUsers(role: KnownRole): string | null {
  return whyNoTokens(role) === null ? null : 'Only an administrator may invite or change users.'
}

/** Why this role may not read the audit; null when it may. */
export function whyNoAudit(role: KnownRole): string | null {
  return whyNoTokens(role) === null ? null : 'Only an administrator may read the audit.'
}

/** Why this role may not have the audit verified, which is of all tenants; null when it may. */
export function whyNoVerification(role: KnownRole): string | null {
  return role === 'OPERATOR' || role === null ? null : 'Only an operator of the platform may verify the audit.'
}

/** Why this role may not steer tenants; null when it may. */
export function whyNoTenants(role: KnownRole): string | null {
  return role === 'OPERATOR' || role === null ? null : 'Only an operator of the platform may steer tenants.'
}
