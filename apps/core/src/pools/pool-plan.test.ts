import { describe, expect, it } from 'vitest'
import { EMPTY, idleCount, input, view } from '../../test/support/pools.ts'
import { planPool, type PoolPlan, type PoolPlanInput, type PoolView, type RollOut } from './pool-plan.ts'

const proven: RollOut = { kind: 'proven' }
const first: RollOut = { kind: 'unproven', hasFallback: false }
const trying: RollOut = { kind: 'unproven', hasFallback: true }
const halted: RollOut = { kind: 'halted' }

describe('W3: filling and shrinking by a count', () => {
  const policy = idleCount(3, 5)
  it.each([
    ['nothing', {}, { createNew: 3 }],
    ['one idle', { idle: 1 }, { createNew: 2 }],
    ['two on their way', { inFlight: 2 }, { createNew: 1 }],
    ['four that serve', { active: 4 }, { createNew: 3 }],
    ['low', { idle: 3 }, {}],
    ['between low and high', { idle: 4 }, {}],
    ['high', { idle: 5 }, {}],
    ['two too many', { idle: 7 }, { stopSpare: 2, isAboveTarget: true }],
    ['some too many, counting those on their way', { idle: 4, inFlight: 3 }, { stopSpare: 2, isAboveTarget: true }],
    ['idle ones that sessions will take', { inFlight: 3, waitingSessions: 2 }, { createNew: 2 }],
    ['some that may be back in a moment', { idle: 2, unreachable: 1 }, {}],
    ['enough without those that may be back', { idle: 5, unreachable: 4 }, {}],
  ] as const)('with %s', (_what, pool, plan) => {
    expect(planPool(input({ policy, pool: view(pool) }))).toMatchObject({
      ...EMPTY,
      tokensUsed: expect.anything(),
      ...plan,
    })
  })

  it('adds and removes no more than the burst', () => {
    expect(planPool(input({ policy, tokens: 2 }))).toMatchObject({ createNew: 2, tokensUsed: 2 })
    expect(planPool(input({ policy, pool: view({ idle: 9 }), tokens: 2 }))).toMatchObject({
      stopSpare: 2,
      tokensUsed: 2,
    })
  })

  it('shrinks only after the delay, and says since when it should', () => {
    const plan = planPool(input({ policy, pool: view({ idle: 9 }), mayShrink: false }))
    expect(plan).toEqual({ ...EMPTY, isAboveTarget: true })
  })
})

describe('W3: filling and shrinking by a share', () => {
  it.each([
    [20, 40, { active: 8 }, { createNew: 2 }],
    [20, 40, { active: 8, idle: 2 }, {}],
    [20, 40, { active: 8, idle: 6 }, { stopSpare: 1, isAboveTarget: true }],
    [20, 40, { active: 8, waitingSessions: 2 }, { createNew: 5 }],
    [0, 0, { idle: 4 }, { stopSpare: 4, isAboveTarget: true }],
    [0, 0, { active: 4 }, {}],
    [100, 100, { active: 1 }, { createNew: 99 }],
    [100, 100, { idle: 7 }, {}],
    [34, 34, { active: 1, idle: 1 }, {}], // Less would be too little.
  ] as const)('low %i %%, high %i %%, with %o', (low, high, pool, plan) => {
    const policy = { ...idleCount(0, 0), target: { kind: 'idlePercent', low, high } } as const
    expect(planPool(input({ policy, pool: view(pool) }))).toMatchObject({
      ...EMPTY,
      tokensUsed: expect.anything(),
      ...plan,
    })
  })
})

