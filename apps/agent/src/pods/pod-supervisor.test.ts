import { chmodSync, existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemStopwatch } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { waitingSession } from '@fornax/node-model/node-session-state'
import { creatingPod } from '@fornax/node-model/pod-state'
import { expect, it, vi } from 'vitest'
import { asOrdinaryUser } from '../../test/support/ordinary-user.ts'
import { createMemoryLedger, LedgerMemory } from '../ledger/memory-ledger.ts'
import { NodeRecord } from '../ledger/node-record.ts'
import { PodLogs } from '../logs/pod-logs.ts'
import { UNSHARED_PORT_BLOCKS } from '../ports/port-blocks.ts'
import { HOST_PORTS, PortPool } from '../ports/port-pool.ts'
import { orderOf } from '../runtime/bubblewrap/test/scratch-orders.ts'
import { podsFolderOf } from '../runtime/pod-folder.ts'
import { createProcessRuntime } from '../runtime/process/process-runtime.ts'
import { SessionFolders } from '../sessions/session-folders.ts'
import { NodeWorkload } from './node-workload.ts'
import { DozeRound } from './pod-doze.ts'
import { ReclaimQueue } from './pod-sleeper.ts'
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

it('rests the ports of a pod that the agent before it noted and never started, and takes others', async () => {
  const memory = new LedgerMemory()
  const { version } = orderOf('pod-1', 'setInterval(() => {}, 1e6)', { ports: [WEB] })
  const pod = creatingPod({ podId: 'pod-1', versionId: version.versionId, runtime: 'process', createdAtMs: Date.now() })
  const row = { pod, handle: null, hostPorts: [HOST_PORTS.first], sessionFolder: null, needsSecrets: false }
  createMemoryLedger(memory).commit(
    [
      { kind: 'putVersion', version },
      { kind: 'putPod', row },
    ],
    1,
  )
  await using world = await newWorld(memory)
  const contents = createMemoryLedger(memory).load()
  await world.workload.recover(contents)
  await vi.waitFor(() => expect(memory.pods.get('pod-1')?.pod.phase).toBe('standby'), { timeout: 5_000 })
  expect(memory.pods.get('pod-1')?.hostPorts).not.toContain(HOST_PORTS.first)
  expect([...memory.portRests.keys()]).toEqual([HOST_PORTS.first])
})

it('rests the ports of a pod and its session that it can no longer look after', async () => {
  const memory = new LedgerMemory()
  const { first } = HOST_PORTS
  const pod = creatingPod({ podId: 'pod-1', versionId: 'ver-1', runtime: 'another', createdAtMs: 0 })
  const birth = { sessionId: 'ses-1', podId: 'pod-1', grantEpoch: 1, order: null, deadlineMs: null }
  createMemoryLedger(memory).commit(
    [
      { kind: 'putPod', row: { pod, handle: null, hostPorts: [first], sessionFolder: null, needsSecrets: false } },
      { kind: 'putSession', session: { ...waitingSession(birth), hostPorts: [first + 1] } },
    ],
    1,
  )
  await using world = await newWorld(memory)
  await world.workload.recover(createMemoryLedger(memory).load())
  world.record.flush()
  expect([...memory.portRests.keys()]).toEqual([first, first + 1])
})

it('fails a pod that the agent before it noted, whose secrets went with that agent', async () => {
  const memory = new LedgerMemory()
  const { version } = orderOf('pod-1', 'setInterval(() => {}, 1e6)')
  const secrets = { env: { KEY: 'of that agent' }, files: [], credentials: [], problem: '' }
  {
    await using before = await newWorld(memory)
    before.workload.apply({ kind: 'defineVersion', version })
    before.workload.apply({ kind: 'createPod', podId: 'pod-1', versionId: version.versionId, secrets })
    // It is in the ledger from then on; the agent dies before it starts the pod.
    const letGo = before.workload.letGo()
    before.record.flush()
    await letGo
  }
  expect(memory.pods.get('pod-1')).toMatchObject({ handle: null, pod: { phase: 'creating' } })
  await using world = await newWorld(memory)
  await world.workload.recover(createMemoryLedger(memory).load())
  await vi.waitFor(
    () => {
      world.record.flush()
      expect(memory.pods.get('pod-1')?.pod).toMatchObject({ phase: 'failed', failure: { kind: 'lost' } })
    },
    { timeout: 5_000 },
  )
  expect(await world.runtime.listPodIds()).toEqual([])
})

it('lives on when a pod of its user left something that it may not remove', async () => {
  await using world = await newWorld()
  const { workload, folders, record } = world
  const complain = vi.spyOn(world.log, 'error')
  const remove = folders.remove.bind(folders)
  vi.spyOn(folders, 'remove').mockImplementation((podId) => asOrdinaryUser(() => remove(podId)))
  const lockedFolder = `const folder = require('node:path').dirname(process.env.FORNAX_SESSION_SOCKET) + '/inner'
    require('node:fs').mkdirSync(folder + '/deep', { recursive: true })
    require('node:fs').chmodSync(folder, 0o500)`
  const { version } = orderOf('pod-1', lockedFolder, { usesSessionService: true })
  workload.apply({ kind: 'defineVersion', version })
  workload.apply({ kind: 'createPod', podId: 'pod-1', versionId: version.versionId })
  const error: unknown = expect.objectContaining({ code: 'EACCES' })
  await vi.waitFor(
    () => {
      record.flush()
      expect(complain).toHaveBeenCalledWith({ podId: 'pod-1', err: error }, expect.any(String))
    },
    { timeout: 10_000 },
  )
  chmodSync(join(folders.pathOf('pod-1'), 'inner'), 0o700) // For who cleans up.
})

const WEB = { name: 'web', protocol: 'tcp', containerPort: 8080 }

async function newWorld(memory = new LedgerMemory()) {
  const dataDir = await mkdtemp(join(tmpdir(), 'fornax-supervisor-'))
  const log = createLog('agent', 'silent')
  const clock = systemClock
  const podsFolder = podsFolderOf(dataDir, 'process')
  const runtime = createProcessRuntime({ podsFolder, host: '127.0.0.1', path: '', clock, log })
  const ledger = createMemoryLedger(memory)
  const record = new NodeRecord(ledger, clock, 0)
  const blocks = UNSHARED_PORT_BLOCKS
  const ports = new PortPool({ range: HOST_PORTS, clock, blocks, put: (change) => record.put(change) }, ledger.load())
  const folders = new SessionFolders(dataDir)
  const logs = new PodLogs({ clock, log })
  const gate = new StartGate(clock, 4, { cores: 2, usedMs: () => 0 })
  const rest = { reclaims: new ReclaimQueue(), dozes: new DozeRound(clock), stopwatch: systemStopwatch }
  const workload = new NodeWorkload(
    { clock, log, record, ports, logs, gate, ...rest, folders, dataDir },
    [runtime],
    () => null,
  )
  return {
    workload,
    record,
    runtime,
    folders,
    log,
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
