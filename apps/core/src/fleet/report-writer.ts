/** What nodes say happened to pods and sessions, applied. */
import type { Application } from '../applications/application.ts'
import { isHopeless, isVersionsFault, withFailure, withReady } from '../pods/pod-failures.ts'
import type { Pod, PodFailure } from '../pods/pod.ts'
import type { EndReason } from '../sessions/session-state.ts'
import type { Session } from '../sessions/session.ts'
import type { ApplicationEntry } from './application-entry.ts'
import { noteApplication, notePodFailure } from './event-notes.ts'
import type { FleetState } from './fleet-state.ts'
import type { PodReport, SessionReport } from './node-report.ts'
import { expel, expelled } from './node-room.ts'
import { movePod, podEnds, stopPod } from './pod-writer.ts'
import { noteHibernation, noteRest } from './rest-writer.ts'
import {
  applyToSession,
  awaitSlot,
  CANCEL_GRACE_MS,
  forgetOldest,
  giveBack,
  releaseSlot,
  serveQueue,
  spend,
} from './session-writer.ts'

const FAILED_PODS_KEPT = 20

/** Applies what a node says of one of its pods. Unknown pods are the full state's business, except their end. */
export function applyPodReport(state: FleetState, nodeName: string, report: PodReport): void {
  const pod = state.pods.get(report.podId)
  if (!pod || pod.nodeName !== nodeName || pod.phase === 'failed') {
    const node = state.nodes.get(nodeName)
    if (node && hasEnded(report)) expelled(state, node, report.podId)
    else if (node && !pod) expel(state, node, report.podId)
    return
  }
  if (report.isSpent) spend(state, pod)
  switch (report.phase) {
    case 'creating':
    case 'active':
      noteRuntime(state, pod, report.runtime)
      noteHibernation(state, pod, report.hibernation)
      if (report.phase === 'active' && pod.phase === 'creating') podReady(state, pod, report)
      return
    case 'terminating': // Its node ends it by itself. What is still being made says with its end why it failed.
      if (pod.phase !== 'creating') condemned(state, pod, report.failure)
      return
    case 'standby':
    case 'hibernated':
      return podReady(state, pod, report)
    case 'terminated':
    case 'failed':
      return podEnded(state, pod, report.failure)
  }
}

/** A pod that was ready ends because its node wants it to; without a failure somebody has asked for it. */
function condemned(state: FleetState, pod: Pod, failure: PodFailure | null): void {
  const entry = state.entryOf(pod.applicationId)
  if (pod.phase === 'terminating') return
  if (failure !== null && entry) noteFailure(state, entry, { pod, failure })
  podEnds(state, pod, failure)
}

/** A pod is gone, for whatever reason: its sessions close, its booking ends, and it is replaced if it is needed. */
export function podEnded(state: FleetState, pod: Pod, failure: PodFailure | null): void {
  const entry = state.entryOf(pod.applicationId)
  const hadEnded = pod.phase === 'terminating'
  const sessionIds = [...pod.sessionIds]
  const isFailure = failure !== null && !hadEnded
  if (isFailure && entry) noteFailure(state, entry, { pod, failure })
  const isCondemned = pod.failure !== null
  const isMoved = movePod(
    state,
    pod,
    failure === null ? { kind: 'ended' } : { kind: 'failed', isCondemned },
    (ended) => {
      ended.failure = failure
      ended.sessionIds.clear()
    },
  )
  if (!isMoved) return
  if (isFailure) notePodFailure(state, pod, failure)
  endSessions(state, sessionIds, { pod, failure })
  if (pod.phase === 'failed' && failure?.kind !== 'nodeLost') keepFailed(state, pod)
  else state.removePod(pod)
}

