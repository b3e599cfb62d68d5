/**
 * One stream of one node, from its hello to its end.
 *
 *   certificate ─► hello ─► accepted ─► full state ─► reports, usage, heartbeats, logs
 *
 * Commands of one turn of the event loop leave in one frame. When the node does not read, commands wait
 * up to a bound, and then the stream is cut: its next full state says what got through.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type {
  ConnectRequest,
  ConnectResponse,
  EpochRefused,
  NodeHello,
  NodeState as WireNodeState,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { NodeCommand } from '../fleet/node-command.ts'
import type { NodeReport, NodeState } from '../fleet/node-report.ts'
import type { NodeIntroduction } from '../nodes/node.ts'
import type { NodeUsage, PodUsage } from '../pods/pod.ts'
import type { NodePressure } from '../nodes/node-pressure.ts'
import type { ImageReport } from '../images/node-image.ts'
import type { PreloadOrder } from '../images/image-preloader.ts'
import type { PodSecrets } from '../secrets/pod-secrets.ts'
import type { EpochSeal } from './epoch-seal.ts'
import { bytesOfFiles } from '../applications/provision.ts'
import { imageReportFrom, introductionFrom, reportFrom, stateFrom, usageFrom } from './from-wire.ts'
import { LogReaders, type PodLogBatch, type PodLogOptions } from './log-readers.ts'
import { preloadToWire, toWire } from './to-wire.ts'
import { isTooMuch, noTraffic, TRAFFIC_WORDS, type NodeTraffic, type TrafficKind } from './traffic-rules.ts'

/** What a connection needs of the core. */
export type ConnectionPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly coreId: string
  readonly epoch: number
  readonly leaseMs: number
  readonly heartbeatMs: number
  readonly usageMs: number
  /** The values of secrets for a pod of a version; null: it has none. */
  readonly podSecrets: (versionId: string) => PodSecrets | null
  /** A node tells of an image that it was asked to get. */
  readonly imageReported: (nodeName: string, report: ImageReport) => void
  readonly fleet: {
    nodeState(nodeName: string, state: NodeState): void
    nodeReports(nodeName: string, firstRevision: number, reports: readonly NodeReport[]): boolean
    nodeHeard(nodeName: string): void
    nodeUsage(nodeName: string, usage: NodeUsage, pods: ReadonlyMap<string, PodUsage>): void
    commandsSent(sessionIds: readonly string[]): void
    /** The node of a pod; null when nobody knows the pod. */
    nodeOfPod(podId: string): string | null
    nodePressure(nodeName: string, pressure: NodePressure): void
  }
  /** Whether this core has let in a node with this ledger before. */
  readonly hasGreeted: (ledgerId: string) => boolean
  /** Decides whether the node may connect, and makes this connection the node's. */
  readonly join: (connection: NodeConnection, introduction: NodeIntroduction) => 'accepted' | 'nameTaken'
  readonly epochSeal: EpochSeal
  /** The agent has seen a higher epoch of this cluster, and proves it: somebody restored an old database. */
  readonly epochRefused: (highestEpoch: number) => void
  readonly left: (connection: NodeConnection) => void
  /** Told of each stream that is ended with a reason. */
  readonly cutOff?: (nodeName: string, refusal: Refusal) => void
  /** The node's first full state on this connection has come. */
  readonly nodeReady: (nodeName: string) => void
}

/** Who is at the other end, as the stream itself proves it. */
export type NodePeer = {
  readonly nodeName: string
  /** Until when the proof counts; infinite where nothing has to be proven. */
  readonly notAfterMs: number
}

/** The stream, as gRPC gives it. */
export type NodeStream = {
  write(frame: ConnectResponse): boolean
  end(): void
  fail(refusal: Refusal): void
}

export type Refusal = {
  readonly code:
    | ('unauthenticated' | 'permissionDenied' | 'invalidArgument')
    | ('alreadyExists' | 'resourceExhausted' | 'aborted')
  readonly message: string
}

