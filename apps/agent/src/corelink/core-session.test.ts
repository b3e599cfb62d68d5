import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { creatingPod, type Pod } from '@fornax/node-model/pod-state'
import { ConnectRequest, type NodeState } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { expect, it } from 'vitest'
import { LedgerFullError } from '../ledger/ledger.ts'
import { createMemoryLedger } from '../ledger/memory-ledger.ts'
import { NodeRecord } from '../ledger/node-record.ts'
import type { WorkloadState } from '../pods/node-workload.ts'
import { CoreSession, type EpochMarks } from './core-session.ts'
import type { FrameFromCore, FrameToCore } from './core-stream.ts'
import { toReportBatches, toStateParts } from './to-wire.ts'

it('gives up a core that does not greet', () => {
  const world = newWorld()
  world.clock.advance(10_000)
  expect(world.line.isClosed).toBe(true)
})

it('gives up a core that was silent for longer than the lease, and beats as long as it says nothing else', () => {
  const world = newWorld()
  world.greet()
  world.clock.advance(9_999)
  expect(world.line.isClosed).toBe(false)
  expect(world.sent('heartbeat').length).toBeGreaterThanOrEqual(8)
  world.session.receive({ $case: 'heartbeat', value: {} })
  world.clock.advance(10_000)
  expect(world.line.isClosed).toBe(false)
  world.clock.advance(1_000)
  expect(world.line.isClosed).toBe(true)
})

it('does not take it for silence of the core that it stood still itself', () => {
  const world = newWorld()
  world.clock.leap(15_000)
  world.clock.advance(1)
  expect(world.line.isClosed).toBe(false)
  world.greet()
  world.clock.advance(3_000)
  world.clock.leap(60_000)
  world.clock.advance(5_000)
  expect(world.line.isClosed).toBe(false)
  world.clock.advance(4_000)
  expect(world.line.isClosed).toBe(true)
})

it('says nothing but its hello before the core has greeted', () => {
  const world = newWorld()
  world.record.report({ kind: 'pod', pod: pod('pod-1') })
  world.record.flush()
  expect(world.frames).toEqual([])
  world.greet()
  expect(world.frames.map(({ $case }) => $case)).toEqual(['state'])
  expect(world.sent('state')).toMatchObject([{ revision: 1, isLast: true }])
})

it('keeps no queue for a core that does not read: later it gets a full state', () => {
  const world = newWorld()
  world.greet()
  world.line.hasRoom = false
  for (let index = 0; index < 5; index += 1) {
    world.record.report({ kind: 'pod', pod: pod(`pod-${index}`) })
    world.record.flush()
  }
  expect(world.sent('reports')).toEqual([])
  world.line.hasRoom = true
  world.session.drained()
  expect(world.sent('state').at(-1)).toMatchObject({ revision: 5 })
  world.record.report({ kind: 'pod', pod: pod('pod-9') })
  world.record.flush()
  world.clock.advance(0)
  expect(world.sent('reports')).toMatchObject([{ firstRevision: 6 }])
})

it('tells what happened in one turn in one frame, however often it was written down', () => {
  const world = newWorld()
  world.greet()
  for (const podId of ['pod-1', 'pod-2', 'pod-3']) {
    world.record.report({ kind: 'pod', pod: pod(podId) })
    world.record.flush()
  }
  world.clock.advance(0)
  expect(world.sent('reports')).toMatchObject([{ firstRevision: 1, reports: [{}, {}, {}] }])
})

it('tells what it has written down before a state, and before it leaves', () => {
  const world = newWorld()
  world.greet()
  world.record.report({ kind: 'pod', pod: pod('pod-1') })
  world.record.flush()
  world.session.receive(sendState())
  world.record.report({ kind: 'pod', pod: pod('pod-2') })
  world.record.flush()
  world.session.finish()
  expect(world.frames.map(({ $case }) => $case)).toEqual(['state', 'reports', 'state', 'reports'])
  world.clock.advance(0)
  expect(world.frames.length).toBe(4)
})

it('E1: obeys a newer epoch once it is written down, and refuses an older one', () => {
  const world = newWorld()
  world.greet(4)
  world.session.receive({ $case: 'commands', value: { epoch: 5, commands: [] } })
  world.session.receive({ $case: 'commands', value: { epoch: 4, commands: [] } })
  expect(world.marks.list).toEqual([{ coreId: 'cor-1', epoch: 5 }])
  expect(world.sent('epochRefused')).toEqual([{ highestEpoch: 5 }])
})

it('E1: keeps what the core gave with its epoch, and shows it to one that was left behind', () => {
  const world = newWorld()
  world.greet(5, 'proof of 5')
  world.session.receive({ $case: 'commands', value: { epoch: 5, commands: [] } })
  world.session.receive({ $case: 'commands', value: { epoch: 4, commands: [] } })
  expect(world.marks.list).toEqual([{ coreId: 'cor-1', epoch: 5, proof: 'proof of 5' }])
  expect(world.sent('epochRefused')).toEqual([{ highestEpoch: 5, proof: 'proof of 5' }])
})

it('E2: takes the proof of an epoch that it knows already: one that was noted without any, and a newer one', () => {
  const world = newWorld()
  const kept = (): unknown => world.ledger.load().epochMarks
  world.greet(5)
  world.greetAnew(5, 'proof of 5')
  world.record.flush()
  expect(kept()).toEqual([{ coreId: 'cor-1', epoch: 5, proof: 'proof of 5' }])
  world.greetAnew(5)
  world.greetAnew(4, 'proof of 4')
  expect(world.marks.list).toEqual([{ coreId: 'cor-1', epoch: 5, proof: 'proof of 5' }])
  world.greetAnew(5, 'proof of 5 by another key')
  world.record.flush()
  expect(kept()).toEqual([{ coreId: 'cor-1', epoch: 5, proof: 'proof of 5 by another key' }])
})

