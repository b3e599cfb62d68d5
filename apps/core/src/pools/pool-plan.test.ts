import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScalingPolicy } from '../applications/application.ts'
import { planPool, totalOf, type PoolPlan, type PoolPlanInput, type PoolView, type RollOut } from './pool-plan.ts'

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

describe('any plan', () => {
  it('keeps the safety rules', () => {
    fc.assert(
      fc.property(anyInput(), (given) => {
        const plan = planPool(given)
        const { pool, policy } = given
        const created = plan.createNew + plan.createFallback
        const stopped = plan.stopOld + plan.stopSpare
        for (const count of [plan.createNew, plan.createFallback, plan.stopOld, plan.stopSpare, plan.tokensUsed])
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
        if (created > 0) expect(totalOf(pool) + created).toBeLessThanOrEqual(policy.maxPods) // W1
        expect(stopped).toBeLessThanOrEqual(pool.idle + pool.inFlight) // W5: nothing that serves.
        expect(plan.stopOld).toBeLessThanOrEqual(pool.oldIdle) // W5
        const lasting = totalOf(pool) - pool.terminating
        if (plan.stopSpare > 0 && !given.isRecovering)
          expect(lasting - plan.stopSpare).toBeGreaterThanOrEqual(Math.min(policy.minPods, policy.maxPods)) // W4
        expect(plan.tokensUsed).toBeLessThanOrEqual(given.tokens) // The burst.
        if (given.rollOut.kind === 'halted') expect(plan.createNew + plan.stopOld).toBe(0) // W8
        if (given.rollOut.kind === 'unproven' && given.rollOut.hasFallback) {
          expect(plan.createNew).toBeLessThanOrEqual(1) // W8
          const tried = pool.inFlight - pool.oldInFlight + pool.idle - pool.oldIdle + pool.newActive
          if (plan.createNew > 0) expect(tried).toBe(0) // W8
        }
        if (given.isBackingOff) expect(plan.createNew).toBe(0) // W10
        if (given.isRecovering) expect([plan.stopOld, plan.tokensUsed]).toEqual([0, 0]) // W9
        expect(planPool(given)).toEqual(plan)
      }),
      { numRuns: 2_000 },
    )
  })

  it('once carried out soon leads to an empty one, and is never undone', () => {
    fc.assert(
      fc.property(anyInput(), (given) => {
        let now = { ...given, pool: { ...given.pool, unscheduled: 0 } } // These would give their room back at once.
        const plans = [1, 2, 3, 4].map(() => {
          const plan = planPool(now)
          now = { ...now, pool: carriedOut(now, plan), tokens: now.tokens - plan.tokensUsed }
          return plan
        })
        expect(plans.slice(1).every(({ createNew, createFallback }) => createNew + createFallback === 0)).toBe(true)
        expect(plans.slice(3).every(isEmpty)).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('a pool that is kept by its plans', () => {
  it('comes to rest within its bounds, with the newest version, whatever it began with', () => {
    fc.assert(
      fc.property(anyInput(), (given) => {
        const pool = runToRest({ ...given, rollOut: proven, isRecovering: false, isBackingOff: false })
        const { policy } = given
        const total = pool.idle + pool.active
        expect(pool.oldIdle).toBe(0) // W6
        expect(total).toBeLessThanOrEqual(Math.max(policy.maxPods, pool.active)) // W1
        const isFull = total >= policy.maxPods
        if (!isFull) expect(total).toBeGreaterThanOrEqual(policy.minPods) // W4
        expect(missing(policy, pool) > 0 && !isFull).toBe(false) // W3
        expect(surplus(policy, pool) > 0 && total > policy.minPods).toBe(false) // W3
      }),
      { numRuns: 1_000 },
    )
  })

  it('never falls below what its fallback gives while a version fails', () => {
    fc.assert(
      fc.property(anyPolicy(), fc.nat(20), (policy, tries) => {
        const size = Math.min(policy.maxPods, 12)
        let pool = view({ idle: size, oldIdle: size })
        const least = Math.min(size, minimumIdle(policy))
        for (let turn = 0; turn < 12; turn += 1) {
          const rollOut = turn < tries && turn < 6 ? trying : halted
          const given = input({ policy, pool, rollOut })
          pool = carriedOut(given, planPool(given))
          pool = { ...pool, terminating: 0, inFlight: 0, oldInFlight: 0 } // What is tried fails…
          pool = { ...pool, idle: pool.idle + arrivals(given), oldIdle: pool.oldIdle + arrivals(given) } // …what is old works.
          expect(pool.idle).toBeGreaterThanOrEqual(least - 1) // One makes room at the maximum.
          expect(pool.idle).toBe(pool.oldIdle)
        }
        if (policy.maxPods > 1 && minimumIdle(policy) > 0) expect(pool.idle).toBeGreaterThan(0)
      }),
    )
  })
})

/** How many pods of the fallback a plan has made, which become ready. */
function arrivals(given: PoolPlanInput): number {
  return planPool(given).createFallback + given.pool.oldInFlight
}

/** What an idle pool keeps. A share of nothing is nothing. */
function minimumIdle({ target, minPods, maxPods }: ScalingPolicy): number {
  return Math.min(maxPods, Math.max(minPods, target.kind === 'idleCount' ? target.low : 0))
}

function missing({ target }: ScalingPolicy, { idle, active }: PoolView): number {
  if (target.kind === 'idleCount') return target.low - idle
  return target.low * (idle + active) - 100 * idle
}

/** Positive when one idle pod less would still be more than high. */
function surplus({ target }: ScalingPolicy, { idle, active }: PoolView): number {
  if (target.kind === 'idleCount') return idle - target.high
  return 100 * (idle - 1) - target.high * (idle - 1 + active)
}

/** Plans, carries out, lets pods arrive and go, until nothing happens any more. */
function runToRest(start: PoolPlanInput): PoolView {
  let { pool } = start
  for (let turn = 0; turn < 2_000; turn += 1) {
    const given = { ...start, pool, tokens: Math.max(1, start.tokens), mayShrink: true }
    const plan = planPool(given)
    const planned = carriedOut(given, plan)
    if (isEmpty(plan) && planned.inFlight + planned.terminating + planned.unreachable === 0) return served(planned)
    const arrived = planned.inFlight - planned.oldInFlight
    pool = served({
      ...planned,
      idle: planned.idle + planned.inFlight + planned.unreachable,
      oldIdle: planned.oldIdle + planned.oldInFlight,
      arrived,
      inFlight: 0,
      oldInFlight: 0,
      unscheduled: 0,
      unreachable: 0,
      terminating: 0,
    })
  }
  throw new Error('the pool never comes to rest')
}

/** Sessions that wait take free slots, then idle pods: new ones first. */
function served(pool: PoolView): PoolView {
  const bySlots = Math.min(pool.waitingSessions, pool.openSlots)
  const left = pool.waitingSessions - bySlots
  const taken = Math.min(pool.idle, Math.ceil(left / pool.sessionsPerPod))
  const bySlotsOfTaken = Math.min(left, taken * pool.sessionsPerPod)
  return {
    ...pool,
    idle: pool.idle - taken,
    oldIdle: Math.min(pool.oldIdle, pool.idle - taken),
    active: pool.active + taken,
    waitingSessions: left - bySlotsOfTaken,
    openSlots: pool.openSlots - bySlots + taken * pool.sessionsPerPod - bySlotsOfTaken,
  }
}

/** The pool in the instant after a plan was carried out, as the fleet does it. */
function carriedOut({ pool, rollOut }: PoolPlanInput, plan: PoolPlan): PoolView {
  const isTrying = rollOut.kind === 'halted' || (rollOut.kind === 'unproven' && rollOut.hasFallback)
  const trial = isTrying ? pool.inFlight - pool.oldInFlight : 0
  const unscheduled = Math.min(plan.stopSpare, pool.unscheduled)
  const making = Math.min(plan.stopSpare, pool.inFlight - trial)
  const idle = plan.stopSpare - making
  const oldInFlight = Math.max(0, pool.oldInFlight - making) // W5: older versions first.
  return {
    ...pool,
    arrived: 0,
    idle: pool.idle - plan.stopOld - idle,
    oldIdle: pool.oldIdle - plan.stopOld - Math.min(pool.oldIdle - plan.stopOld, idle),
    inFlight: pool.inFlight - making + plan.createNew + plan.createFallback,
    oldInFlight: oldInFlight + plan.createFallback,
    unscheduled: pool.unscheduled - unscheduled,
    terminating: pool.terminating + plan.stopOld + idle + (making - unscheduled),
  }
}

function isEmpty(plan: PoolPlan): boolean {
  return plan.createNew + plan.createFallback + plan.stopOld + plan.stopSpare === 0
}

const EMPTY: PoolPlan = {
  createNew: 0,
  createFallback: 0,
  stopOld: 0,
  stopSpare: 0,
  tokensUsed: 0,
  isAboveTarget: false,
}

function anyPolicy(): fc.Arbitrary<ScalingPolicy> {
  const target = fc.oneof(
    fc.tuple(fc.nat(12), fc.nat(6)).map(([low, more]) => ({ kind: 'idleCount', low, high: low + more }) as const),
    fc
      .tuple(fc.nat(100), fc.nat(100))
      .map(([a, b]) => ({ kind: 'idlePercent', low: Math.min(a, b), high: Math.max(a, b) }) as const),
  )
  return fc.record({ target, minPods: fc.nat(8), more: fc.integer({ min: 1, max: 16 }) }).map((given) => ({
    ...idleCount(0, 0),
    target: given.target,
    minPods: given.minPods,
    maxPods: given.minPods + given.more,
  }))
}

function anyInput(): fc.Arbitrary<PoolPlanInput> {
  const pool = fc
    .record({
      old: fc.record({ idle: fc.nat(8), inFlight: fc.nat(4) }),
      fresh: fc.record({ idle: fc.nat(8), inFlight: fc.nat(4) }),
      unreachable: fc.nat(4),
      unscheduled: fc.nat(4),
      arrived: fc.nat(4),
      active: fc.nat(8),
      newActive: fc.nat(2),
      terminating: fc.nat(4),
      waitingSessions: fc.nat(12),
      sessionsPerPod: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ old, fresh, ...rest }): PoolView => {
      const idle = old.idle + fresh.idle
      const inFlight = old.inFlight + fresh.inFlight
      return {
        ...rest,
        idle,
        oldIdle: old.idle,
        inFlight,
        oldInFlight: old.inFlight,
        unscheduled: Math.min(inFlight, rest.unscheduled),
        arrived: Math.min(fresh.idle, rest.arrived),
        newActive: Math.min(rest.active, rest.newActive),
        openSlots: rest.active * (rest.sessionsPerPod - 1),
      }
    })
  return fc
    .record({
      policy: anyPolicy(),
      pool,
      rollOut: fc.constantFrom(proven, first, trying, halted),
      tokens: fc.nat(10),
      isBackingOff: fc.boolean(),
      isFallbackBackingOff: fc.boolean(),
      isRecovering: fc.boolean(),
      isFresh: fc.boolean(),
      mayShrink: fc.boolean(),
    })
    .map(asCanBe)
}

/** The first version has nothing older beside it; nothing that is not proven has arrived. */
function asCanBe(given: PoolPlanInput): PoolPlanInput {
  const { pool, rollOut } = given
  if (rollOut.kind === 'proven') return given
  const isFirst = rollOut.kind === 'unproven' && !rollOut.hasFallback
  return { ...given, pool: isFirst ? { ...pool, oldIdle: 0, oldInFlight: 0 } : { ...pool, arrived: 0 } }
}

function input(overrides: Partial<PoolPlanInput> = {}): PoolPlanInput {
  return {
    policy: idleCount(0, 0),
    pool: view({}),
    rollOut: proven,
    tokens: 100,
    isBackingOff: false,
    isFallbackBackingOff: false,
    isRecovering: false,
    isFresh: false,
    mayShrink: true,
    ...overrides,
  }
}

function view(overrides: Partial<PoolView>): PoolView {
  return {
    idle: 0,
    oldIdle: 0,
    unreachable: 0,
    inFlight: 0,
    oldInFlight: 0,
    unscheduled: 0,
    arrived: 0,
    active: 0,
    newActive: 0,
    terminating: 0,
    waitingSessions: 0,
    sessionsPerPod: 1,
    openSlots: 0,
    ...overrides,
  }
}

function idleCount(low: number, high: number): ScalingPolicy {
  return {
    minPods: 0,
    maxPods: 100,
    burst: 100,
    scaleDownDelayMs: 0,
    target: { kind: 'idleCount', low, high },
    keepHot: 0,
    hibernateAfterMs: null,
  }
}
