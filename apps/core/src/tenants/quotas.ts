/** How much of the platform a tenant may have at a time. */

/** Each is the most; null: as much as there is. */
export type Quotas = {
  /** Sessions that are not closed, those that wait included. */
  readonly sessions: number | null
  /** Pods from the moment they are wanted until they are gone. */
  readonly pods: number | null
  /** What these pods ask for together. */
  readonly cpuMillis: number | null
  readonly memoryBytes: number | null
  /** Sessions that may be asked for in a second, on average and at once. */
  readonly opensPerSecond: number | null
}

export type QuotaName = keyof Quotas

export const QUOTA_NAMES: readonly QuotaName[] = ['sessions', 'pods', 'cpuMillis', 'memoryBytes', 'opensPerSecond']

export const NO_QUOTAS: Quotas = {
  sessions: null,
  pods: null,
  cpuMillis: null,
  memoryBytes: null,
  opensPerSecond: null,
}

/** What a tenant has at this moment. */
export type TenantUsage = {
  readonly sessions: number
  readonly pods: number
  readonly cpuMillis: number
  readonly memoryBytes: number
}

/** What a pod of a version asks for. */
export type PodRequest = { readonly cpuMillis: number; readonly memoryBytes: number }

/** How many more pods of this size a tenant may have; Infinity when nothing bounds them. */
export function podsAllowed(quotas: Quotas, used: TenantUsage, each: PodRequest): number {
  return Math.min(
    left(quotas.pods, used.pods, 1),
    left(quotas.cpuMillis, used.cpuMillis, each.cpuMillis),
    left(quotas.memoryBytes, used.memoryBytes, each.memoryBytes),
  )
}

/** Which quota leaves no room for another pod of this size; null when none does. */
export function podQuotaShort(quotas: Quotas, used: TenantUsage, each: PodRequest): QuotaName | null {
  if (left(quotas.pods, used.pods, 1) < 1) return 'pods'
  if (left(quotas.cpuMillis, used.cpuMillis, each.cpuMillis) < 1) return 'cpuMillis'
  return left(quotas.memoryBytes, used.memoryBytes, each.memoryBytes) < 1 ? 'memoryBytes' : null
}

function left(quota: number | null, used: number, each: number): number {
  if (quota === null || each === 0) return Infinity
  return Math.max(0, Math.floor((quota - used) / each))
}

/** The first quota that cannot be one; null when all can. */
export function quotaProblem(quotas: Quotas): { readonly field: QuotaName; readonly message: string } | null {
  for (const field of QUOTA_NAMES) {
    const quota = quotas[field]
    const least = field === 'opensPerSecond' ? 1 : 0
    if (quota !== null && (!Number.isSafeInteger(quota) || quota < least))
      return { field, message: `${field} must be a whole number from ${least}, or absent for no bound` }
  }
  return null
}
