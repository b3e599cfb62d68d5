import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import type { ResourceUse, Runtime } from '../runtime/runtime.ts'
import { machineGauge, UsageMeter } from './usage-meter.ts'

const QUIET = { swappedBytes: 0, receivedBytesPerSecond: 0, sentBytesPerSecond: 0 }

it('turns CPU time into a rate since the last measurement', async () => {
  const world = newWorld(() => world.machine)
  world.pods.set('pod-1', { cpuMs: 500, memoryBytes: 10 })
  world.clock.advance(1_000)
  await world.meter.measure()
  world.pods.set('pod-1', { cpuMs: 1_500, memoryBytes: 20 })
  world.pods.set('pod-2', { cpuMs: 700, memoryBytes: 5 })
  world.machine = { cpuMs: 4_000, memoryBytes: 1_000 }
  world.clock.advance(2_000)
  expect(await world.meter.measure()).toEqual({
    node: { cpuMillis: 2_000, memoryBytes: 1_000 },
    pods: [
      { podId: 'pod-1', cpuMillis: 500, memoryBytes: 20, ...QUIET },
      { podId: 'pod-2', cpuMillis: 0, memoryBytes: 5, ...QUIET }, // Nothing to compare with yet.
    ],
  })
})

it('turns what went over the network into bytes a second, and tells what is swapped out', async () => {
  const world = newWorld(() => world.machine)
  world.pods.set('pod-1', { cpuMs: 0, memoryBytes: 1, swappedBytes: 7, receivedBytes: 1_000, sentBytes: 50 })
  await world.meter.measure()
  world.pods.set('pod-1', { cpuMs: 0, memoryBytes: 1, swappedBytes: 9, receivedBytes: 5_000, sentBytes: 50 })
  world.clock.advance(2_000)
  expect((await world.meter.measure()).pods).toEqual([
    {
      podId: 'pod-1',
      cpuMillis: 0,
      memoryBytes: 1,
      swappedBytes: 9,
      receivedBytesPerSecond: 2_000,
      sentBytesPerSecond: 0,
    },
  ])
})

it('never says less than nothing, when a process took its time with it', async () => {
  const world = newWorld(() => world.machine)
  world.pods.set('pod-1', { cpuMs: 500, memoryBytes: 10 })
  await world.meter.measure()
  world.pods.set('pod-1', { cpuMs: 100, memoryBytes: 10 })
  world.clock.advance(1_000)
  expect((await world.meter.measure()).pods[0]?.cpuMillis).toBe(0)
})

it('a node without a machine uses what its pods use', async () => {
  const world = newWorld(null)
  world.pods.set('pod-1', { cpuMs: 0, memoryBytes: 10 })
  world.pods.set('pod-2', { cpuMs: 0, memoryBytes: 32 })
  expect((await world.meter.measure()).node).toEqual({ cpuMillis: 0, memoryBytes: 42 })
})

it('reads this machine', () => {
  const { cpuMs, memoryBytes } = machineGauge()
  expect(cpuMs).toBeGreaterThan(0)
  expect(memoryBytes).toBeGreaterThan(1_000_000)
})

function newWorld(gauge: (() => ResourceUse) | null) {
  const clock = new VirtualClock()
  const pods = new Map<string, ResourceUse>()
  const world = { clock, pods, machine: { cpuMs: 0, memoryBytes: 0 } }
  const runtime: Pick<Runtime, 'readUsage'> = { readUsage: () => Promise.resolve(pods) }
  const isReady = { now: false }
  const meter = new UsageMeter([runtime], clock, gauge === null ? null : () => (isReady.now ? gauge() : world.machine))
  isReady.now = true
  return Object.assign(world, { meter })
}