const COMMANDS_PER_FRAME = 512
/** A frame holds up others for no longer than this takes. */
const FRAME_BYTES = 1_024 * 1_024
/** What a definition of a version may take, about. */
const DEFINITION_BYTES = 64 * 1_024
const COMMAND_BYTES = 128
const UNSENT_COMMANDS_MAX = 100_000
const STATE_PARTS_MAX = 2_000
/** How long a stream may stay open for somebody who does not say who they are. */
const HELLO_TIMEOUT_MS = 10_000
const UNPROVEN: Refusal = {
  code: 'invalidArgument',
  message:
    'a node claims an epoch of this cluster that this core never gave it, without proof: it lies, or the database was restored without the key of secrets',
}
const NO_HELLO: Refusal = { code: 'unauthenticated', message: 'no hello came' }
const CERTIFICATE_ENDED: Refusal = { code: 'unauthenticated', message: 'the certificate of the node has ended' }
const LEFT_BEHIND: Refusal = {
  code: 'aborted',
  message: 'the node knows a later core of this cluster; this one begins anew',
}
const NOT_LATER: Refusal = {
  code: 'invalidArgument',
  message: 'a node refuses the epoch of this core, and has seen no later one',
}
const NO_LOG: Refusal = { code: 'aborted', message: 'the node left' }

export class NodeConnection {
  readonly #ports: ConnectionPorts
  readonly #stream: NodeStream
  readonly #logs: LogReaders
  readonly #peer: NodePeer
  #nodeName: string | null = null
  #ledgerId = ''
  #stateParts: WireNodeState[] = []
  #unsent: NodeCommand[] = []
  #isFlushDue = false
  #isBlocked = false
  #isOver = false
  /** Its first full state has come. */
  #isReady = false
  #heartbeat: Cancel | null = null
  #cancelExpiry: Cancel = () => undefined
  readonly #traffic: NodeTraffic
  readonly #cancelHelloTimeout: Cancel

  constructor(ports: ConnectionPorts, stream: NodeStream, peer: NodePeer) {
    this.#ports = ports
    this.#stream = stream
    this.#peer = peer
    this.#traffic = noTraffic(ports.clock.nowMs())
    this.provenUntil(peer.notAfterMs)
    this.#logs = new LogReaders((frame) => void this.#stream.write(frame))
    this.#cancelHelloTimeout = ports.clock.schedule(HELLO_TIMEOUT_MS, () => this.refuse(NO_HELLO))
  }

  /** Null until the hello was accepted. */
  get nodeName(): string | null {
    return this.#nodeName
  }

