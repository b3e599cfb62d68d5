import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { ConnectResponse, type NodeHello } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { expect, it } from 'vitest'
import type { NodeCommand } from '../fleet/node-command.ts'
import { EpochSeal } from './epoch-seal.ts'
import { NodeConnection, type ConnectionPorts, type Refusal } from './node-connection.ts'

it('cuts off whoever connects and does not say who it is', () => {
  const { clock, refusals } = silentStream()
  clock.advance(9_000)
  expect(refusals).toEqual([])
  clock.advance(2_000)
  expect(refusals).toMatchObject([{ code: 'unauthenticated' }])
  expect(clock.waiting).toBe(0)
})

it('leaves no timer behind for a stream that ended before it said anything', () => {
  const { clock, connection, refusals } = silentStream()
  connection.closed()
  expect(clock.waiting).toBe(0)
  clock.advance(60_000)
  expect(refusals).toEqual([])
})

it('gives each ledger a proof of its epoch, and follows a refusal of commands with the proof of a later one alone', () => {
  const { connection, frames, refusals, followed } = silentStream()
  connection.receive({ frame: { $case: 'hello', value: hello() } })
  const [greeting] = frames.flatMap(({ frame }) => (frame?.$case === 'hello' ? [frame.value] : []))
  expect(SEAL.isProof({ epoch: 1, ledgerId: 'led-1' }, greeting?.epochProof)).toBe(true)
  const proof = SEAL.proof({ epoch: 3, ledgerId: 'led-1' })
  connection.receive({ frame: { $case: 'epochRefused', value: { highestEpoch: 3, proof } } })
  expect({ followed, refusals }).toEqual({ followed: [3], refusals: [] })
  connection.receive({ frame: { $case: 'epochRefused', value: { highestEpoch: 4, proof } } })
  expect(followed).toEqual([3])
  expect(refusals).toMatchObject([{ code: 'invalidArgument' }])
})

it('does not begin anew for the proof that it gave with its own hello: only a later epoch is followed', () => {
  const { connection, frames, refusals, followed } = silentStream()
  connection.receive({ frame: { $case: 'hello', value: hello() } })
  const [greeting] = frames.flatMap(({ frame }) => (frame?.$case === 'hello' ? [frame.value] : []))
  const proof = greeting?.epochProof
  connection.receive({ frame: { $case: 'epochRefused', value: { highestEpoch: 1, proof } } })
  expect(followed).toEqual([])
  expect(refusals).toMatchObject([{ code: 'invalidArgument' }])
})

const SEAL = new EpochSeal(new Uint8Array(32), 'cor-1')

it('sends the commands of a turn together, and no more in a frame than a megabyte', () => {
  const { clock, connection, frames } = silentStream()
  connection.receive({ frame: { $case: 'hello', value: hello() } })
  frames.length = 0
  for (let number = 0; number < 40; number += 1) connection.send(start(`ses-${number}`, 64 * 1_024))
  for (let number = 0; number < 600; number += 1)
    connection.send({ kind: 'stopPod', podId: `pod-${number}`, graceMs: 0 })
  clock.advance(0)
  const batches = frames.flatMap(({ frame }) => (frame?.$case === 'commands' ? [frame.value.commands] : []))
  for (const frame of frames) expect(ConnectResponse.encode(frame).finish().length).toBeLessThanOrEqual(2 ** 20)
  expect(batches.map(({ length }) => length)).toEqual([15, 15, 512, 98])
  const ids = batches.flat().map(({ command }) => (command?.$case === 'startSession' ? command.value.sessionId : null))
  expect(ids.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, number) => `ses-${number}`))
})

function hello(): NodeHello {
  return {
    nodeName: 'node-1',
    ledgerId: 'led-1',
    epochMarks: [],
    agentVersion: '0.1.0',
    resources: { cpuMillis: 1_000, memoryBytes: 1_000, pods: 10 },
    runtimes: [],
    labels: {},
    taints: [],
    address: '127.0.0.1',
  }
}

function start(sessionId: string, bytes: number): NodeCommand {
  const order = { data: new Uint8Array(bytes), env: {}, killPod: false, dozeAfterMs: 0 }
  return { kind: 'startSession', sessionId, podId: 'pod-1', grantEpoch: 1, openDeadlineMs: 2_000_000, ...order }
}

function silentStream() {
  const clock = new VirtualClock()
  const refusals: Refusal[] = []
  const followed: number[] = []
  const frames: ConnectResponse[] = []
  const ports: ConnectionPorts = {
    clock,
    log: createLog('core', 'silent'),
    coreId: 'cor-1',
    epoch: 1,
    epochSeal: SEAL,
    leaseMs: 10_000,
    heartbeatMs: 2_000,
    usageMs: 2_000,
    podSecrets: () => null,
    imageReported: () => undefined,
    nodeReady: () => undefined,
    fleet: {
      nodeState: () => undefined,
      nodeReports: () => true,
      nodeHeard: () => undefined,
      nodeUsage: () => undefined,
      nodePressure: () => undefined,
      commandsSent: () => undefined,
      nodeOfPod: () => null,
    },
    hasGreeted: () => false,
    join: () => 'accepted',
    epochRefused: (highest) => void followed.push(highest),
    left: () => undefined,
  }
  const stream = {
    write: (frame: ConnectResponse) => frames.push(frame) > 0,
    end: () => undefined,
    fail: (refusal: Refusal) => void refusals.push(refusal),
  }
  return {
    clock,
    frames,
    refusals,
    followed,
    connection: new NodeConnection(ports, stream, { nodeName: 'node-1', notAfterMs: Number.POSITIVE_INFINITY }),
  }
}
