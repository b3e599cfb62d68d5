/** Our words in the core's. */
import type { EpochMark } from '@fornax/node-model/epoch-rules'
import type { Isolation } from '@fornax/node-model/isolation-rules'
import { toldPhase, type NodeSession } from '@fornax/node-model/node-session-state'
import type { Pod } from '@fornax/node-model/pod-state'
import {
  Isolation as WireIsolation,
  LogStream,
  PodFailureKind,
  PodPhase,
  SessionEnd,
  SessionPhase,
  type LogChunk,
  type NodeHello,
  type NodeState,
  type PodReport,
  type Report,
  type SessionReport,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { NodeReport } from '../ledger/node-record.ts'
import type { PodLogPiece } from '../logs/log-source.ts'
import type { WorkloadState } from '../pods/node-workload.ts'
import type { NodeIntroduction } from './node-introduction.ts'

/** What one frame of a full state may hold. */
const STATE_PART = 500

/** The hello of a node. */
export function toHello(
  node: NodeIntroduction,
  said: { readonly joinToken: string; readonly epochMarks: readonly EpochMark[] },
): NodeHello {
  return {
    nodeName: node.name,
    ledgerId: node.ledgerId,
    epochMarks: [...said.epochMarks],
    joinToken: said.joinToken,
    agentVersion: node.agentVersion,
    resources: { ...node.resources },
    runtimes: node.runtimes.map(({ name, isolation }) => ({ name, isolation: ISOLATIONS[isolation] })),
    labels: { ...node.labels },
    taints: node.taints.map((taint) => ({ ...taint })),
    address: node.address,
  }
}

/** A full state, in parts. */
export function toStateParts({ pods, sessions, versionIds }: WorkloadState, revision: number): NodeState[] {
  const count = Math.max(1, Math.ceil(Math.max(pods.length, sessions.length) / STATE_PART))
  return Array.from({ length: count }, (_, index) => {
    const from = index * STATE_PART
    return {
      revision,
      pods: pods.slice(from, from + STATE_PART).map(toPodReport),
      sessions: sessions.slice(from, from + STATE_PART).map(toSessionReport),
      applicationVersionIds: index === 0 ? [...versionIds] : [],
      isLast: index === count - 1,
    }
  })
}

/** One report. */
export function toReport(report: NodeReport): Report {
  return report.kind === 'pod'
    ? { report: { $case: 'pod', value: toPodReport(report.pod) } }
    : { report: { $case: 'session', value: toSessionReport(report.session) } }
}

/** A piece of a log. */
export function toLogChunk(requestId: string, piece: PodLogPiece): LogChunk {
  const stream = piece.stream === 'stderr' ? LogStream.LOG_STREAM_STDERR : LogStream.LOG_STREAM_STDOUT
  const lines = piece.lines.map((text) => ({ stream, text }))
  return { requestId, lines, isLast: false, problem: '', skippedLines: piece.skippedLines }
}

function toPodReport(pod: Pod): PodReport {
  return {
    podId: pod.podId,
    applicationVersionId: pod.versionId,
    phase: POD_PHASES[pod.phase],
    failure: pod.failure?.reason ?? '',
    failureKind: pod.failure === null ? PodFailureKind.POD_FAILURE_KIND_UNSPECIFIED : FAILURE_KINDS[pod.failure.kind],
    lastLogLines: [...pod.lastLogLines],
    exitCode: pod.exitCode ?? undefined,
    grantEpoch: pod.grantEpoch,
    readyAfterMs: pod.readyAfterMs,
    runtime: pod.runtime,
    isSpent: pod.isSpent,
  }
}

function toSessionReport(session: NodeSession): SessionReport {
  return {
    sessionId: session.sessionId,
    podId: session.podId,
    grantEpoch: session.grantEpoch,
    phase: SESSION_PHASES[toldPhase(session)],
    endpoints: session.endpoints.map((endpoint) => ({ ...endpoint })),
    clientCount: session.clientCount,
    message: session.message,
    end: session.end === null ? SessionEnd.SESSION_END_UNSPECIFIED : SESSION_ENDS[session.end],
  }
}

const POD_PHASES: Readonly<Record<Pod['phase'], PodPhase>> = {
  creating: PodPhase.POD_PHASE_CREATING,
  standby: PodPhase.POD_PHASE_STANDBY,
  active: PodPhase.POD_PHASE_ACTIVE,
  terminating: PodPhase.POD_PHASE_TERMINATING,
  terminated: PodPhase.POD_PHASE_TERMINATED,
  failed: PodPhase.POD_PHASE_FAILED,
}

const FAILURE_KINDS: Readonly<Record<NonNullable<Pod['failure']>['kind'], PodFailureKind>> = {
  startFailed: PodFailureKind.POD_FAILURE_KIND_START_FAILED,
  notReady: PodFailureKind.POD_FAILURE_KIND_NOT_READY,
  exited: PodFailureKind.POD_FAILURE_KIND_EXITED,
  outOfMemory: PodFailureKind.POD_FAILURE_KIND_OUT_OF_MEMORY,
}

const SESSION_PHASES: Readonly<Record<ReturnType<typeof toldPhase>, SessionPhase>> = {
  starting: SessionPhase.SESSION_PHASE_STARTING,
  available: SessionPhase.SESSION_PHASE_AVAILABLE,
  inUse: SessionPhase.SESSION_PHASE_IN_USE,
  closing: SessionPhase.SESSION_PHASE_CLOSING,
  closed: SessionPhase.SESSION_PHASE_CLOSED,
}

const SESSION_ENDS: Readonly<Record<NonNullable<NodeSession['end']>, SessionEnd>> = {
  requested: SessionEnd.SESSION_END_REQUESTED,
  exited: SessionEnd.SESSION_END_EXITED,
  podLost: SessionEnd.SESSION_END_POD_LOST,
  startFailed: SessionEnd.SESSION_END_START_FAILED,
}

const ISOLATIONS: Readonly<Record<Isolation, WireIsolation>> = {
  none: WireIsolation.ISOLATION_NONE,
  simulated: WireIsolation.ISOLATION_SIMULATED,
  namespace: WireIsolation.ISOLATION_NAMESPACE,
  container: WireIsolation.ISOLATION_CONTAINER,
  sandbox: WireIsolation.ISOLATION_SANDBOX,
}
