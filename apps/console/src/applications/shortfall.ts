/** How far a pool is from what its policy wants. Pure. */
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'
import { wantedIdle } from './policy-words.ts'

/** How many idle pods are missing. At the maximum of its pods, a pool is as full as it may be. */
export function shortfallOf({ pool, scalingPolicy }: Pick<ApplicationRowFragment, 'pool' | 'scalingPolicy'>): number {
  const missing = (wantedIdle(scalingPolicy, pool.total) ?? 0) - pool.standby - pool.hibernated
  const room = scalingPolicy.maxPods - (pool.total - pool.creating - pool.pending)
  return Math.max(0, Math.min(missing, room))
}