/** S14: a session that its pod did not wake for goes to another one; any other ends with its pod. */
function endSessions(
  state: FleetState,
  sessionIds: readonly string[],
  { pod, failure }: { readonly pod: Pod; readonly failure: PodFailure | null },
): void {
  const atMs = state.ports.nowMs()
  const reason: EndReason = failure?.kind === 'nodeLost' ? 'nodeLost' : 'podLost'
  const endedAlone = failure !== null && reason === 'podLost'
  const didNotWake =
    failure?.kind === 'wakeFailed' || (endedAlone && hasNotWoken(pod) && isWaitedFor(state, { pod, sessionIds }))
  if (didNotWake) state.ports.observe.podDidNotWake()
  for (const id of sessionIds)
    if (!didNotWake || !giveBack(state, id))
      applyToSession(state, id, { kind: 'ended', reason, message: failure?.message ?? null, atMs })
}

/** Its node has not said that it woke since it slept: it may have ended in its sleep. */
function hasNotWoken({ hibernation }: Pod): boolean {
  return hibernation !== null && hibernation.depth !== 'none' && hibernation.wakeUs === null
}

/** Somebody wanted it awake. Of those whom it serves nobody did: they let it sleep. */
function isWaitedFor(
  state: FleetState,
  { pod, sessionIds }: { readonly pod: Pod; readonly sessionIds: readonly string[] },
): boolean {
  return pod.rest === 'askedToWake' || sessionIds.some((id) => state.sessions.get(id)?.phase === 'starting')
}

/** Applies what a node says of one of its sessions. */
export function applySessionReport(state: FleetState, nodeName: string, report: SessionReport): void {
  const session = state.sessions.get(report.sessionId)
  const isTheirs = session?.nodeName === nodeName && session.podId === report.podId
  const isGranted = isTheirs && session.grantEpoch === report.grantEpoch
  if (!session || !isGranted) return strangeSession(state, nodeName, report)
  const atMs = state.ports.nowMs()
  const apply = (event: Parameters<typeof applyToSession>[2]): boolean => applyToSession(state, session.id, event)
  switch (report.phase) {
    case 'starting':
      apply({ kind: 'started', atMs })
      return
    case 'available':
    case 'inUse':
      apply({ kind: 'ready', endpoints: report.endpoints, atMs })
      if (state.sessions.get(session.id)?.phase !== 'starting')
        apply({ kind: 'clientsCounted', count: report.clientCount, atMs })
      return
    case 'closing':
      // A core before this one asked for it, and its row may have been lost with that core. Who is given back is not.
      if (session.phase === 'starting' && report.end !== 'wakeFailed')
        apply({ kind: 'closeRequested', reason: 'requested', atMs })
      return
    case 'closed':
      return sessionLetGo(state, nodeName, { session, report })
  }
}

/** The row of a closed session is durable: the node may forget it, if it has let go. */
export function sessionRecorded(state: FleetState, sessionId: string): void {
  if (!state.closedSessions.has(sessionId)) return
  state.recordedSessions.add(sessionId)
  const nodeName = state.forgettable.get(sessionId)
  state.forgettable.delete(sessionId)
  if (nodeName !== undefined) state.ports.tell(nodeName, { kind: 'forgetSessions', sessionIds: [sessionId] })
  forgetOldest(state)
}

function hasEnded(report: PodReport): boolean {
  return report.phase === 'terminated' || report.phase === 'failed'
}

/** Nothing is counted by it. A node has few runtimes, and so many pods share a name. */
function noteRuntime(state: FleetState, pod: Pod, runtime: string | null): void {
  if (pod.runtime === runtime) return
  const offers = pod.nodeName === null ? undefined : state.nodes.get(pod.nodeName)?.introduction?.runtimes
  pod.runtime = offers?.find(({ name }) => name === runtime)?.name ?? runtime
  state.podChanged(pod, false)
}

function podReady(state: FleetState, pod: Pod, report: PodReport): void {
  const atMs = state.ports.nowMs()
  const isMoved = movePod(state, pod, { kind: 'ready' }, (ready) => {
    ready.readyAtMs = atMs
    ready.readyAfterMs = report.readyAfterMs
    ready.startPhases = report.startPhases
  })
  if (isMoved) noteRuntime(state, pod, report.runtime)
  if (isMoved) state.ports.observe.podReady(pod)
  if (isMoved) state.ports.deadlines.clear(pod.id)
  if (report.phase === 'standby' || report.phase === 'hibernated') noteRest(state, pod, report)
  const entry = state.entryOf(pod.applicationId)
  if (!isMoved || entry === null) return
  if (entry.isDeleted) return stopPod(state, pod)
  forgive(state, entry, pod)
  if (isUnproven(entry, pod)) awaitProof(state, entry, atMs + PROOF_MS)
  else if (pod.version.id === entry.definition.version.id) entry.arrived += 1
  serveQueue(state, entry)
}

