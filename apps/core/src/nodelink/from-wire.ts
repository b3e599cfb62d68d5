/** The agent's words into the core's. Everything that arrives is checked here. */
import type {
  ImageReport as WireImageReport,
  Hibernation as WireHibernation,
  Isolation as WireIsolation,
  NodeHello,
  NodeState as WireNodeState,
  PodReport as WirePodReport,
  Report,
  SessionReport as WireSessionReport,
  UsageReport,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import {
  ImagePhase,
  HibernationDepth as WireDepth,
  Isolation,
  PodFailureKind,
  PodPhase,
  SessionEnd,
  SessionPhase,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { isDnsLabel } from '../applications/version-rules.ts'
import type { Isolation as DomainIsolation } from '../applications/application.ts'
import type { NodeReport, NodeState, PodReport, SessionReport } from '../fleet/node-report.ts'
import type { ImageReport } from '../images/node-image.ts'
import type { NodePressure } from '../nodes/node-pressure.ts'
import type { NodeIntroduction } from '../nodes/node.ts'
import type { HibernationDepth, NodeUsage, PodFailure, PodHibernation, PodUsage, StartPhases } from '../pods/pod.ts'
import type { Endpoint } from '../sessions/session.ts'

/** Null when an agent says something that no agent of ours would: its stream is then cut. */
export type FromWire<T> = T | null

const TEXT_MAX = 4_096
const LOG_LINES_MAX = 50
const REPORT_PODS_MAX = 100_000

export function introductionFrom(hello: NodeHello): FromWire<NodeIntroduction> {
  const { resources } = hello
  const isWhole = isDnsLabel(hello.nodeName) && hello.ledgerId !== '' && resources !== undefined
  if (!isWhole || resources.pods > REPORT_PODS_MAX) return null
  return {
    name: hello.nodeName,
    ledgerId: hello.ledgerId,
    agentVersion: hello.agentVersion.slice(0, 64),
    address: hello.address.slice(0, 255),
    resources: { cpuMillis: resources.cpuMillis, memoryBytes: resources.memoryBytes, pods: resources.pods },
    runtimes: hello.runtimes.map((offer) => ({ name: offer.name, isolation: isolationFrom(offer.isolation) })),
    labels: hello.labels,
    taints: hello.taints.map(({ key, value, effect }) => ({ key, value, effect })),
  }
}

/** A full state that came in parts. */
export function stateFrom(parts: readonly WireNodeState[]): FromWire<NodeState> {
  const last = parts.at(-1)
  if (!last) return null
  const wirePods = parts.flatMap((part) => part.pods)
  const wireSessions = parts.flatMap((part) => part.sessions)
  const pods = wirePods.flatMap((pod) => podReportFrom(pod) ?? [])
  const sessions = wireSessions.flatMap((session) => sessionReportFrom(session) ?? [])
  if (pods.length !== wirePods.length || sessions.length !== wireSessions.length) return null
  return {
    revision: last.revision,
    pods,
    sessions,
    versionIds: parts.flatMap((part) => part.applicationVersionIds),
  }
}

export function reportFrom(report: Report): FromWire<NodeReport> {
  switch (report.report?.$case) {
    case 'pod': {
      const pod = podReportFrom(report.report.value)
      return pod && { kind: 'pod', pod }
    }
    case 'session': {
      const session = sessionReportFrom(report.report.value)
      return session && { kind: 'session', session }
    }
    default:
      return null
  }
}

/** `pressure`: null when the node says nothing new of it. */
export function usageFrom(report: UsageReport): {
  node: NodeUsage
  pods: Map<string, PodUsage>
  pressure: NodePressure | null
} {
  const { cpuMillis, memoryBytes } = report
  const { memory = false, disk = false, pids = false } = report.pressure ?? {}
  return {
    node: { cpuMillis, memoryBytes },
    pods: new Map(report.pods.map((pod) => [pod.podId, podUsageOf(pod)])),
    pressure: report.pressure === undefined ? null : { memory, disk, pids },
  }
}

export function imageReportFrom(report: WireImageReport): FromWire<ImageReport> {
  const phase = IMAGE_PHASES.get(report.phase)
  if (phase === undefined || report.applicationVersionId === '') return null
  const message = report.message.slice(0, TEXT_MAX)
  return { versionId: report.applicationVersionId, phase, message, pulledBytes: report.pulledBytes }
}

function podUsageOf(pod: PodUsage): PodUsage {
  const { cpuMillis, memoryBytes, swappedBytes, receivedBytesPerSecond, sentBytesPerSecond } = pod
  return { cpuMillis, memoryBytes, swappedBytes, receivedBytesPerSecond, sentBytesPerSecond }
}

function podReportFrom(report: WirePodReport): FromWire<PodReport> {
  const phase = POD_PHASES.get(report.phase)
  if (phase === undefined || report.podId === '') return null
  return {
    podId: report.podId,
    versionId: report.applicationVersionId,
    phase,
    failure: phase === 'failed' || isCondemned(phase, report) ? failureFrom(report) : null,
    readyAfterMs: report.readyAfterMs === 0 ? null : report.readyAfterMs,
    runtime: report.runtime === '' ? null : report.runtime,
    isSpent: report.isSpent,
    startPhases: report.startPhases === undefined ? null : startPhasesFrom(report.startPhases),
    hibernation: report.hibernation === undefined ? null : hibernationFrom(report.hibernation),
  }
}

function hibernationFrom(said: WireHibernation): PodHibernation {
  return {
    depth: DEPTHS.get(said.depth) ?? 'none',
    residentBytesBefore: said.residentBytesBefore ?? null,
    residentBytesAfter: said.residentBytesAfter ?? null,
    swappedBytes: said.swappedBytes ?? null,
    problem: said.problem === '' ? null : said.problem.slice(0, TEXT_MAX),
    wakeUs: said.wakeUs ?? null,
  }
}

function startPhasesFrom({ waitMs, sandboxMs, createMs, startMs, readyMs }: StartPhases): StartPhases {
  return { waitMs, sandboxMs, createMs, startMs, readyMs }
}

/** Its node ends it by itself, and says why. */
function isCondemned(phase: PodReport['phase'], { failureKind }: WirePodReport): boolean {
  return phase === 'terminating' && failureKind !== PodFailureKind.POD_FAILURE_KIND_UNSPECIFIED
}

function failureFrom(report: WirePodReport): PodFailure {
  return {
    kind: FAILURE_KINDS.get(report.failureKind) ?? 'exited',
    message: report.failure.slice(0, TEXT_MAX) || 'it ended without a word',
    lastLogLines: report.lastLogLines.slice(-LOG_LINES_MAX).map((line) => line.slice(0, TEXT_MAX)),
  }
}

function sessionReportFrom(report: WireSessionReport): FromWire<SessionReport> {
  const phase = SESSION_PHASES.get(report.phase)
  if (phase === undefined || report.sessionId === '') return null
  return {
    sessionId: report.sessionId,
    podId: report.podId,
    grantEpoch: report.grantEpoch,
    phase,
    endpoints: report.endpoints.flatMap((endpoint) => endpointFrom(endpoint) ?? []),
    clientCount: report.clientCount,
    message: report.message === '' ? null : report.message.slice(0, TEXT_MAX),
    end: SESSION_ENDS.get(report.end) ?? null,
  }
}

function endpointFrom(endpoint: WireSessionReport['endpoints'][number]): FromWire<Endpoint> {
  const { name, protocol, host, port } = endpoint
  if (port < 1 || port > 65_535) return null
  if (protocol !== 'http' && protocol !== 'tcp' && protocol !== 'udp') return null
  return { name, protocol, host, port }
}

function isolationFrom(isolation: WireIsolation): DomainIsolation {
  return ISOLATIONS.get(isolation) ?? 'none'
}

const IMAGE_PHASES = new Map<number, ImageReport['phase']>([
  [ImagePhase.IMAGE_PHASE_PULLING, 'pulling'],
  [ImagePhase.IMAGE_PHASE_PRESENT, 'present'],
  [ImagePhase.IMAGE_PHASE_FAILED, 'failed'],
])

const ISOLATIONS = new Map<number, DomainIsolation>([
  [Isolation.ISOLATION_SIMULATED, 'simulated'],
  [Isolation.ISOLATION_NAMESPACE, 'namespace'],
  [Isolation.ISOLATION_CONTAINER, 'container'],
  [Isolation.ISOLATION_SANDBOX, 'sandbox'],
])

const POD_PHASES = new Map<number, PodReport['phase']>([
  [PodPhase.POD_PHASE_CREATING, 'creating'],
  [PodPhase.POD_PHASE_STANDBY, 'standby'],
  [PodPhase.POD_PHASE_HIBERNATED, 'hibernated'],
  [PodPhase.POD_PHASE_ACTIVE, 'active'],
  [PodPhase.POD_PHASE_TERMINATING, 'terminating'],
  [PodPhase.POD_PHASE_TERMINATED, 'terminated'],
  [PodPhase.POD_PHASE_FAILED, 'failed'],
])

const DEPTHS = new Map<number, HibernationDepth>([
  [WireDepth.HIBERNATION_DEPTH_FROZEN, 'frozen'],
  [WireDepth.HIBERNATION_DEPTH_LIGHT, 'light'],
  [WireDepth.HIBERNATION_DEPTH_DEEP, 'deep'],
])

const FAILURE_KINDS = new Map<number, PodFailure['kind']>([
  [PodFailureKind.POD_FAILURE_KIND_START_FAILED, 'startFailed'],
  [PodFailureKind.POD_FAILURE_KIND_NOT_READY, 'notReady'],
  [PodFailureKind.POD_FAILURE_KIND_EXITED, 'exited'],
  [PodFailureKind.POD_FAILURE_KIND_OUT_OF_MEMORY, 'outOfMemory'],
  [PodFailureKind.POD_FAILURE_KIND_OUT_OF_DISK, 'outOfDisk'],
  [PodFailureKind.POD_FAILURE_KIND_UNHEALTHY, 'unhealthy'],
  [PodFailureKind.POD_FAILURE_KIND_WAKE_FAILED, 'wakeFailed'],
  [PodFailureKind.POD_FAILURE_KIND_LOST, 'lost'],
])

const SESSION_PHASES = new Map<number, SessionReport['phase']>([
  [SessionPhase.SESSION_PHASE_STARTING, 'starting'],
  [SessionPhase.SESSION_PHASE_AVAILABLE, 'available'],
  [SessionPhase.SESSION_PHASE_IN_USE, 'inUse'],
  [SessionPhase.SESSION_PHASE_CLOSING, 'closing'],
  [SessionPhase.SESSION_PHASE_CLOSED, 'closed'],
])

const SESSION_ENDS = new Map<number, SessionReport['end']>([
  [SessionEnd.SESSION_END_REQUESTED, 'requested'],
  [SessionEnd.SESSION_END_EXITED, 'exited'],
  [SessionEnd.SESSION_END_POD_LOST, 'podLost'],
  [SessionEnd.SESSION_END_START_FAILED, 'startFailed'],
  [SessionEnd.SESSION_END_WAKE_FAILED, 'wakeFailed'],
])
