import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { creatingPod, type Pod } from '@fornax/node-model/pod-state'
import { expect, it } from 'vitest'
import { createMemoryLedger, LedgerMemory } from '../ledger/memory-ledger.ts'
import { NodeRecord } from '../ledger/node-record.ts'
import type { RuntimePod } from '../runtime/runtime.ts'
import { DozeRound } from './pod-doze.ts'
import { PodRest } from './pod-rest.ts'
import { ReclaimQueue } from './pod-sleeper.ts'

const DEEPER_MS = 1_000

it('leaves it to how a pod ended to say why, when that was in its sleep between two packets', async () => {
  const world = new World()
  world.rest.doze(DEEPER_MS)
  await settled()
  expect(world.rest.isOut).toBe(true)
  world.rest.end()
  expect(world.lost).toEqual([])
})

it('says of a pod that ended while it was woken for its session that it did', async () => {
  const world = new World()
  world.rest.doze(DEEPER_MS)
  await settled()
  void world.rest.wake(true)
  world.rest.end()
  expect(world.lost).toEqual(['it ended as it woke'])
})

class World {
  readonly lost: string[] = []
  readonly rest: PodRest

  constructor() {
    const clock = new VirtualClock(1_000)
    const birth = { podId: 'pod-a', versionId: 'ver-a', runtime: 'containerd', createdAtMs: 0 }
    const pod: Pod = { ...creatingPod(birth), phase: 'active', dozeAfterMs: 4_000 }
    this.rest = new PodRest({
      world: {
        clock,
        stopwatch: () => clock.nowMs(),
        reclaims: new ReclaimQueue(),
        dozes: new DozeRound(clock),
        record: new NodeRecord(createMemoryLedger(new LedgerMemory()), clock, 0),
        log: createLog('agent', 'silent'),
      },
      pod: () => pod,
      link: () => null,
      apply: () => undefined,
      lost: (reason) => void this.lost.push(reason),
      sessions: () => [],
    })
    this.rest.begin(RUNNING)
  }
}

const RUNNING: RuntimePod = {
  podId: 'pod-a',
  handle: '',
  ended: new Promise(() => undefined),
  freeze: () => Promise.resolve(),
  thaw: () => Promise.resolve(),
  reclaim: () => Promise.resolve(null),
  measureMemory: () => Promise.resolve(null),
  probeAddress: () => null,
  execute: () => Promise.resolve(false),
  openEndpoints: () => Promise.resolve({ kind: 'opened', endpoints: [] }),
  closeEndpoints: () => Promise.resolve(),
  stop: () => undefined,
}

/** Whatever can go on without time passing has gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
