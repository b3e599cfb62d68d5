import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { creatingPod } from '@fornax/node-model/pod-state'
import { expect, it } from 'vitest'
import { chooseRuntime } from './choose-runtime.ts'
import { DELIVERED_AFTER_MS, EndedPods } from './ended-pods.ts'
import { StartGate } from './start-gate.ts'

const SANDBOXES = [
  { name: 'process', isolation: 'none', images: 'host', isOnRequest: false },
  { name: 'bubblewrap', isolation: 'namespace', images: 'host', isOnRequest: false },
] as const
const CONTAINERS = [
  { name: 'containerd', isolation: 'container', images: 'oci', isOnRequest: false },
  { name: 'runsc', isolation: 'sandbox', images: 'oci', isOnRequest: true },
] as const

it.each([
  ['', 'none', 'bubblewrap'],
  ['process', 'none', 'process'],
  ['process', 'namespace', undefined],
  ['', 'container', undefined],
  ['containerd', 'none', undefined],
] as const)('class "%s" with at least %s runs on %s', (runtimeClass, minIsolation, name) => {
  expect(chooseRuntime(SANDBOXES, { runtimeClass, minIsolation, image: 'host' })?.name).toBe(name)
})

it.each([
  ['host', '', 'none', 'bubblewrap'],
  ['shop:1', '', 'none', 'containerd'],
  ['shop:1', '', 'sandbox', 'runsc'],
  ['shop:1', 'runsc', 'none', 'runsc'],
  ['shop:1', 'bubblewrap', 'none', 'bubblewrap'], // Which then says why it cannot.
  ['host', '', 'container', 'containerd'],
] as const)('image "%s" of class "%s" with at least %s runs on %s', (image, runtimeClass, minIsolation, name) => {
  expect(chooseRuntime([...CONTAINERS, ...SANDBOXES], { runtimeClass, minIsolation, image })?.name).toBe(name)
})

const IDLE = { cores: 1, usedMs: () => 0 }

it('lets only so many start at a time, in the order of asking, each in a turn of its own', async () => {
  const clock = new VirtualClock()
  const gate = new StartGate(clock, 1, IDLE)
  const entered: number[] = []
  const leaves = [1, 2, 3].map(async (number) => {
    const leave = await gate.enter(false).entered
    entered.push(number)
    return leave
  })
  const leaveFirst = await leaves[0]
  expect(entered).toEqual([1])
  leaveFirst?.()
  leaveFirst?.() // Once is enough.
  await Promise.resolve()
  expect(entered).toEqual([1])
  clock.advance(0)
  await leaves[1]
  expect(entered).toEqual([1, 2])
})

it('gives the place of a slow starter to the next', async () => {
  const clock = new VirtualClock()
  const gate = new StartGate(clock, 1, IDLE)
  await gate.enter(false).entered
  const next = gate.enter(false).entered
  clock.advance(2_000)
  await next
})

it('keeps ended pods until they were surely told, and not without bound', () => {
  const forgotten: string[] = []
  const ended = new EndedPods((podId) => forgotten.push(podId))
  ended.add(pod('pod-early'), 0)
  ended.add(pod('pod-late'), 5_000)
  ended.forgetDelivered(1, DELIVERED_AFTER_MS)
  expect(forgotten).toEqual([])
  ended.forgetDelivered(0, DELIVERED_AFTER_MS)
  expect(forgotten).toEqual(['pod-early'])
  for (let index = 0; index < 1_000; index += 1) ended.add(pod(`pod-${index}`), 6_000)
  expect(forgotten).toEqual(['pod-early', 'pod-late'])
  expect(ended.list()).toHaveLength(1_000)
})

function pod(podId: string) {
  return creatingPod({ podId, versionId: 'ver-1', runtime: 'process', createdAtMs: 0 })
}
