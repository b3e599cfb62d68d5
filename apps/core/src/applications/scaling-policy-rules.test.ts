import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { samplePolicy } from '../../test/support/samples.ts'
import type { ScalingPolicy, ScalingTarget } from './application.ts'
import { defaultBurst, policyProblem } from './scaling-policy-rules.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

describe('a policy that makes no sense names the field', () => {
  it.each<[string, Partial<ScalingPolicy>, string]>([
    ['min above max', { minPods: 5, maxPods: 4 }, 'minPods'],
    ['min below 0', { minPods: -1 }, 'minPods'],
    ['half a pod', { minPods: 0.5 }, 'minPods'],
    ['max 0', { maxPods: 0 }, 'maxPods'],
    ['max without end', { maxPods: Infinity }, 'maxPods'],
    ['max that is no number', { maxPods: Number.NaN }, 'maxPods'],
    ['no burst', { burst: 0 }, 'burst'],
    ['half a pod per second', { burst: 0.5 }, 'burst'],
    ['a delay below 0', { scaleDownDelayMs: -1 }, 'scaleDownDelayMs'],
    ['a delay of more than a day', { scaleDownDelayMs: DAY_MS + 1 }, 'scaleDownDelayMs'],
    ['keepHot below 0', { keepHot: -1 }, 'keepHot'],
    ['hibernation before it began', { hibernateAfterMs: -1 }, 'hibernateAfterMs'],
    ['a wake from a sleep that never is', { wakeOnTraffic: true, hibernateAfterMs: null }, 'wakeOnTraffic'],
    ['low above high', { target: count(4, 3) }, 'idleCount.low'],
    ['low below 0', { target: count(-1, 3) }, 'idleCount.low'],
    ['high that is no whole number', { target: count(1, 2.5) }, 'idleCount.high'],
    ['a share above 100', { target: percent(20, 101) }, 'idlePercent.high'],
    ['a low share above 100', { target: percent(101, 101) }, 'idlePercent.low'],
    ['a low share above the high one', { target: percent(50, 20) }, 'idlePercent.low'],
  ])('%s', (_what, change, field) => {
    const problem = policyProblem(samplePolicy(change))
    expect(problem?.field).toBe(`scalingPolicy.${field}`)
    expect(problem?.message).toMatch(new RegExp(`^${field.replace('.', String.raw`\.`)} is `))
  })
})

it.each<[string, Partial<ScalingPolicy>]>([
  ['nothing at all to keep', {}],
  ['min equal to max', { minPods: 4, maxPods: 4 }],
  ['low equal to high', { target: count(3, 3) }],
  ['all of it idle', { target: percent(100, 100) }],
  ['the longest delay', { scaleDownDelayMs: DAY_MS, hibernateAfterMs: 0 }],
])('%s is a policy', (_what, change) => expect(policyProblem(samplePolicy(change))).toBeNull())

it('a policy without problems has its bounds in order', () => {
  const anything = fc.record({
    minPods: fc.integer({ min: -3, max: 9 }),
    maxPods: fc.integer({ min: -3, max: 9 }),
    low: fc.integer({ min: -3, max: 130 }),
    high: fc.integer({ min: -3, max: 130 }),
    kind: fc.constantFrom('idleCount', 'idlePercent'),
  })
  fc.assert(
    fc.property(anything, ({ minPods, maxPods, low, high, kind }) => {
      const isOrdered = minPods >= 0 && maxPods >= Math.max(1, minPods) && low >= 0 && low <= high
      const isShare = kind === 'idleCount' || high <= 100
      const problem = policyProblem(samplePolicy({ minPods, maxPods, target: { kind, low, high } as ScalingTarget }))
      expect(problem === null).toBe(isOrdered && isShare)
    }),
  )
})

it.each([
  [1, 2],
  [20, 2],
  [30, 3],
  [1_000, 100],
])('at most %i pods come and go by %i a second, unless said otherwise', (maxPods, burst) => {
  expect(defaultBurst(maxPods)).toBe(burst)
})

function count(low: number, high: number): ScalingTarget {
  return { kind: 'idleCount', low, high }
}

function percent(low: number, high: number): ScalingTarget {
  return { kind: 'idlePercent', low, high }
}