/**
 * How long a pod must stay ready to prove its version. Without a probe a pod is ready as soon as its process
 * runs, and a process that cannot do its work ends soon after.
 */
const PROOF_MS = 1_000

/** One deadline for all pods that could prove the version: the first that stays ready is enough. */
function awaitProof(state: FleetState, entry: ApplicationEntry, atMs: number): void {
  if (entry.provesAtMs !== null) return
  entry.provesAtMs = atMs
  state.ports.deadlines.set(`proof:${entry.definition.id}`, atMs)
}

/** Whoever became ready first may have ended since; then it is the turn of the next. */
export function proofDue(state: FleetState, entry: ApplicationEntry): void {
  entry.provesAtMs = null
  if (entry.isDeleted) return
  const nowMs = state.ports.nowMs()
  let nextAtMs = Infinity
  for (const pod of entry.pods) {
    if (!isUnproven(entry, pod) || !isReady(pod)) continue
    const provesAtMs = (pod.readyAtMs ?? nowMs) + PROOF_MS
    if (provesAtMs <= nowMs) return prove(state, entry, pod)
    nextAtMs = Math.min(nextAtMs, provesAtMs)
  }
  if (nextAtMs < Infinity) awaitProof(state, entry, nextAtMs)
}

function isReady({ phase }: Pod): boolean {
  return phase === 'standby' || phase === 'hibernated' || phase === 'active'
}

/** A pod was found ready, and has been for a while. */
export function noteReady(state: FleetState, entry: ApplicationEntry, pod: Pod): void {
  forgive(state, entry, pod)
  prove(state, entry, pod)
}

function forgive(state: FleetState, entry: ApplicationEntry, pod: Pod): void {
  const { number } = pod.version
  const record = entry.failures.get(number)
  const forgiven = record && withReady(record, state.ports.nowMs())
  if (forgiven) entry.failures.set(number, forgiven)
  else entry.failures.delete(number)
}

function isUnproven({ definition }: ApplicationEntry, pod: Pod): boolean {
  return !definition.isProven && pod.version.id === definition.version.id
}

/** The first pod of the newest version that stays ready proves it: the roll-out may go on. */
function prove(state: FleetState, entry: ApplicationEntry, pod: Pod): void {
  if (!isUnproven(entry, pod)) return
  const { definition } = entry
  entry.arrived += 1
  const proven: Application = { ...definition, isProven: true, fallback: null }
  entry.definition = proven
  state.ports.record.rollOut(proven)
  noteApplication(state, proven, { kind: 'versionProven', message: provenMessage(definition) })
  state.markDirty(entry)
  // W6: old pods that no node has heard of serve nobody, and need no successor.
  for (const old of entry.unscheduled) if (old.version.number < pod.version.number) stopPod(state, old)
}

function noteFailure(state: FleetState, entry: ApplicationEntry, what: { pod: Pod; failure: PodFailure }): void {
  const { pod, failure } = what
  const { number } = pod.version
  const { version, fallback } = entry.definition
  const atMs = state.ports.nowMs()
  const isOfInterest = number === version.number || number === fallback?.number
  if (!isOfInterest || !isVersionsFault(pod, failure, atMs)) return
  const wasReady = pod.readyAtMs !== null
  const before = entry.failures.get(number) ?? null
  const record = withFailure(before, { failure, wasReady }, atMs)
  entry.failures.set(number, record)
  const isHalted = number === version.number && fallback !== null && !entry.definition.isProven
  if (!isHalted || !isHopeless(record) || (before !== null && isHopeless(before))) return
  const message = `${record.count} pods of version ${number} failed in a row; version ${fallback.number} serves`
  noteApplication(state, entry.definition, { kind: 'rollOutHalted', severity: 'error', message })
}

