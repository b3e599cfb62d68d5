import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { expect, it, vi } from 'vitest'
import { createMemoryLedger } from '../ledger/memory-ledger.ts'
import { NodeRecord } from '../ledger/node-record.ts'
import { PodLogs } from '../logs/pod-logs.ts'
import { UNSHARED_PORT_BLOCKS } from '../ports/port-blocks.ts'
import { HOST_PORTS, PortPool } from '../ports/port-pool.ts'
import { orderOf } from '../runtime/bubblewrap/test/scratch-orders.ts'
import { podsFolderOf } from '../runtime/pod-folder.ts'
import { createProcessRuntime } from '../runtime/process/process-runtime.ts'
import { SessionFolders } from '../sessions/session-folders.ts'
import { NodeWorkload } from './node-workload.ts'
import { StartGate } from './start-gate.ts'

it('leaves no session socket open, and starts nothing, when the agent ends while a pod is being made', async () => {
  await using world = await newWorld()
  const { workload, record, runtime } = world
  const { version } = orderOf('pod-1', 'setInterval(() => {}, 1e6)', { usesSessionService: true })
  workload.apply({ kind: 'defineVersion', version })
  workload.apply({ kind: 'createPod', podId: 'pod-1', versionId: version.versionId })
  const folder = world.folders.pathOf('pod-1')
  for (let turn = 0; turn < 1_000 && !existsSync(folder); turn += 1) {
    record.flush()
    await Promise.resolve()
  }
  expect(existsSync(folder)).toBe(true) // Its socket is being made now.
  await workload.letGo()
  await vi.waitFor(async () => expect(await answers(join(folder, 'session.sock'))).toBe(false), { timeout: 5_000 })
  await turnsOfTheLoop(20)
  expect(await answers(join(folder, 'session.sock'))).toBe(false)
  expect(await runtime.listPodIds()).toEqual([])
})

async function newWorld() {
  const dataDir = await mkdtemp(join(tmpdir(), 'fornax-supervisor-'))
  const log = createLog('agent', 'silent')
  const clock = systemClock
  const podsFolder = podsFolderOf(dataDir, 'process')
  const runtime = createProcessRuntime({ podsFolder, host: '127.0.0.1', path: '', clock, log })
  const ledger = createMemoryLedger()
  const record = new NodeRecord(ledger, clock, 0)
  const blocks = UNSHARED_PORT_BLOCKS
  const ports = new PortPool({ range: HOST_PORTS, clock, blocks, put: (change) => record.put(change) }, ledger.load())
  const folders = new SessionFolders(dataDir)
  const logs = new PodLogs({ clock })
  const gate = new StartGate(clock, 4)
  const workload = new NodeWorkload({ clock, log, record, ports, logs, gate, folders, dataDir }, [runtime], () => null)
  return {
    workload,
    record,
    runtime,
    folders,
    [Symbol.asyncDispose]: async () => {
      for (const podId of await runtime.listPodIds()) await runtime.destroyPod(podId)
      await runtime[Symbol.asyncDispose]()
      logs[Symbol.dispose]()
      await rm(dataDir, { recursive: true })
    },
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function turnsOfTheLoop(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
