/** A scaling policy in words. */
import { formatChosenMs } from '../format/duration.ts'
import { formatCount } from '../format/quantity.ts'
import type { ApplicationRowFragment } from '../graphql/generated/documents.ts'

type Policy = ApplicationRowFragment['scalingPolicy']

/** `3–5 idle`, `10–20 % idle`, `no idle pods`. */
export function targetWords({ idleCount, idlePercent }: Policy): string {
  if (idleCount !== null) return `${range(idleCount.low, idleCount.high)} idle`
  if (idlePercent !== null) return `${range(idlePercent.low, idlePercent.high)} % idle`
  return 'no idle pods'
}

/** `of 0 to 10 pods`. */
export function limitWords({ minPods, maxPods }: Policy): string {
  return `${formatCount(minPods)} to ${formatCount(maxPods)} pods`
}

/** The rest of it, as facts. */
export function policyFacts(policy: Policy): readonly (readonly [string, string])[] {
  return [
    ['Target', targetWords(policy)],
    ['Limits', limitWords(policy)],
    ['Burst', `${formatCount(policy.burst)} pods per second`],
    ['Scale down after', policy.scaleDownDelayMs === 0 ? 'no delay' : formatChosenMs(policy.scaleDownDelayMs)],
    ['Hibernate after', policy.hibernateAfterMs === null ? 'never' : formatChosenMs(policy.hibernateAfterMs)],
    ['Keep hot', formatCount(policy.keepHot)],
    ['Quiet sessions', policy.wakeOnTraffic ? 'sleep, and wake with the first packet' : 'stay awake'],
  ]
}

/** How many idle pods are wanted at least; null when the policy asks for none. */
export function wantedIdle({ idleCount, idlePercent }: Policy, totalPods: number): number | null {
  if (idleCount !== null) return idleCount.low
  if (idlePercent !== null) return Math.ceil((idlePercent.low / 100) * totalPods)
  return null
}

function range(low: number, high: number): string {
  return low === high ? formatCount(low) : `${formatCount(low)}–${formatCount(high)}`
}
