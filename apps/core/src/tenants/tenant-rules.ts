/** What follows from what is written of a tenant. */
import type { Quotas } from './quotas.ts'
import type { Tenant } from './tenant.ts'

/** What the fleet must know of a tenant. One that is on its way out opens nothing either. */
export function termsOf(tenant: Pick<Tenant, 'quotas' | 'suspendedAtMs' | 'deletedAtMs'>): {
  readonly quotas: Quotas
  readonly isSuspended: boolean
} {
  const { quotas, suspendedAtMs, deletedAtMs } = tenant
  return { quotas, isSuspended: suspendedAtMs !== null || deletedAtMs !== null }
}
