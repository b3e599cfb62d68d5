import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it, vi } from 'vitest'
import { createMemoryLedger } from '../ledger/memory-ledger.ts'
import { NodeRecord } from '../ledger/node-record.ts'
import type { WorkloadState } from '../pods/node-workload.ts'
import { CoreLink } from './core-link.ts'
import type { CoreSessionWorld } from './core-session.ts'

it('tries again, and says why, when something else than the core keeps a stream from beginning', async () => {
  const world = linkWorld()
  const warn = vi.spyOn(world.log, 'warn')
  let attempts = 0
  const openStream = (): Promise<never> => {
    attempts += 1
    return Promise.reject(new Error('no space left on the device'))
  }
  const link = new CoreLink({ coreAddress: 'core:1', openStream, introduction, random: { nextInt: () => 0 } }, world)
  link.start()
  await vi.waitFor(() => {
    world.clock.runNext()
    expect(attempts).toBeGreaterThan(2)
  })
  expect(warn.mock.calls[0]?.[0]).toMatchObject({ reason: expect.stringContaining('no space left on the device') })
  await link[Symbol.asyncDispose]()
})

const introduction = {
  name: 'node-a',
  ledgerId: 'led-1',
  agentVersion: '1',
  resources: { cpuMillis: 1, memoryBytes: 1, pods: 1 },
  runtimes: [],
  labels: {},
  taints: [],
  address: '127.0.0.1',
}

function linkWorld(): CoreSessionWorld & { readonly clock: VirtualClock } {
  const clock = new VirtualClock()
  const nothing: WorkloadState = { pods: [], sessions: [], versionIds: [] }
  return {
    clock,
    record: new NodeRecord(createMemoryLedger(), clock, 0),
    marks: { list: [] },
    log: createLog('agent', 'silent'),
    workload: { state: () => nothing, apply: () => undefined },
    logs: { read: () => () => undefined },
    images: { preload: () => undefined },
    pressure: { measure: () => Promise.resolve({ memory: false, disk: false, pids: false }) },
    usage: { measure: () => Promise.resolve({ node: { cpuMillis: 0, memoryBytes: 0 }, pods: [] }) },
  }
}
