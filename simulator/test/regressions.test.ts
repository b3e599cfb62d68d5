import { expect, it } from 'vitest'
import { drawPlan } from '../src/draw-plan.ts'
import { readRegressions, regressionOf } from '../src/regressions.ts'
import { runPlan } from '../src/run-world.ts'
import { scenarioOf } from '../src/scenarios.ts'

it.each([...readRegressions()])('%s does not fail any more', async (_name, { was, plan }) => {
  expect(was).not.toBe('')
  const { failure, steps } = await runPlan(plan)
  expect(failure).toBeNull()
  expect(steps).toBeGreaterThan(100)
})

it('a run that is kept is the run that failed', () => {
  const plan = drawPlan(21, scenarioOf(21))
  expect(JSON.parse(regressionOf(plan))).toEqual({ was: '', plan })
})
