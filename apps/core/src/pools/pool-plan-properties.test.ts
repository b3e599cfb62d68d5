/** What holds of every plan, and of a pool that is kept by its plans. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idleCount, input, view } from '../../test/support/pools.ts'
import type { ScalingPolicy } from '../applications/application.ts'
import { planPool, totalOf, type PoolPlan, type PoolPlanInput, type PoolView, type RollOut } from './pool-plan.ts'

const proven: RollOut = { kind: 'proven' }
const first: RollOut = { kind: 'unproven', hasFallback: false }
const trying: RollOut = { kind: 'unproven', hasFallback: true }
const halted: RollOut = { kind: 'halted' }

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

  it('wants nothing of a burst without end, if it wants nothing of one token', () => {
    fc.assert(
      fc.property(anyInput(), (given) => {
        fc.pre(isEmpty(planPool({ ...given, tokens: 1 })))
        expect(isEmpty(planPool({ ...given, tokens: Number.MAX_SAFE_INTEGER }))).toBe(true)
      }),
      { numRuns: 5_000 },
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
