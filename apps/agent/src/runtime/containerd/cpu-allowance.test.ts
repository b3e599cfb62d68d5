import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it } from 'vitest'
import type { PodSleep } from '../runtime.ts'
import { CpuAllowance } from './cpu-allowance.ts'

const ALLOWANCE_MS = 5_000

it('bounds a pod that started and is ready when its time is over, and not before', () => {
  const { allowance, clock, did } = world()
  allowance.start()
  allowance.settle()
  clock.advance(ALLOWANCE_MS - 1)
  expect(did).toEqual([])
  clock.advance(1)
  expect(did).toEqual(['cap 100'])
})

it('bounds a pod that is late when it is ready, and not before', () => {
  const { allowance, clock, did } = world()
  allowance.start()
  clock.advance(10 * ALLOWANCE_MS)
  expect(did).toEqual([])
  allowance.settle()
  expect(did).toEqual(['cap 100'])
  allowance.settle() // Once is enough.
  expect(did).toHaveLength(1)
})

it('bounds a pod that is not ready when its agent leaves it', () => {
  const { allowance, clock, did } = world()
  allowance.start()
  clock.advance(10 * ALLOWANCE_MS)
  allowance.leave()
  expect(did).toEqual(['cap 100'])
})

it('frees a pod before it wakes, and bounds it again when its time is over', async () => {
  const { allowance, clock, did, sleep } = world()
  allowance.cap()
  await sleep.freeze()
  await sleep.thaw()
  expect(did).toEqual(['cap 100', 'freeze', 'free', 'thaw'])
  clock.advance(ALLOWANCE_MS)
  expect(did.at(-1)).toBe('cap 100')
})

it('does nothing to a pod that nobody looks after any more', () => {
  const { allowance, clock, did } = world()
  allowance.start()
  allowance.end()
  clock.advance(2 * ALLOWANCE_MS)
  expect(did).toEqual([])
})

it('bounds at once whoever its agent leaves, and does nothing to them later', async () => {
  const { allowance, clock, did, sleep } = world()
  await sleep.freeze()
  await sleep.thaw()
  allowance.leave()
  expect(did).toEqual(['freeze', 'free', 'thaw', 'cap 100'])
  clock.advance(2 * ALLOWANCE_MS)
  expect(did).toHaveLength(4)
})

it('frees nobody who was not frozen', async () => {
  const { did, sleep } = world()
  await sleep.thaw()
  expect(did).toEqual(['thaw'])
})

function world() {
  let isFrozen = false
  const did: string[] = []
  const note = (what: string): Promise<void> => {
    did.push(what)
    return Promise.resolve()
  }
  const clock = new VirtualClock()
  const allowance = new CpuAllowance({
    cgroups: { capCpu: (_name, cpuMillis) => void did.push(cpuMillis === null ? 'free' : `cap ${cpuMillis}`) },
    groupName: 'pod-a',
    cpuMillis: 100,
    allowanceMs: ALLOWANCE_MS,
    clock,
    log: createLog('agent', 'silent'),
  })
  const sleep: PodSleep = {
    freeze: () => ((isFrozen = true), note('freeze')),
    thaw: () => ((isFrozen = false), note('thaw')),
    reclaim: () => Promise.resolve(null),
    measureMemory: () => Promise.resolve(null),
  }
  return { allowance, clock, did, sleep: allowance.freeAfter(sleep, () => isFrozen) }
}