it('leaves the core when there is no room for the ledger: nothing new should come', () => {
  const world = newWorld()
  world.greet()
  world.disk.isFull = true
  world.record.report({ kind: 'pod', pod: pod('pod-1') })
  world.record.flush()
  expect(world.line.isClosed).toBe(true)
  expect(world.sent('reports')).toEqual([])
})

it('shows itself without a state as long as there is no room for the ledger', () => {
  const world = newWorld()
  world.disk.isFull = true
  world.record.report({ kind: 'pod', pod: pod('pod-1') })
  world.record.flush()
  world.greet()
  world.clock.advance(5_000)
  expect(world.line.isClosed).toBe(false)
  expect(new Set(world.frames.map(({ $case }) => $case))).toEqual(new Set(['heartbeat']))
  world.disk.isFull = false
  world.clock.advance(1_000)
  expect(world.sent('state')).toMatchObject([{ revision: 1, isLast: true }])
  world.record.report({ kind: 'pod', pod: pod('pod-2') })
  world.record.flush()
  world.clock.advance(0)
  expect(world.sent('reports')).toMatchObject([{ firstRevision: 2 }])
})

it('sends a large state in parts, of which only the last counts', () => {
  const pods = Array.from({ length: 1_201 }, (_, index) => pod(`pod-${index}`))
  const parts: NodeState[] = toStateParts({ pods, sessions: [], versionIds: ['ver-1'] }, 7)
  expect(parts.map((part) => part.pods.length)).toEqual([500, 500, 201])
  expect(parts.map((part) => part.isLast)).toEqual([false, false, true])
  expect(parts.flatMap((part) => part.applicationVersionIds)).toEqual(['ver-1'])
})

it('says no more in a frame than a megabyte, however much pods wrote before they failed', () => {
  const lastLogLines = Array.from({ length: 20 }, () => '\u20ac'.repeat(16_000))
  const failed = (index: number): Pod => ({
    ...pod(`pod-${index}`),
    phase: 'failed',
    failure: { kind: 'exited', reason: 'it ended' },
    lastLogLines,
  })
  const pods = Array.from({ length: 200 }, (_, index) => failed(index))
  const parts = toStateParts({ pods, sessions: [], versionIds: [] }, 7)
  const reports = pods.map((one) => ({ kind: 'pod', pod: one }) as const)
  const batches = toReportBatches(5, reports)
  const frames: ConnectRequest['frame'][] = [
    ...parts.map((value) => ({ $case: 'state', value }) as const),
    ...batches.map((value) => ({ $case: 'reports', value }) as const),
  ]
  for (const frame of frames) expect(ConnectRequest.encode({ frame }).finish().length).toBeLessThan(2 ** 20)
  expect(parts.flatMap((part) => part.pods.map(({ podId }) => podId))).toEqual(pods.map(({ podId }) => podId))
  expect(parts.map((part) => part.isLast).indexOf(true)).toBe(parts.length - 1)
  const revisions = batches.flatMap(({ firstRevision, reports: told }) => told.map((_, index) => firstRevision + index))
  expect(revisions).toEqual(pods.map((_, index) => 5 + index))
})

function sendState(): FrameFromCore {
  const command = { $case: 'sendState', value: {} } as const
  return { $case: 'commands', value: { epoch: 1, commands: [{ command }] } }
}

function newWorld() {
  const clock = new VirtualClock()
  const ledger = createMemoryLedger()
  const disk = { isFull: false }
  const commit: typeof ledger.commit = (changes, revision) => {
    if (disk.isFull) throw new LedgerFullError('no room')
    ledger.commit(changes, revision)
  }
  const record = new NodeRecord({ commit }, clock, 0)
  const frames: FrameToCore[] = []
  const line = {
    isFree: true,
    hasRoom: true,
    isClosed: false,
    write: (frame: FrameToCore) => void frames.push(frame),
    close: () => (line.isClosed = true),
  }
  const marks: EpochMarks = { list: [] }
  const nothing: WorkloadState = { pods: [], sessions: [], versionIds: [] }
  const world = {
    clock,
    record,
    marks,
    log: createLog('agent', 'silent'),
    workload: { state: () => nothing, apply: () => undefined },
    logs: { read: () => () => undefined },
    images: { preload: () => undefined },
    pressure: { measure: () => Promise.resolve({ memory: false, disk: false, pids: false }) },
    usage: { measure: () => Promise.resolve({ node: { cpuMillis: 0, memoryBytes: 0 }, pods: [] }) },
  }
  const session = new CoreSession(world, line, () => undefined)
  const greet = (epoch = 1, epochProof?: string, by = session): void =>
    by.receive({
      $case: 'hello',
      value: {
        coreId: 'cor-1',
        epoch,
        heartbeatIntervalMs: 1_000,
        leaseMs: 10_000,
        usageIntervalMs: 0,
        cores: [],
        epochProof,
      },
    })
  return {
    clock,
    disk,
    ledger,
    record,
    line,
    marks,
    session,
    frames,
    greet,
    /** On another stream. */
    greetAnew: (epoch: number, epochProof?: string) => {
      session[Symbol.dispose]()
      using next = new CoreSession(world, line, () => undefined)
      greet(epoch, epochProof, next)
    },
    sent: (kind: FrameToCore['$case']) => frames.flatMap(({ $case, value }) => ($case === kind ? [value] : [])),
  }
}

function pod(podId: string): Pod {
  return creatingPod({ podId, versionId: 'ver-1', runtime: 'process', createdAtMs: 0 })
}