describe('the bounds', () => {
  it('W1: a pod on its way out takes its room until it is gone', () => {
    const policy = { ...idleCount(3, 3), maxPods: 4 }
    expect(planPool(input({ policy, pool: view({ active: 2, terminating: 2 }) }))).toEqual(EMPTY)
    expect(planPool(input({ policy, pool: view({ active: 2, terminating: 1 }) }))).toMatchObject({ createNew: 1 })
  })

  it('W1: what is above a maximum that was lowered goes, but not what serves', () => {
    const policy = { ...idleCount(3, 9), maxPods: 4 }
    expect(planPool(input({ policy, pool: view({ active: 3, idle: 4 }) }))).toMatchObject({ stopSpare: 3 })
    expect(planPool(input({ policy, pool: view({ active: 6 }) }))).toEqual(EMPTY)
  })

  it('W4: min holds whatever the target says', () => {
    const policy = { ...idleCount(0, 0), minPods: 10 }
    expect(planPool(input({ policy }))).toMatchObject({ createNew: 10 })
    expect(planPool(input({ policy, pool: view({ idle: 10 }) }))).toEqual(EMPTY)
    expect(planPool(input({ policy, pool: view({ active: 4, idle: 6 }) }))).toEqual(EMPTY)
    expect(planPool(input({ policy, pool: view({ active: 4, idle: 8 }) }))).toMatchObject({ stopSpare: 2 })
  })
})

describe('W2: pods for sessions that wait', () => {
  const policy = idleCount(0, 0)
  it('are made at once, without the burst', () => {
    const plan = planPool(input({ policy, tokens: 0, pool: view({ waitingSessions: 30 }) }))
    expect(plan).toMatchObject({ createNew: 30, tokensUsed: 0 })
  })

  it.each([
    ['those in flight come first', { waitingSessions: 5, inFlight: 3 }, 2],
    ['open slots come first', { waitingSessions: 5, active: 2, sessionsPerPod: 3, openSlots: 2 }, 1],
    ['a pod takes several', { waitingSessions: 7, sessionsPerPod: 3 }, 3],
    ['pods that cannot be reached do not help', { waitingSessions: 2, idle: 1, unreachable: 2 }, 1],
  ] as const)('%s', (_why, pool, createNew) => {
    const high = { ...policy, target: { kind: 'idleCount', low: 0, high: 50 } } as const
    expect(planPool(input({ policy: high, pool: view(pool) }))).toMatchObject({ ...EMPTY, createNew })
  })

  it('are not made of a version that is backing off (W10)', () => {
    const waiting = view({ waitingSessions: 5 })
    expect(planPool(input({ policy, pool: waiting, isBackingOff: true }))).toEqual(EMPTY)
    const fallback = input({ policy, pool: { ...waiting, inFlight: 1 }, rollOut: trying, isBackingOff: true })
    expect(planPool(fallback)).toMatchObject({ createNew: 0, createFallback: 5 })
    expect(planPool({ ...fallback, isFallbackBackingOff: true })).toEqual(EMPTY)
  })
})

describe('W6: replacing the pods of an older version', () => {
  const policy = idleCount(3, 3)
  it('makes new ones at the burst rate, and stops no old one before a new one is ready', () => {
    const plan = planPool(input({ policy, rollOut: proven, tokens: 2, pool: view({ idle: 3, oldIdle: 3 }) }))
    expect(plan).toEqual({ ...EMPTY, createNew: 2, tokensUsed: 2 })
    expect(planPool(input({ policy, tokens: 0, pool: view({ idle: 3, oldIdle: 3, inFlight: 2 }) }))).toEqual(EMPTY)
  })

  it('stops one old pod for each new one that arrived', () => {
    const arrived = view({ idle: 4, oldIdle: 3, inFlight: 1, arrived: 1 })
    expect(planPool(input({ policy, tokens: 0, pool: arrived }))).toMatchObject({ ...EMPTY, stopOld: 1 })
  })

  it('keeps the size of a pool that is between low and high', () => {
    const arrived = view({ idle: 6, oldIdle: 4, arrived: 2 })
    expect(planPool(input({ policy: idleCount(0, 50), tokens: 0, pool: arrived }))).toMatchObject({ stopOld: 2 })
  })

  it('keeps the old pod where the new one was needed', () => {
    const needed = view({ idle: 3, oldIdle: 2, arrived: 1 })
    expect(planPool(input({ policy, tokens: 0, pool: needed }))).toEqual(EMPTY)
  })

  it('makes room at the maximum, and leaves half of the idle pods to serve', () => {
    const full = (count: number): PoolPlanInput =>
      input({ policy: { ...policy, maxPods: count }, pool: view({ idle: count, oldIdle: count }) })
    expect(planPool(full(3))).toEqual({ ...EMPTY, stopOld: 1 })
    expect(planPool({ ...full(60), tokens: 6, policy: { ...policy, minPods: 60, maxPods: 60 } })).toMatchObject({
      stopOld: 6,
    })
    expect(planPool({ ...full(4), pool: view({ idle: 3, oldIdle: 3, terminating: 1 }) })).toEqual({
      ...EMPTY,
      stopOld: 0,
    })
  })
})

