import { array, assert, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { samplePolicy } from '../../test/support/samples.ts'
import type { Demand } from './demand-record.ts'
import { replayPolicy, type ReplayInput } from './policy-replay-plan.ts'

describe('a replay of demand', () => {
  it('starts every session once, warm or cold, and never has more pods than the maximum', () => {
    const shape = record({
      asked: array(integer({ min: 0, max: 8 }), { minLength: 10, maxLength: 120 }),
      low: integer({ min: 0, max: 10 }),
      maxPods: integer({ min: 1, max: 40 }),
      createMs: integer({ min: 100, max: 5_000 }),
      sessionsPerPod: integer({ min: 1, max: 3 }),
    })
    assert(
      property(shape, ({ asked, low, maxPods, createMs, sessionsPerPod }) => {
        const ended = asked.map((_, at) => asked[at - 20] ?? 0)
        const target = { kind: 'idleCount', low, high: low + 2 } as const
        const policy = samplePolicy({ target, maxPods, burst: 5 })
        const outcome = replayPolicy({ ...INPUT, demand: demandOf(asked, ended), policy, createMs, sessionsPerPod })
        const total = asked.reduce((sum, count) => sum + count, 0)
        expect(outcome.podsMax).toBeLessThanOrEqual(maxPods)
        expect(outcome.warmStarts + outcome.coldStarts).toBeLessThanOrEqual(total)
        expect(outcome.warmStarts).toBeGreaterThanOrEqual(0)
        for (const { standby, claimed, creating, waiting } of outcome.points)
          expect(Math.min(standby, claimed, creating, waiting)).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  it('is the same for the same demand', () => {
    const input = { ...INPUT, demand: demandOf([3, 0, 5, 1], [0, 1, 2, 3]) }
    expect(replayPolicy(input)).toEqual(replayPolicy(input))
  })

  it('with a pool that is large enough starts all of them warm', () => {
    const target = { kind: 'idleCount', low: 10, high: 10 } as const
    const demand = demandOf([5, 0, 0, 5, 0, 0, 5], [])
    expect(replayPolicy({ ...INPUT, demand, policy: samplePolicy({ target }) })).toMatchObject({
      warmStarts: 15,
      coldStarts: 0,
      hitRate: 1,
    })
  })

  it('keeps a percentage of idle pods beside those that are open from the beginning', () => {
    const target = { kind: 'idlePercent', low: 50, high: 60 } as const
    const demand = { ...demandOf([0, 0], []), openAtStart: 10 }
    const outcome = replayPolicy({ ...INPUT, demand, policy: samplePolicy({ target }) })
    expect(outcome.points[0]).toMatchObject({ standby: 10, claimed: 10 })
  })

  it('of nothing has no hit rate', () => {
    expect(replayPolicy(INPUT)).toMatchObject({ hitRate: null, warmStarts: 0, points: [] })
  })
})

const INPUT: ReplayInput = {
  demand: demandOf([], []),
  policy: samplePolicy(),
  createMs: 1_000,
  sessionsPerPod: 1,
  memoryBytes: 1_024,
}

function demandOf(asked: readonly number[], ended: readonly number[]): Demand {
  return { fromSecond: 1_000, asked, ended: asked.map((_, at) => ended[at] ?? 0), openAtStart: 0 }
}
