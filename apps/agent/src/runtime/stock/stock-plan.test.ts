import { expect, it } from 'vitest'
import { demandAt, NO_DEMAND, stockTarget, withPod, type Demand } from './stock-plan.ts'

const BOUNDS = { least: 1, most: 8 }

it('keeps the least while nothing is asked for', () => {
  expect(stockTarget(NO_DEMAND, BOUNDS, 1_000_000)).toBe(1)
  expect(stockTarget(NO_DEMAND, { least: 0, most: 8 }, 1_000_000)).toBe(0)
})

it('grows with the rate of creation, up to the most', () => {
  const targets = [0.5, 1, 2, 20].map((perSecond) => stockTarget(after(60, perSecond), BOUNDS, 60_000))
  expect(targets).toEqual(targets.toSorted((a, b) => a - b))
  expect(targets[0]).toBe(2)
  expect(targets[3]).toBe(8)
})

it('measures a steady rate rightly', () => {
  expect(demandAt(after(60, 2), 60_000)).toBeGreaterThan(1.8)
  expect(demandAt(after(60, 2), 60_000)).toBeLessThan(2.2)
})

it('shrinks to the least again when nothing is made any more', () => {
  const demand = after(60, 5)
  expect(stockTarget(demand, BOUNDS, 60_000)).toBe(8)
  expect(stockTarget(demand, BOUNDS, 75_000)).toBeLessThan(8)
  expect(stockTarget(demand, { least: 0, most: 8 }, 200_000)).toBe(0)
})

/** So many pods a second for so many seconds. */
function after(seconds: number, perSecond: number): Demand {
  let demand = NO_DEMAND
  for (let pod = 1; pod <= seconds * perSecond; pod += 1) demand = withPod(demand, (pod * 1_000) / perSecond)
  return demand
}
