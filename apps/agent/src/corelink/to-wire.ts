/** Our words in the core's. */
import type { EpochMark } from '@fornax/node-model/epoch-rules'
import type { Isolation } from '@fornax/node-model/isolation-rules'
import { toldPhase, type NodeSession } from '@fornax/node-model/node-session-state'
import { toldPodPhase, type Hibernation, type HibernationDepth, type Pod } from '@fornax/node-model/pod-state'
import {
  ImagePhase,
  HibernationDepth as WireDepth,
  Isolation as WireIsolation,
  LogStream,
  PodFailureKind,
  PodPhase,
  SessionEnd,
  SessionPhase,
  type ImageReport,
  type Hibernation as WireHibernation,
  type LogChunk,
  type NodeHello,
  type NodeState,
  type PodReport,
  type Report,
  type ReportBatch,
  type SessionReport,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { NodeReport } from '../ledger/node-record.ts'
import type { PodLogPiece } from '../logs/log-source.ts'
import type { ImageNews } from '../pods/image-preloads.ts'
import type { WorkloadState } from '../pods/node-workload.ts'
import type { NodeIntroduction } from './node-introduction.ts'

/** How many reports one frame may hold, and how long their texts may be: with three bytes for a letter, below 1 MiB. */
const FRAME_REPORTS_MAX = 500
const FRAME_LETTERS_MAX = 256 * 1_024
/** What a report is apart from the texts that pods and applications chose. */
const REPORT_LETTERS = 200
/** What the core keeps of a text. */
const TEXT_LETTERS_MAX = 4_096

/** The hello of a node. */
export function toHello(node: NodeIntroduction, said: { readonly epochMarks: readonly EpochMark[] }): NodeHello {
  return {
    nodeName: node.name,
    ledgerId: node.ledgerId,
    epochMarks: [...said.epochMarks],
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
  const room = new FrameRoom()
  let part: NodeState = { revision, pods: [], sessions: [], applicationVersionIds: [...versionIds], isLast: true }
  const parts = [part]
  const partFor = (report: PodReport | SessionReport): NodeState => {
    if (room.take(lettersOf(report))) return part
    part.isLast = false
    part = { revision, pods: [], sessions: [], applicationVersionIds: [], isLast: true }
    parts.push(part)
    return part
  }
  for (const pod of pods) {
    const report = toPodReport(pod)
    partFor(report).pods.push(report)
  }
  for (const session of sessions) {
    const report = toSessionReport(session)
    partFor(report).sessions.push(report)
  }
  return parts
}

/** Reports of following revisions, in as many frames as they need. */
export function toReportBatches(firstRevision: number, reports: readonly NodeReport[]): ReportBatch[] {
  const room = new FrameRoom()
  const batches: ReportBatch[] = []
  let revision = firstRevision
  for (const report of reports) {
    const wire = toReport(report)
    const last = batches.at(-1)
    if (room.take(lettersOf(wire.value)) && last) last.reports.push({ report: wire })
    else batches.push({ firstRevision: revision, reports: [{ report: wire }] })
    revision += 1
  }
  return batches
}

/** How much a frame holds already. */
class FrameRoom {
  #reports = 0
  #letters = 0

  /** Whether one more report fits; otherwise it is the first of the next frame. */
  take(letters: number): boolean {
    const fits = this.#reports < FRAME_REPORTS_MAX && this.#letters + letters <= FRAME_LETTERS_MAX
    if (!fits) this.#reports = this.#letters = 0
    this.#reports += 1
    this.#letters += letters
    return fits
  }
}

function lettersOf(report: PodReport | SessionReport): number {
  if ('sessionId' in report) {
    const { message, endpoints } = report
    return (
      REPORT_LETTERS + message.length + endpoints.reduce((sum, { name, host }) => sum + name.length + host.length, 0)
    )
  }
  const { failure, lastLogLines, hibernation } = report
  const letters = failure.length + (hibernation?.problem.length ?? 0)
  return REPORT_LETTERS + letters + lastLogLines.reduce((sum, line) => sum + line.length, 0)
}

function toReport(report: NodeReport): NonNullable<Report['report']> {
  return report.kind === 'pod'
    ? { $case: 'pod', value: toPodReport(report.pod) }
    : { $case: 'session', value: toSessionReport(report.session) }
}

/** How far an image has come. */
export function toImageReport(applicationVersionId: string, { phase, message, pulledBytes }: ImageNews): ImageReport {
  return { applicationVersionId, phase: IMAGE_PHASES[phase], message: cut(message), pulledBytes }
}

const IMAGE_PHASES: Readonly<Record<ImageNews['phase'], ImagePhase>> = {
  pulling: ImagePhase.IMAGE_PHASE_PULLING,
  present: ImagePhase.IMAGE_PHASE_PRESENT,
  failed: ImagePhase.IMAGE_PHASE_FAILED,
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
    phase: POD_PHASES[toldPodPhase(pod)],
    failure: cut(pod.failure?.reason ?? ''),
    failureKind: pod.failure === null ? PodFailureKind.POD_FAILURE_KIND_UNSPECIFIED : FAILURE_KINDS[pod.failure.kind],
    lastLogLines: pod.lastLogLines.map(cut),
    exitCode: pod.exitCode ?? undefined,
    grantEpoch: pod.grantEpoch,
    readyAfterMs: pod.readyAfterMs,
    runtime: pod.runtime,
    isSpent: pod.isSpent,
    startPhases: pod.readyAfterMs === 0 ? undefined : (pod.startPhases ?? undefined),
    hibernation: pod.hibernation === null ? undefined : toHibernation(pod.hibernation),
  }
}

function toHibernation(hibernation: Hibernation): WireHibernation {
  const { depth, residentBytesBefore, residentBytesAfter, swappedBytes, problem, wakeUs } = hibernation
  return {
    depth: DEPTHS[depth],
    residentBytesBefore: residentBytesBefore ?? undefined,
    residentBytesAfter: residentBytesAfter ?? undefined,
    swappedBytes: swappedBytes ?? undefined,
    problem: cut(problem),
    wakeUs: wakeUs ?? undefined,
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
    message: cut(session.message),
    end: session.end === null ? SessionEnd.SESSION_END_UNSPECIFIED : SESSION_ENDS[session.end],
  }
}

function cut(text: string): string {
  return text.length > TEXT_LETTERS_MAX ? text.slice(0, TEXT_LETTERS_MAX) : text
}

const POD_PHASES: Readonly<Record<Pod['phase'], PodPhase>> = {
  creating: PodPhase.POD_PHASE_CREATING,
  standby: PodPhase.POD_PHASE_STANDBY,
  hibernated: PodPhase.POD_PHASE_HIBERNATED,
  active: PodPhase.POD_PHASE_ACTIVE,
  terminating: PodPhase.POD_PHASE_TERMINATING,
  terminated: PodPhase.POD_PHASE_TERMINATED,
  failed: PodPhase.POD_PHASE_FAILED,
}

const DEPTHS: Readonly<Record<HibernationDepth, WireDepth>> = {
  none: WireDepth.HIBERNATION_DEPTH_NONE,
  frozen: WireDepth.HIBERNATION_DEPTH_FROZEN,
  light: WireDepth.HIBERNATION_DEPTH_LIGHT,
  deep: WireDepth.HIBERNATION_DEPTH_DEEP,
}

const FAILURE_KINDS: Readonly<Record<NonNullable<Pod['failure']>['kind'], PodFailureKind>> = {
  startFailed: PodFailureKind.POD_FAILURE_KIND_START_FAILED,
  notReady: PodFailureKind.POD_FAILURE_KIND_NOT_READY,
  exited: PodFailureKind.POD_FAILURE_KIND_EXITED,
  outOfMemory: PodFailureKind.POD_FAILURE_KIND_OUT_OF_MEMORY,
  outOfDisk: PodFailureKind.POD_FAILURE_KIND_OUT_OF_DISK,
  unhealthy: PodFailureKind.POD_FAILURE_KIND_UNHEALTHY,
  wakeFailed: PodFailureKind.POD_FAILURE_KIND_WAKE_FAILED,
  lost: PodFailureKind.POD_FAILURE_KIND_LOST,
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
  wakeFailed: SessionEnd.SESSION_END_WAKE_FAILED,
}

const ISOLATIONS: Readonly<Record<Isolation, WireIsolation>> = {
  none: WireIsolation.ISOLATION_NONE,
  simulated: WireIsolation.ISOLATION_SIMULATED,
  namespace: WireIsolation.ISOLATION_NAMESPACE,
  container: WireIsolation.ISOLATION_CONTAINER,
  sandbox: WireIsolation.ISOLATION_SANDBOX,
}
