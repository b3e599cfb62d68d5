/** Which scaling policies make sense. */
import type { ScalingPolicy } from './application.ts'
import type { InputProblem } from './input-problem.ts'

/** More pods than this of one application is a slip of the finger. */
const PODS_MAX = 1_000_000
const DELAY_MS_MAX = 24 * 60 * 60 * 1000

/** The first thing that is wrong with a policy; null when nothing is. Fields are below `scalingPolicy`. */
export function policyProblem(policy: ScalingPolicy): InputProblem | null {
  return (
    wholeNumber('minPods', policy.minPods, 0, PODS_MAX) ??
    wholeNumber('maxPods', policy.maxPods, 1, PODS_MAX) ??
    (policy.minPods > policy.maxPods
      ? problem('minPods', `is ${policy.minPods}, more than maxPods (${policy.maxPods}); lower it or raise maxPods`)
      : null) ??
    wholeNumber('burst', policy.burst, 1, PODS_MAX) ??
    wholeNumber('scaleDownDelayMs', policy.scaleDownDelayMs, 0, DELAY_MS_MAX) ??
    wholeNumber('keepHot', policy.keepHot, 0, PODS_MAX) ??
    (policy.hibernateAfterMs === null
      ? null
      : wholeNumber('hibernateAfterMs', policy.hibernateAfterMs, 0, DELAY_MS_MAX)) ??
    (policy.wakeOnTraffic && policy.hibernateAfterMs === null
      ? problem('wakeOnTraffic', 'is set, and nothing ever sleeps; set hibernateAfterMs as well')
      : null) ??
    targetProblem(policy)
  )
}

/** The burst of a policy that names none: the larger of 2 and a tenth of its pods. */
export function defaultBurst(maxPods: number): number {
  return Math.max(2, Math.floor(maxPods / 10))
}

function targetProblem({ target }: ScalingPolicy): InputProblem | null {
  const highest = target.kind === 'idlePercent' ? 100 : PODS_MAX
  return (
    wholeNumber(`${target.kind}.low`, target.low, 0, highest) ??
    wholeNumber(`${target.kind}.high`, target.high, 0, highest) ??
    (target.low > target.high
      ? problem(`${target.kind}.low`, `is ${target.low}, more than high (${target.high}); lower it or raise high`)
      : null)
  )
}

function wholeNumber(field: string, value: number, least: number, most: number): InputProblem | null {
  if (Number.isInteger(value) && value >= least && value <= most) return null
  return problem(field, `is ${value}; a whole number from ${least} to ${most} is needed`)
}

function problem(field: string, what: string): InputProblem {
  return { field: `scalingPolicy.${field}`, message: `${field} ${what}` }
}
