/** What the auditor costs beside 300,000 pods, in time of the processor: other work on the machine does not count. */
import { systemStopwatch } from '@fornax/kernel/clock'
import { expect, it, onTestFinished } from 'vitest'
import { LargeFleet } from '../../test/support/large-fleet.ts'
import { Auditor } from './auditor.ts'
import type { Violation } from './evidence.ts'

const PODS = { nodes: 1_000, applications: 1_000, pods: 300_000 }

it('costs at most 1 % of a core while nothing happens', () => {
  const { costMs, found } = costOf({ seconds: 180, sessionsPerSecond: 0 })
  expect(found).toEqual([])
  expect(costMs / 180_000).toBeLessThanOrEqual(0.01)
})

it('costs at most 3 % of a core at 5,000 changes a second', () => {
  const { costMs, found, changes } = costOf({ seconds: 70, sessionsPerSecond: 500 })
  expect(found).toEqual([])
  expect(changes / 70).toBeGreaterThan(5_000)
  expect(costMs / 70_000).toBeLessThanOrEqual(0.03)
})

type Load = { readonly seconds: number; readonly sessionsPerSecond: number }

/** Prints what it measures: the length of a slice depends on what else the machine does. */
function costOf({ seconds, sessionsPerSecond }: Load): { costMs: number; changes: number; found: Violation[] } {
  const world = new LargeFleet(PODS)
  const found: Violation[] = []
  const slicesMs: number[] = []
  let costUs = 0
  const schedule = (delayMs: number, work: () => void) =>
    world.clock.schedule(delayMs, () => {
      const before = process.threadCpuUsage()
      const beganMs = systemStopwatch()
      work()
      slicesMs.push(systemStopwatch() - beganMs)
      const { user, system } = process.threadCpuUsage(before)
      costUs += user + system
    })
  const clock = { nowMs: () => world.clock.nowMs(), schedule }
  const notice = (violation: Violation): void => void found.push(violation)
  const auditor = new Auditor({
    state: world.state,
    deadlines: world,
    clock,
    stopwatch: systemStopwatch,
    found: notice,
  })
  onTestFinished(() => {
    auditor[Symbol.dispose]()
    world[Symbol.dispose]()
  })
  const before = world.state.changes.count
  for (let tick = 0; tick < seconds * 20; tick += 1) {
    if (tick % 40 === 0) world.beat()
    if (sessionsPerSecond > 0) world.churn(sessionsPerSecond / 20)
    world.run(50)
  }
  const changes = world.state.changes.count - before
  const sorted = slicesMs.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2)
  const share = ((costUs / seconds / 1e6) * 100).toFixed(2)
  console.info(
    `${changes / seconds} changes/s: ${share} % of a core, ${sorted.length} slices, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
  )
  return { costMs: costUs / 1_000, changes, found }
}