function provenMessage({ version, fallback }: Application): string {
  const { number } = version
  return fallback === null ? `version ${number} serves` : `version ${number} serves, and replaces ${fallback.number}`
}

/** A few failed pods stay to be looked at. */
function keepFailed(state: FleetState, pod: Pod): void {
  state.ports.deadlines.set(pod.id, state.ports.nowMs() + state.limits.retentionMs)
  const failed = state.entryOf(pod.applicationId)?.failed ?? new Set()
  for (const old of failed) {
    if (failed.size <= FAILED_PODS_KEPT) return
    state.removePod(old)
  }
}

function sessionLetGo(state: FleetState, nodeName: string, what: { session: Session; report: SessionReport }): void {
  const { session, report } = what
  if (report.end === 'wakeFailed' && giveBack(state, session.id)) return letGoOfGivenBack(state, nodeName, report)
  const reason = report.end === 'wakeFailed' ? 'startFailed' : (report.end ?? 'exited')
  applyToSession(state, session.id, { kind: 'ended', reason, message: report.message, atMs: state.ports.nowMs() })
  if (state.recordedSessions.has(session.id))
    state.ports.tell(nodeName, { kind: 'forgetSessions', sessionIds: [session.id] })
  else state.forgettable.set(session.id, nodeName)
  const pod = state.pods.get(report.podId)
  if (!pod) return
  const isHere = pod.sessionIds.has(session.id) // S3: it may have left long ago.
  if (session.request.killPodOnClose && isHere) spend(state, pod)
  releaseSlot(state, pod, session.id)
}

/** S14: what its node knows of a grant that came to nothing must not stand in the way of the next one. */
function letGoOfGivenBack(state: FleetState, nodeName: string, { sessionId, podId }: SessionReport): void {
  state.ports.tell(nodeName, { kind: 'forgetSessions', sessionIds: [sessionId] })
  const pod = state.pods.get(podId)
  if (pod) releaseSlot(state, pod, sessionId)
}

/** A session that the core never granted like this, or has given up. */
function strangeSession(state: FleetState, nodeName: string, report: SessionReport): void {
  const { sessionId } = report
  if (report.phase !== 'closed') return endStranger(state, nodeName, report)
  if (report.podId === '') return neverKnown(state, nodeName, report)
  state.ports.tell(nodeName, { kind: 'forgetSessions', sessionIds: [sessionId] })
  const pod = state.pods.get(report.podId)
  if (pod) releaseSlot(state, pod, sessionId)
}

/** A node was told to close what it does not know: it names no pod. Whoever waits there to be let go has been (S11). */
function neverKnown(state: FleetState, nodeName: string, report: SessionReport): void {
  const { sessionId } = report
  const session = state.sessions.get(sessionId)
  const isHere = session?.nodeName === nodeName
  const isAwaited = session?.phase === 'closing' || session?.phase === 'closed'
  if (session && isHere && isAwaited)
    return sessionLetGo(state, nodeName, { session, report: { ...report, podId: session.podId ?? '' } })
  if (session && isHere) return // Nobody asked to close it.
  for (const podId of state.nodes.get(nodeName)?.podIds ?? []) {
    const pod = state.pods.get(podId)
    if (pod) releaseSlot(state, pod, sessionId)
  }
}

/**
 * It was never answered, and its pod has seen its data: the pod goes too. If it serves others, the stranger holds
 * its slot until the node has let it go (S11).
 */
export function endStranger(state: FleetState, nodeName: string, { sessionId, podId }: SessionReport): void {
  const pod = state.pods.get(podId)
  if (pod?.sessionIds.has(sessionId)) return // It was told already.
  const killPod = pod === undefined || pod.sessionIds.size === 0
  const graceMs = killPod ? 0 : CANCEL_GRACE_MS
  state.ports.tell(nodeName, { kind: 'closeSession', sessionId, graceMs, killPod })
  if (pod && killPod) return stopPod(state, pod, 0)
  if (!pod) return
  state.changePod(pod, (changed) => changed.sessionIds.add(sessionId))
  awaitSlot(state, { pod, sessionId }, graceMs)
}