  /** The node has shown a newer certificate: the stream may go on for as long as that. */
  provenUntil(notAfterMs: number): void {
    this.#cancelExpiry()
    if (this.#isOver || notAfterMs === Number.POSITIVE_INFINITY) return
    const { clock } = this.#ports
    const leftMs = Math.max(0, notAfterMs - clock.nowMs())
    this.#cancelExpiry = clock.schedule(leftMs, () => this.refuse(CERTIFICATE_ENDED))
  }

  /** Sends a command with the others of this turn. */
  send(command: NodeCommand): void {
    if (this.#isOver) return
    this.#unsent.push(command)
    if (this.#unsent.length > UNSENT_COMMANDS_MAX)
      return this.refuse({ code: 'resourceExhausted', message: 'the node does not read its commands' })
    this.#flushSoon()
  }

  /** A frame came. */
  receive(request: ConnectRequest): void {
    if (this.#isOver || request.frame === undefined) return
    const { frame } = request
    if (this.#isTooMuch('frames', 1)) return
    if (this.#nodeName === null) {
      if (frame.$case !== 'hello') return this.refuse({ code: 'invalidArgument', message: 'a hello comes first' })
      return this.#hello(frame.value)
    }
    this.#receiveFrom(this.#nodeName, frame)
  }

  /** The stream takes more. */
  drained(): void {
    this.#isBlocked = false
    this.#flushSoon()
  }

  /** The stream is over, whoever ended it. */
  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelHelloTimeout()
    this.#cancelExpiry()
    this.#heartbeat?.()
    this.#unsent = []
    this.#logs.endAll(NO_LOG.message)
    if (this.#nodeName !== null) this.#ports.left(this)
  }

  /** Ends the stream with a reason. */
  refuse(refusal: Refusal): void {
    if (this.#isOver) return
    this.#ports.log.warn({ node: this.#peer.nodeName, ...refusal }, 'a node was cut off')
    this.#ports.cutOff?.(this.#peer.nodeName, refusal)
    this.closed()
    this.#stream.fail(refusal)
  }

  /** Ends the stream: the core stops. The node comes again. */
  end(): void {
    this.closed()
    this.#stream.end()
  }

  /** Asks the node to get an image; nothing waits for it. */
  preload(order: PreloadOrder): void {
    if (!this.#isOver) this.#stream.write({ frame: { $case: 'preloadImage', value: preloadToWire(order) } })
  }

  /** The log of a pod of this node. */
  podLog(podId: string, options: PodLogOptions, signal: AbortSignal): AsyncIterable<PodLogBatch> {
    return this.#logs.read(podId, options, signal)
  }

  #hello(hello: NodeHello): void {
    if (hello.nodeName !== this.#peer.nodeName) return this.refuse(notItself(this.#peer.nodeName, hello.nodeName))
    const introduction = introductionFrom(hello)
    if (introduction === null)
      return this.refuse({ code: 'invalidArgument', message: 'the hello lacks a valid name, ledger or resources' })
    const refusal = this.#epochRefusal(hello, introduction)
    if (refusal !== null) return this.refuse(refusal)
    if (this.#ports.join(this, introduction) === 'nameTaken')
      return this.refuse({ code: 'alreadyExists', message: `a node named ${introduction.name} is connected` })
    this.#nodeName = introduction.name
    this.#ledgerId = introduction.ledgerId
    this.#cancelHelloTimeout()
    const { coreId, epoch, leaseMs, heartbeatMs, usageMs } = this.#ports
    const times = { heartbeatIntervalMs: heartbeatMs, leaseMs, usageIntervalMs: usageMs }
    const epochProof = this.#ports.epochSeal.proof({ epoch, ledgerId: introduction.ledgerId })
    this.#stream.write({ frame: { $case: 'hello', value: { coreId, epoch, ...times, cores: [], epochProof } } })
    this.#beat()
  }

  /** Who has seen our epoch and was never greeted by us has seen another core of it: a database was restored. */
  #epochRefusal({ epochMarks }: NodeHello, introduction: NodeIntroduction): Refusal | null {
    const { coreId, epoch, hasGreeted, epochRefused, epochSeal, log } = this.#ports
    const { ledgerId, name } = introduction
    const mark = epochMarks.find((one) => one.coreId === coreId)
    if (!mark || mark.epoch < epoch || (mark.epoch === epoch && hasGreeted(ledgerId))) return null
    if (epochSeal.isProof({ epoch: mark.epoch, ledgerId }, mark.proof)) {
      epochRefused(mark.epoch)
      return LEFT_BEHIND
    }
    log.error({ node: name, claimed: mark.epoch, epoch }, UNPROVEN.message)
    return mark.epoch > epoch ? UNPROVEN : null // N13: it would obey nothing; one of the same epoch obeys.
  }

  #receiveFrom(nodeName: string, frame: NonNullable<ConnectRequest['frame']>): void {
    const { fleet } = this.#ports
    switch (frame.$case) {
      case 'hello':
        return this.refuse({ code: 'invalidArgument', message: 'a second hello' })
      case 'state':
        return this.#receiveState(nodeName, frame.value)
      case 'reports': {
        const reports = frame.value.reports.flatMap((report) => reportFrom(report) ?? [])
        if (reports.length !== frame.value.reports.length)
          return this.refuse({ code: 'invalidArgument', message: 'a report that makes no sense' })
        if (this.#isTooMuch('reports', reports.length) || this.#isForeign(nodeName, reports)) return
        if (fleet.nodeReports(nodeName, frame.value.firstRevision, reports)) return
        return this.#isTooMuch('gaps', 1) ? undefined : this.send({ kind: 'sendState' })
      }
      case 'epochRefused':
        return this.#epochRefused(frame.value)
      case 'heartbeat':
        return fleet.nodeHeard(nodeName)
      case 'usage': {
        const { node, pods, pressure } = usageFrom(frame.value)
        fleet.nodeUsage(nodeName, node, pods)
        if (pressure !== null) fleet.nodePressure(nodeName, pressure)
        return
      }
      case 'logChunk':
        return this.#logs.receive(frame.value)
      case 'image': {
        const report = imageReportFrom(frame.value)
        return report === null ? undefined : this.#ports.imageReported(nodeName, report)
      }
    }
  }

  /** Only what a core has given it moves another one. */
  #epochRefused({ highestEpoch, proof }: EpochRefused): void {
    const { epoch, epochSeal, epochRefused } = this.#ports
    // The hello gave it a proof of our own epoch: who shows that back has seen nothing of a later core.
    if (highestEpoch <= epoch) return this.refuse(NOT_LATER)
    if (!epochSeal.isProof({ epoch: highestEpoch, ledgerId: this.#ledgerId }, proof)) return this.refuse(UNPROVEN)
    epochRefused(highestEpoch)
  }

  /** Counts what the node sends; true: that was too much, and its stream is over. */
  #isTooMuch(kind: TrafficKind, count: number): boolean {
    if (!isTooMuch(this.#traffic, kind, count, this.#ports.clock.nowMs())) return false
    this.refuse({ code: 'resourceExhausted', message: TRAFFIC_WORDS[kind] })
    return true
  }

  /** What it says of pods of other nodes changes nothing; who says much of it is cut off. */
  #isForeign(nodeName: string, reports: readonly NodeReport[]): boolean {
    const { fleet } = this.#ports
    let foreign = 0
    for (const report of reports) {
      const owner = fleet.nodeOfPod(report.kind === 'pod' ? report.pod.podId : report.session.podId)
      if (owner !== null && owner !== nodeName) foreign += 1
    }
    return foreign > 0 && this.#isTooMuch('foreign', foreign)
  }

  #receiveState(nodeName: string, part: WireNodeState): void {
    if (this.#isTooMuch('states', 1)) return
    this.#stateParts.push(part)
    this.#ports.fleet.nodeHeard(nodeName)
    if (this.#stateParts.length > STATE_PARTS_MAX)
      return this.refuse({ code: 'resourceExhausted', message: 'a state without an end' })
    if (!part.isLast) return
    const state = stateFrom(this.#stateParts)
    this.#stateParts = []
    if (state === null) return this.refuse({ code: 'invalidArgument', message: 'a state that makes no sense' })
    this.#ports.fleet.nodeState(nodeName, state)
    if (!this.#isReady) this.#ports.nodeReady(nodeName)
    this.#isReady = true
  }

  #flushSoon(): void {
    if (this.#isFlushDue || this.#isBlocked || this.#unsent.length === 0) return
    this.#isFlushDue = true
    this.#ports.clock.schedule(0, () => {
      this.#isFlushDue = false
      this.#flush()
    })
  }

  #flush(): void {
    const nowMs = this.#ports.clock.nowMs()
    const started: string[] = []
    while (!this.#isOver && !this.#isBlocked && this.#unsent.length > 0) {
      const batch = this.#unsent.splice(0, countForFrame(this.#unsent))
      for (const command of batch) if (command.kind === 'startSession') started.push(command.sessionId)
      const commands = batch.map((command) => toWire(command, { nowMs, secretsOf: this.#ports.podSecrets }))
      const value = { epoch: this.#ports.epoch, commands }
      this.#isBlocked = !this.#stream.write({ frame: { $case: 'commands', value } })
    }
    if (started.length > 0) this.#ports.fleet.commandsSent(started)
  }

  #beat(): void {
    this.#heartbeat = this.#ports.clock.schedule(this.#ports.heartbeatMs, () => {
      if (this.#isOver) return
      this.#stream.write({ frame: { $case: 'heartbeat', value: {} } })
      this.#beat()
    })
  }
}

/** What a certificate says is what counts, whatever the hello says. */
function notItself(proven: string, claimed: string): Refusal {
  const message = `the certificate is of the node ${proven}, which cannot speak for ${claimed.slice(0, 63)}`
  return { code: 'permissionDenied', message }
}

/** How many of the first commands share the next frame; at least one. */
function countForFrame(commands: readonly NodeCommand[]): number {
  let bytes = 0
  let count = 0
  for (const command of commands) {
    bytes += bytesOf(command)
    if (count > 0 && (count === COMMANDS_PER_FRAME || bytes > FRAME_BYTES)) break
    count += 1
  }
  return count
}

function bytesOf(command: NodeCommand): number {
  if (command.kind === 'defineVersion') {
    const { provision } = command.version.spec
    return DEFINITION_BYTES + (provision === undefined ? 0 : bytesOfFiles(provision))
  }
  if (command.kind !== 'startSession') return COMMAND_BYTES
  let letters = 0
  for (const [name, value] of Object.entries(command.env)) letters += name.length + value.length
  return COMMAND_BYTES + command.data.length + letters
}
