import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import type { NodeHello } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { describe, expect, it } from 'vitest'
import { EpochSeal } from './epoch-seal.ts'
import type { Refusal } from './node-connection.ts'
import { NodeConnections } from './node-connections.ts'

describe('a node that has seen an epoch of this cluster', () => {
  it('which is higher: the database was restored', () => {
    const { refused, greet } = world({ epoch: 5 })
    greet({ coreId: 'cor-1', epoch: 6 })
    expect(refused).toEqual([6])
  })

  it('which is higher, is not let in: what it has from the other core means nothing to this one', () => {
    const { joined, ends, greet } = world({ epoch: 5 })
    greet({ coreId: 'cor-1', epoch: 6 })
    expect({ joined, ends }).toEqual({ joined: [], ends: ['aborted'] })
    greet({ coreId: 'cor-1', epoch: 4 })
    expect({ joined, ends }).toEqual({ joined: ['node-a'], ends: ['aborted'] })
  })

  it('which is ours, though we never greeted it: another core has had the same epoch', () => {
    const { refused, greet } = world({ epoch: 5 })
    greet({ coreId: 'cor-1', epoch: 5 })
    expect(refused).toEqual([5])
  })

  it('which is ours, and connects with us anew', () => {
    const { refused, greet } = world({ epoch: 5 })
    greet({ coreId: 'cor-1', epoch: 4 })
    greet({ coreId: 'cor-1', epoch: 5 })
    expect(refused).toEqual([])
  })

  it('which is ours, and has another name by now', () => {
    const { refused, greet } = world({ epoch: 5 })
    greet(null, 'led-1')
    greet({ coreId: 'cor-1', epoch: 5 }, 'led-1', 'node-b')
    expect(refused).toEqual([])
  })

  it('which is ours, with a ledger that we have not seen', () => {
    const { refused, greet } = world({ epoch: 5 })
    greet(null)
    greet({ coreId: 'cor-1', epoch: 5 }, 'led-2')
    expect(refused).toEqual([5])
  })

  it('which is higher, and which it cannot prove: it is believed nothing, and not let in', () => {
    const { refused, joined, ends, greet } = world({ epoch: 5 })
    const forged = new EpochSeal(new Uint8Array(32).fill(1), 'cor-1').proof({ epoch: 6, ledgerId: 'led-1' })
    const ofAnother = SEAL.proof({ epoch: 6, ledgerId: 'led-2' })
    const ofBefore = SEAL.proof({ epoch: 5, ledgerId: 'led-1' })
    for (const proof of [undefined, '', forged, ofAnother, ofBefore]) greet({ coreId: 'cor-1', epoch: 6, proof })
    expect({ refused, joined }).toEqual({ refused: [], joined: [] })
    expect(ends).toEqual(Array(5).fill('invalidArgument'))
  })

  it('which is ours, and which it cannot prove: it is let in, and believed nothing', () => {
    const { refused, joined, greet } = world({ epoch: 5 })
    const ofBefore = SEAL.proof({ epoch: 4, ledgerId: 'led-3' })
    for (const [index, proof] of [undefined, '', ofBefore].entries())
      greet({ coreId: 'cor-1', epoch: 5, proof }, `led-${index + 1}`)
    expect({ refused, joined: joined.length }).toEqual({ refused: [], joined: 3 })
  })

  it('which is ours, with another ledger and the proof of the one that we greeted: it gets no core to begin anew', () => {
    const { refused, greet } = world({ epoch: 5 })
    greet(null)
    greet({ coreId: 'cor-1', epoch: 5, proof: SEAL.proof({ epoch: 5, ledgerId: 'led-1' }) }, 'led-2')
    expect(refused).toEqual([])
  })

  it('of another cluster does not concern us', () => {
    const { refused, greet } = world({ epoch: 5 })
    greet({ coreId: 'cor-2', epoch: 9 })
    expect(refused).toEqual([])
  })
})

type Mark = NodeHello['epochMarks'][number]

const SEAL = new EpochSeal(new Uint8Array(32), 'cor-1')

function world({ epoch }: { readonly epoch: number }) {
  const refused: number[] = []
  const joined: string[] = []
  const ends: string[] = []
  const connections = new NodeConnections({
    clock: new VirtualClock(),
    log: createLog('core', 'silent'),
    coreId: 'cor-1',
    epoch,
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
    nodeConnected: ({ name }) => {
      joined.push(name)
      return 'accepted'
    },
    nodeDisconnected: () => undefined,
    epochRefused: (highest) => void refused.push(highest),
  })
  const greet = (mark: Mark | null, ledgerId = 'led-1', nodeName = 'node-a'): void => {
    const stream = { write: () => true, end: () => undefined, fail: ({ code }: Refusal) => void ends.push(code) }
    // Honest, unless the test says what it shows.
    const shown = mark === null ? [] : [{ proof: SEAL.proof({ epoch: mark.epoch, ledgerId }), ...mark }]
    const connection = connections.open(stream, { nodeName, notAfterMs: Number.POSITIVE_INFINITY })
    connection.receive({
      frame: { $case: 'hello', value: { ...hello(ledgerId, shown), nodeName } },
    })
  }
  return { refused, joined, ends, greet }
}

function hello(ledgerId: string, epochMarks: Mark[]): NodeHello {
  return {
    nodeName: 'node-a',
    ledgerId,
    epochMarks,
    agentVersion: '0',
    resources: { cpuMillis: 1_000, memoryBytes: 1_000_000, pods: 10 },
    runtimes: [],
    labels: {},
    taints: [],
    address: '127.0.0.1',
  }
}