describe('W7, W8: a version that is not proven', () => {
  const policy = { ...idleCount(3, 3), minPods: 3, maxPods: 10 }
  it('is tried with one pod, while the older one fills the pool', () => {
    const plan = planPool(input({ policy, rollOut: trying, pool: view({ idle: 1, oldIdle: 1 }) }))
    expect(plan).toMatchObject({ createNew: 1, createFallback: 2 })
    const tried = { idle: 3, oldIdle: 3 }
    for (const trial of [{ inFlight: 1 }, { idle: 4 }, { active: 1, newActive: 1 }])
      expect(planPool(input({ policy, rollOut: trying, pool: view({ ...tried, ...trial }) }))).toEqual(EMPTY)
  })

  it('gets the room that was made for it', () => {
    const full = { ...policy, maxPods: 3 }
    const plan = planPool(input({ policy: full, rollOut: trying, pool: view({ idle: 3, oldIdle: 3 }) }))
    expect(plan).toMatchObject({ stopOld: 1, createFallback: 0, createNew: 0 })
    const made = planPool(input({ policy: full, rollOut: trying, pool: view({ idle: 2, oldIdle: 2 }) }))
    expect(made).toMatchObject({ stopOld: 0, createFallback: 0, createNew: 1 })
  })

  it('is tried no more once it is halted, and the older one goes on', () => {
    const plan = planPool(input({ policy, rollOut: halted, pool: view({ idle: 2, oldIdle: 2, waitingSessions: 4 }) }))
    expect(plan).toMatchObject({ createNew: 0, createFallback: 5, stopOld: 0, stopSpare: 0 })
  })

  it('is all there is when it is the first', () => {
    expect(planPool(input({ policy, rollOut: first }))).toMatchObject({ createNew: 3, createFallback: 0 })
  })
})

describe('W9: while nodes have yet to report', () => {
  const policy = { ...idleCount(3, 3), minPods: 3 }
  it('a pool neither shrinks nor refills, and serves who waits', () => {
    const recovering = (pool: Partial<PoolView>): PoolPlan =>
      planPool(input({ policy, isRecovering: true, pool: view(pool) }))
    expect(recovering({})).toEqual(EMPTY)
    expect(recovering({ idle: 9 })).toEqual(EMPTY)
    expect(recovering({ idle: 2, oldIdle: 2 })).toEqual(EMPTY)
    expect(recovering({ waitingSessions: 2 })).toEqual({ ...EMPTY, createNew: 2 })
  })

  it('no pod is made right after the restart, when pods are about to be found', () => {
    const pool = view({ waitingSessions: 2 })
    expect(planPool(input({ policy, isRecovering: true, isFresh: true, pool }))).toEqual(EMPTY)
    expect(planPool(input({ policy, isRecovering: false, isFresh: true, pool }))).toMatchObject({ createNew: 5 })
  })

  it('pods that nobody has heard of go again when those that wait find others', () => {
    const pool = view({ idle: 2, inFlight: 3, unscheduled: 3, waitingSessions: 4 })
    expect(planPool(input({ policy, isRecovering: true, pool }))).toEqual({ ...EMPTY, stopSpare: 1 })
  })
})
