import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planRest, sleepsAtMs, type RestView } from './rest-plan.ts'

const on = { keepHot: 2, hibernateAfterMs: 1_000 }

describe('idle pods', () => {
  it.each([
    ['W13: sleep down to those that are kept hot', { hot: 5, waking: 0, asleep: 0 }, { maySleep: 3, wake: 0 }],
    ['W13: count those that wake as hot', { hot: 2, waking: 1, asleep: 0 }, { maySleep: 1, wake: 0 }],
    ['W14: are woken when too few are hot', { hot: 0, waking: 1, asleep: 9 }, { maySleep: 0, wake: 1 }],
    ['W14: are woken as far as there are any', { hot: 0, waking: 0, asleep: 1 }, { maySleep: 0, wake: 1 }],
    ['stay as they are when all is well', { hot: 2, waking: 0, asleep: 7 }, { maySleep: 0, wake: 0 }],
  ])('%s', (_what, counts, plan) => expect(planRest({ policy: on, ...counts })).toEqual(plan))

  it('never sleep without hibernateAfterMs, and those that do are woken', () => {
    const policy = { keepHot: 0, hibernateAfterMs: null }
    expect(planRest({ policy, hot: 4, waking: 0, asleep: 3 })).toEqual({ maySleep: 0, wake: 3 })
  })
})

it('a plan that is carried out leads to an empty one: who was woken is not put to sleep for it', () => {
  const counts = fc.record({ hot: fc.nat(20), waking: fc.nat(20), asleep: fc.nat(20) })
  const policies = fc.record({ keepHot: fc.nat(20), hibernateAfterMs: fc.option(fc.nat(9)) })
  fc.assert(
    fc.property(policies, counts, (policy, { hot, waking, asleep }) => {
      const { maySleep, wake } = planRest({ policy, hot, waking, asleep })
      expect(maySleep === 0 || wake === 0).toBe(true)
      const now: RestView = { policy, hot: hot - maySleep, waking: waking + wake, asleep: asleep - wake + maySleep }
      expect(planRest(now)).toEqual({ maySleep: 0, wake: 0 })
      if (policy.hibernateAfterMs !== null && maySleep > 0)
        expect(now.hot + now.waking).toBeGreaterThanOrEqual(policy.keepHot)
    }),
  )
})

it('P9: a pod that could not sleep is left alone for a while', () => {
  expect(sleepsAtMs({ phaseSinceMs: 10, noSleepBeforeMs: 0 }, 100)).toBe(110)
  expect(sleepsAtMs({ phaseSinceMs: 10, noSleepBeforeMs: 500 }, 100)).toBe(500)
})
