import { createSecureContext } from 'node:tls'
import { Issuer, newAuthority } from '@fornax/certificates/authority'
import { CORE_NAME } from '@fornax/certificates/names'
import { newNodeRequest } from '@fornax/certificates/node-request'
import { openStandInDoor } from '@fornax/certificates/test/stand-in-door'
import { credentials, type ChannelCredentials, type ClientDuplexStream } from '@grpc/grpc-js'
import {
  NodeLinkServiceClient,
  PodPhase,
  SessionPhase,
  type Command,
  type ConnectRequest,
  type ConnectResponse,
  type NodeHello,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { seededRandom } from '@fornax/kernel/random'
import { expect, it } from 'vitest'
import { Fleet } from '../fleet/fleet.ts'
import type { Refusal } from './node-connection.ts'
import { EpochSeal } from './epoch-seal.ts'
import { NodeConnections } from './node-connections.ts'
import { NodeLinkServer } from './nodelink-server.ts'

type Frame = NonNullable<ConnectResponse['frame']>
type FrameOf<Case extends Frame['$case']> = Extract<Frame, { $case: Case }>

it('refuses a stream without a certificate, and one of an authority that it does not know', async () => {
  await using world = await linkWorld()
  for (const shown of [await world.show(null), await world.show('node-a', await newAuthority(Date.now()))]) {
    const agent = world.connect(shown)
    agent.say(hello())
    expect(await agent.ended).toMatchObject({ code: 16, details: expect.stringContaining('certificate') })
  }
  expect(world.node()).toBeUndefined()
})

it('refuses a node that speaks under the name of another, whose certificate it does not have', async () => {
  await using world = await linkWorld()
  const agent = world.connect(await world.show('node-b'))
  agent.say(hello())
  expect(await agent.ended).toMatchObject({ code: 7, details: expect.stringContaining('cannot speak for node-a') })
  expect(world.node()).toBeUndefined()
})

it('refuses a certificate that has ended, and cuts a stream when its certificate ends', async () => {
  await using world = await linkWorld()
  const late = world.connect(await world.show('node-a', world.authority, -60_000))
  late.say(hello())
  expect(await late.ended).toMatchObject({ code: 16 })
  const agent = world.connect(await world.show('node-a', world.authority, 1_500))
  agent.say(hello())
  await agent.next('hello')
  expect(await agent.ended).toMatchObject({ code: 16, details: expect.stringContaining('has ended') })
})

it('refuses the late hello of a node that was revoked since its stream was opened', async () => {
  await using world = await linkWorld()
  const agent = world.connect()
  await world.until(() => world.registry.wasAsked)
  world.registry.refusal = { code: 'permissionDenied', message: 'it was revoked' }
  agent.say(hello())
  expect(await agent.ended).toMatchObject({ code: 7, details: 'it was revoked' })
  expect(world.node()).toBeUndefined()
})

it('speaks nothing but TLS 1.3', async () => {
  await using world = await linkWorld()
  const trusting = createSecureContext({ ca: world.authority.certificate, maxVersion: 'TLSv1.2' })
  const agent = world.connect(credentials.createFromSecureContext(trusting))
  expect(await agent.ended).toMatchObject({ code: 14 })
})

it('cuts off whoever speaks before its hello', async () => {
  await using world = await linkWorld()
  const agent = world.connect()
  agent.say({ $case: 'heartbeat', value: {} })
  expect(await agent.ended).toMatchObject({ code: 3 })
})

it('cuts off a node that reports what no agent would', async () => {
  await using world = await linkWorld()
  const agent = await world.join()
  agent.say({ $case: 'reports', value: { firstRevision: 2, reports: [{ report: undefined }] } })
  expect(await agent.ended).toMatchObject({ code: 3, details: expect.stringContaining('makes no sense') })
})

it('cuts off a node that floods, that lies about its revisions, or that speaks of pods of others', async () => {
  await using world = await linkWorld()
  const flood = await world.join()
  const reports = Array.from({ length: 500 }, () => podGone('pod-x'))
  for (let number = 0; number < 2_500; number += 1)
    flood.say({ $case: 'reports', value: { firstRevision: 2 + 500 * number, reports } })
  expect(await flood.ended).toMatchObject({ code: 8, details: expect.stringContaining('floods') })
  const liar = await world.join()
  for (let number = 0; number < 40; number += 1)
    liar.say({ $case: 'reports', value: { firstRevision: 1_000 * (number + 2), reports: [podGone('pod-x')] } })
  expect(await liar.ended).toMatchObject({ code: 8, details: expect.stringContaining('revisions') })
  const thief = await world.join()
  const foreign = Array.from({ length: 300 }, (_, number) => podGone(`pod-of-b-${number}`))
  thief.say({ $case: 'reports', value: { firstRevision: 2, reports: foreign } })
  expect(await thief.ended).toMatchObject({ code: 8, details: expect.stringContaining('pods of other nodes') })
  expect(world.cut).toEqual(['node-a', 'node-a', 'node-a'])
  await world.join() // An honest one comes again.
})

it('N13: cuts off a node that claims an epoch that it cannot prove, follows it not, and does not hear it again', async () => {
  await using world = await linkWorld()
  const agent = await world.join()
  agent.say({ $case: 'epochRefused', value: { highestEpoch: 8, proof: 'of its own making' } })
  expect(await agent.ended).toMatchObject({ code: 3, details: expect.stringContaining('epoch') })
  const heardAtMs = world.node()?.lastHeardAtMs
  const anew = world.connect()
  anew.say(hello({ epochMarks: [{ coreId: 'cor-1', epoch: 8, proof: undefined }] }))
  expect(await anew.ended).toMatchObject({ code: 3, details: expect.stringContaining('without proof') })
  expect(world.node()).toMatchObject({ phase: 'disconnected', lastHeardAtMs: heardAtMs })
})

it('N1: opens a node for pods only after its full state, whose last part sets the revision', async () => {
  await using world = await linkWorld()
  const agent = world.connect()
  agent.say(hello())
  expect(await agent.next('hello')).toMatchObject({ value: { epoch: 7, coreId: 'cor-1' } })
  const part = { revision: 0, pods: [], sessions: [], applicationVersionIds: [] }
  agent.say({ $case: 'state', value: { ...part, isLast: false } })
  agent.say({ $case: 'state', value: { ...part, revision: 41, isLast: true } })
  await world.until(() => world.node()?.phase === 'ready')
  expect(world.node()?.revision).toBe(41)
})

it('N7: asks for everything when a report is missing, and goes on from there', async () => {
  await using world = await linkWorld()
  const agent = await world.join()
  agent.say({ $case: 'reports', value: { firstRevision: 5, reports: [podGone('pod-x')] } })
  expect((await agent.next('commands')).value.commands).toMatchObject([{ command: { $case: 'sendState' } }])
  agent.say(fullState(9))
  await world.until(() => world.node()?.revision === 9)
  agent.say({ $case: 'reports', value: { firstRevision: 10, reports: [podGone('pod-x')] } })
  await world.until(() => world.node()?.revision === 10)
})

it('sends the commands of one turn in one frame, in order, with its epoch', async () => {
  await using world = await linkWorld()
  const agent = await world.join()
  for (const podId of ['pod-1', 'pod-2', 'pod-3'])
    world.connections.tell('node-a', { kind: 'stopPod', podId, graceMs: 5 })
  const { epoch, commands } = (await agent.next('commands')).value
  expect(epoch).toBe(7)
  expect(commands.map(podIdOf)).toEqual(['pod-1', 'pod-2', 'pod-3'])
})

it('lets a node that connects anew take the place of its old stream', async () => {
  await using world = await linkWorld()
  const first = await world.join()
  await world.join()
  expect(await first.ended).toMatchObject({ code: 10 })
  expect(world.node()?.phase).toBe('ready')
})

it('refuses another machine under the name of a connected one', async () => {
  await using world = await linkWorld()
  await world.join()
  const other = world.connect()
  other.say(hello({ ledgerId: 'led-other' }))
  expect(await other.ended).toMatchObject({ code: 6, details: expect.stringContaining('node-a') })
  expect(world.node()?.phase).toBe('ready')
})

it('tells the fleet at once when a stream breaks', async () => {
  await using world = await linkWorld()
  const agent = await world.join()
  agent.cut()
  await world.until(() => world.node()?.phase === 'disconnected')
})

it('ends a session that it never granted, and its pod', async () => {
  await using world = await linkWorld()
  const agent = await world.join()
  agent.say({ $case: 'reports', value: { firstRevision: 2, reports: [strangeSession('ses-x', 'pod-x')] } })
  expect((await agent.next('commands')).value.commands).toMatchObject([
    { command: { $case: 'closeSession', value: { sessionId: 'ses-x', killPod: true } } },
  ])
})

it('reads a log line by line, and tells the node when nobody reads any longer', async () => {
  await using world = await linkWorld()
  const agent = await world.join()
  const abort = new AbortController()
  const log = world.connections.connection('node-a')?.podLog('pod-1', { follow: true, tailLines: 10 }, abort.signal)
  const reader = log?.[Symbol.asyncIterator]()
  const first = reader?.next()
  const { requestId } = (await agent.next('readLog')).value
  const lines = [{ stream: 2, text: 'oh' } as const]
  agent.say({ $case: 'logChunk', value: { requestId, lines, isLast: false, problem: '', skippedLines: 0 } })
  expect((await first)?.value).toEqual({ lines: [{ stream: 'stderr', text: 'oh' }], skippedLines: 0 })
  const second = reader?.next()
  abort.abort()
  expect((await second)?.done).toBe(true)
  expect((await agent.next('stopLog')).value).toEqual({ requestId })
})

function podIdOf({ command }: Command): string | undefined {
  return command?.$case === 'stopPod' ? command.value.podId : undefined
}

function podGone(podId: string): {
  report: NonNullable<Extract<ConnectRequest['frame'], { $case: 'reports' }>['value']['reports'][number]['report']>
} {
  return {
    report: {
      $case: 'pod',
      value: {
        podId,
        applicationVersionId: 'ver-1',
        phase: PodPhase.POD_PHASE_TERMINATED,
        failure: '',
        lastLogLines: [],
        exitCode: undefined,
        grantEpoch: 0,
        readyAfterMs: 0,
        runtime: '',
        failureKind: 0,
        isSpent: false,
        startPhases: undefined,
        hibernation: undefined,
      },
    },
  }
}

function strangeSession(sessionId: string, podId: string): ReturnType<typeof podGone> {
  const phase = SessionPhase.SESSION_PHASE_AVAILABLE
  const value = { sessionId, podId, grantEpoch: 1, phase, endpoints: [], clientCount: 0, message: '', end: 0 } as const
  return { report: { $case: 'session', value: { ...value, endpoints: [] } } }
}

function hello(overrides: Partial<NodeHello> = {}): NonNullable<ConnectRequest['frame']> {
  return {
    $case: 'hello',
    value: {
      nodeName: 'node-a',
      ledgerId: 'led-1',
      epochMarks: [],
      agentVersion: '0',
      resources: { cpuMillis: 1_000, memoryBytes: 1_000_000, pods: 10 },
      runtimes: [{ name: 'process', isolation: 1 }],
      labels: {},
      taints: [],
      address: '127.0.0.1',
      ...overrides,
    },
  }
}

function fullState(revision: number): NonNullable<ConnectRequest['frame']> {
  return { $case: 'state', value: { revision, pods: [], sessions: [], applicationVersionIds: [], isLast: true } }
}

async function linkWorld() {
  const watchers = new Set<() => void>()
  const cut: string[] = []
  const wake = (): void => {
    for (const look of watchers) look()
  }
  const fleet: Fleet = new Fleet(
    {
      nowMs: () => systemClock.nowMs(),
      newPodId: () => 'pod-new',
      random: seededRandom(1),
      deadlines: { set: () => undefined, clear: () => undefined },
      tell: (nodeName, command) => connections.tell(nodeName, command),
      record: {
        session: () => undefined,
        rollOut: () => undefined,
        node: () => undefined,
        nodeRemoved: () => undefined,
      },
      observe: {
        sessionAvailable: () => undefined,
        sessionClosed: () => undefined,
        podReady: () => undefined,
        applicationGone: () => undefined,
        podRested: () => undefined,
        podWoke: () => undefined,
        podDidNotWake: () => undefined,
        rejected: () => undefined,
      },
    },
    { epoch: 7, leaseMs: 10_000, retentionMs: 1_000, changeLogCapacity: 100, closedSessionsMax: 10 },
  )
  const connections = new NodeConnections({
    clock: systemClock,
    log: createLog('core', 'silent'),
    coreId: 'cor-1',
    epoch: 7,
    epochSeal: new EpochSeal(new Uint8Array(32), 'cor-1'),
    leaseMs: 10_000,
    heartbeatMs: 5_000,
    usageMs: 5_000,
    podSecrets: () => null,
    imageReported: () => undefined,
    nodeReady: () => undefined,
    nodeConnected: (introduction) => fleet.nodeConnected(introduction).kind,
    nodeDisconnected: (name) => {
      fleet.nodeDisconnected(name)
      wake()
    },
    epochRefused: () => {
      throw new Error('nobody was to believe it')
    },
    cutOff: (nodeName) => void cut.push(nodeName),
    fleet: {
      nodeState: (name, state) => {
        fleet.nodeState(name, state)
        wake()
      },
      nodeReports: (name, first, reports) => {
        const isWhole = fleet.nodeReports(name, first, reports)
        wake()
        return isWhole
      },
      nodeHeard: (name) => fleet.nodeHeard(name),
      nodeUsage: (name, usage, pods) => fleet.nodeUsage(name, usage, pods),
      nodePressure: (name, pressure) => fleet.nodePressure(name, pressure),
      commandsSent: (ids) => fleet.commandsSent(ids),
      nodeOfPod: (podId) => (podId.startsWith('pod-of-b') ? 'node-b' : fleet.nodeOfPod(podId)),
    },
  })
  const authority = await newAuthority(Date.now())
  const door = await openStandInDoor({ joinToken: 'unused', authority })
  const registry: { refusal: Refusal | null; wasAsked: boolean } = { refusal: null, wasAsked: false }
  const refusal = (): Refusal | null => {
    registry.wasAsked = true
    wake()
    return registry.refusal
  }
  const listening = { ...door, connections, host: '127.0.0.1', port: 0, refusal }
  const server = await NodeLinkServer.listen(listening)
  /** Credentials of a node, or of nobody. */
  const show = async (nodeName: string | null, by = authority, lifeMs = 60_000): Promise<ChannelCredentials> => {
    const trusted = { ca: authority.certificate, minVersion: 'TLSv1.3' } as const
    if (nodeName === null) return credentials.createFromSecureContext(createSecureContext(trusted))
    const { key, request } = await newNodeRequest(nodeName)
    const issuer = await Issuer.open(by)
    const times = { nowMs: Date.now(), lifeMs }
    const issued = await issuer.nodeCertificate(request, { nodeName, identityId: 'nid-1' }, times)
    if (issued.kind === 'refused') throw new Error(issued.why)
    return credentials.createFromSecureContext(createSecureContext({ ...trusted, key, cert: issued.certificate }))
  }
  const nodeA = await show('node-a')
  const clients: NodeLinkServiceClient[] = []
  const connect = (shown = nodeA): FakeAgent => {
    const client = new NodeLinkServiceClient(`127.0.0.1:${server.port}`, shown, {
      'grpc.ssl_target_name_override': CORE_NAME,
      'grpc.use_local_subchannel_pool': 1,
    })
    clients.push(client)
    return new FakeAgent(client.connect())
  }
  const node = () => fleet.state.nodes.get('node-a')
  const until = (isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isTrue()) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  return {
    connections,
    registry,
    cut,
    authority,
    show,
    node,
    until,
    connect,
    join: async () => {
      const agent = connect()
      agent.say(hello())
      await agent.next('hello')
      agent.say(fullState(1))
      await until(() => node()?.phase === 'ready')
      return agent
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** An agent's side of the stream, frame by frame. */
class FakeAgent {
  readonly #call: ClientDuplexStream<ConnectRequest, ConnectResponse>
  readonly #frames: Frame[] = []
  #wake: () => void = () => undefined
  readonly ended: Promise<unknown>

  constructor(call: ClientDuplexStream<ConnectRequest, ConnectResponse>) {
    this.#call = call
    call.on('data', ({ frame }: ConnectResponse) => {
      if (frame) this.#frames.push(frame)
      this.#wake()
    })
    this.ended = new Promise((resolve) => call.on('error', resolve))
  }

  say(frame: NonNullable<ConnectRequest['frame']>): void {
    this.#call.write({ frame })
  }

  cut(): void {
    this.#call.cancel()
  }

  /** The next frame of a kind; others before it are passed over. */
  async next<Case extends Frame['$case']>($case: Case): Promise<FrameOf<Case>> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame && isCase(frame, $case)) return frame
      if (!frame) await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

function isCase<Case extends Frame['$case']>(frame: Frame, $case: Case): frame is FrameOf<Case> {
  return frame.$case === $case
}
