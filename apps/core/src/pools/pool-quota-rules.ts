/** W12: a pool between its own maximum and what the quotas of its tenant leave. */
import type { ScalingPolicy } from '../applications/application.ts'
import { podsAllowed, type PodRequest, type Quotas, type TenantUsage } from '../tenants/quotas.ts'

/** The versions that pods may be made of now. */
export type PodSizes = { readonly newest: PodRequest; readonly fallback: PodRequest | null }

/**
 * The policy with no higher maximum than the quotas allow: the pods that it has (those on their way out included), and
 * as many as there is room for, of whichever version asks for most.
 */
export function withinQuota(
  policy: ScalingPolicy,
  pods: number,
  { quotas, used, sizes }: { readonly quotas: Quotas; readonly used: TenantUsage; readonly sizes: PodSizes },
): ScalingPolicy {
  const { newest, fallback } = sizes
  const cpuMillis = Math.max(newest.cpuMillis, fallback?.cpuMillis ?? 0)
  const memoryBytes = Math.max(newest.memoryBytes, fallback?.memoryBytes ?? 0)
  const allowed = podsAllowed(quotas, used, { cpuMillis, memoryBytes })
  return allowed === Infinity ? policy : { ...policy, maxPods: Math.min(policy.maxPods, pods + allowed) }
}
