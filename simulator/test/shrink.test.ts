import { expect, it } from 'vitest'
import { drawPlan } from '../src/draw-plan.ts'
import type { Plan } from '../src/plan.ts'
import type { Failure } from '../src/run-world.ts'
import { scenarioOf } from '../src/scenarios.ts'
import { keeping, shrink } from '../src/shrink.ts'

const PLAN = drawPlan(14, scenarioOf(14))

it('finds the few actions that make a run fail', async () => {
  const needed = [3, 11, 40].flatMap((place) => PLAN.actions[place] ?? [])
  const shrunk = await shrink(PLAN, failure('I3', 'lost: session ses-1'), ({ actions }) =>
    Promise.resolve(needed.every((one) => actions.includes(one)) ? failure('I3', 'lost: session ses-9') : null),
  )
  expect(keeping(PLAN, shrunk.kept).actions).toEqual(needed)
  expect(shrunk.runs).toBeLessThanOrEqual(160)
})

it('keeps no other failure for the one that it looks for', async () => {
  const all = PLAN.actions.length
  const shrunk = await shrink(PLAN, failure('I3', 'lost'), ({ actions }) =>
    Promise.resolve(actions.length === all ? failure('I3', 'lost') : failure('I8', 'late')),
  )
  expect(shrunk.kept).toHaveLength(all)
})

it('stops after a bounded number of runs', async () => {
  let runs = 0
  const isStubborn = (plan: Plan): Promise<Failure | null> => {
    runs += 1
    return Promise.resolve(plan.actions.length > PLAN.actions.length - 2 ? failure('I3', 'lost') : null)
  }
  await shrink(PLAN, failure('I3', 'lost'), isStubborn)
  expect(runs).toBeLessThanOrEqual(160)
})

function failure(invariant: string, what: string): Failure {
  return { invariant, what, step: 1, atMs: PLAN.durationMs, last: [] }
}
