/** Carries out a reconciliation plan, step by step, in one turn. */
import { unreachable } from '@fornax/kernel/assert'
import type { ApplicationVersion } from '../applications/application.ts'
import type { Pod } from '../pods/pod.ts'
import { NO_CHOICE } from '../scheduler/placement-choice.ts'
import type { Session } from '../sessions/session.ts'
import type { ApplicationEntry } from './application-entry.ts'
import type { FleetState, NodeEntry } from './fleet-state.ts'
import type { NodeState, PodReport, SessionReport } from './node-report.ts'
import { expel } from './node-room.ts'
import { nodeHeard, nodeReady, podsOf } from './node-writer.ts'
import { expectEnd, expectReady, tellCreate, tellStop } from './pod-writer.ts'
import { planReconciliation, type CorePicture, type ReconcileStep } from './reconcile-node-plan.ts'
import { applyPodReport, applySessionReport, endStranger, noteReady, podEnded } from './report-writer.ts'
import { applyToSession, awaitSlot, CANCEL_GRACE_MS, releaseSlot, tellClose, tellStart } from './session-writer.ts'

/** Finds the version that a node names, if its application still exists. */
export type VersionLookup = (
  versionId: string,
) => { readonly entry: ApplicationEntry; readonly version: ApplicationVersion } | null

/** A node has said everything. Afterwards core and node agree, or the commands that make them agree are on their way. */
export function reconcileNode(
  state: FleetState,
  node: NodeEntry,
  said: { state: NodeState; find: VersionLookup },
): void {
  nodeHeard(state, node)
  node.strangers.clear()
  const plan = planReconciliation(pictureOf(state, node, said.find), said.state)
  for (const step of plan) carryOut(state, node, { step, find: said.find })
  for (const id of node.expectedSessions) applyToSession(state, id, { kind: 'heard', atMs: state.ports.nowMs() })
  node.expectedSessions.clear()
  nodeReady(state, node, said.state)
}

function pictureOf(state: FleetState, node: NodeEntry, find: VersionLookup): CorePicture {
  const { name } = node.registered
  const pods = podsOf(state, node)
  const held = pods.flatMap((pod) => [...pod.sessionIds])
  const isAdopting = state.expectedNodes.has(node)
  return {
    pods: new Map(pods.map((pod) => [pod.id, pod.phase])),
    session: (id) => {
      const session = state.sessions.get(id)
      const isLost = session?.phase === 'pending' && isAdopting // Its grant was not recorded before the core ended.
      if (!session || (session.nodeName !== name && !isLost)) return null
      return { phase: session.phase, podId: session.podId }
    },
    sessionIds: new Set([...held, ...node.expectedSessions]),
    isVersionKnown: (versionId) => find(versionId) !== null,
    isAdopting,
    isFirstWord: node.phase !== 'ready',
  }
}

function carryOut(state: FleetState, node: NodeEntry, what: { step: ReconcileStep; find: VersionLookup }): void {
  const { step } = what
  const { name } = node.registered
  switch (step.kind) {
    case 'adoptPod':
      return adoptPod(state, node, { report: step.report, find: what.find })
    case 'stopStranger':
      return expel(state, node, step.podId)
    case 'applyPod':
      return applyPodReport(state, name, step.report)
    case 'podGone':
      return withPod(state, step.podId, (pod) => podEnded(state, pod, GONE))
    case 'createAgain':
      return withPod(state, step.podId, (pod) => {
        state.groups.forgetVersion(name, pod.version.id) // The definition may have been lost with the command.
        tellCreate(state, pod)
      })
    case 'stopAgain':
      return withPod(state, step.podId, (pod) => tellStop(state, pod))
    case 'adoptSession':
      return adoptSession(state, name, step.report)
    case 'holdSlot':
      return holdSlot(state, step.sessionId)
    case 'endStranger':
      return endStranger(state, name, step.report)
    case 'applySession':
      return applySessionReport(state, name, step.report)
    case 'startAgain':
      return withSession(state, step.sessionId, (session) =>
        startAgain(state, { node, session, strangers: step.strangers }),
      )
    case 'closeAgain':
      return withSession(state, step.sessionId, (session) => tellClose(state, session, graceLeft(state, session)))
    case 'sessionGone':
      return sessionGone(state, node, step.sessionId)
    case 'grantGone':
      return grantGone(state, node, step.sessionId)
    default:
      return unreachable(step)
  }
}

const GONE = { kind: 'lost', message: 'it was gone from its node', lastLogLines: [] } as const

function withPod(state: FleetState, podId: string, act: (pod: Pod) => void): void {
  const pod = state.pods.get(podId)
  if (pod) act(pod)
}

function withSession(state: FleetState, sessionId: string, act: (session: Session) => void): void {
  const session = state.sessions.get(sessionId)
  if (session) act(session)
}

/** A stranger that held a slot here may be a session that is well elsewhere. */
function sessionGone(state: FleetState, node: NodeEntry, sessionId: string): void {
  endGone(state, node, sessionId)
  for (const pod of podsOf(state, node)) releaseSlot(state, pod, sessionId)
}

/** The stranger of this name keeps the slot that it may hold on its own pod. */
function grantGone(state: FleetState, node: NodeEntry, sessionId: string): void {
  const podId = state.sessions.get(sessionId)?.podId ?? null
  endGone(state, node, sessionId)
  if (podId !== null) withPod(state, podId, (pod) => releaseSlot(state, pod, sessionId))
}

function endGone(state: FleetState, node: NodeEntry, sessionId: string): void {
  const ended = { kind: 'ended', reason: 'podLost', message: 'it was gone from its node' } as const
  if (state.sessions.get(sessionId)?.nodeName === node.registered.name)
    applyToSession(state, sessionId, { ...ended, atMs: state.ports.nowMs() })
}

/** Not where others have its place: it has ended, and the database is from before that. */
function startAgain(state: FleetState, what: { node: NodeEntry; session: Session; strangers: number }): void {
  const { node, session, strangers } = what
  const pod = session.podId === null ? undefined : state.pods.get(session.podId)
  const isFull = pod !== undefined && pod.sessionIds.size + strangers >= pod.version.spec.sessionsPerPod
  if (isFull && !pod.sessionIds.has(session.id)) return sessionGone(state, node, session.id)
  holdSlot(state, session.id)
  tellStart(state, session)
}

function graceLeft(state: FleetState, { phase, deadline }: Session): number {
  return phase === 'closing' ? Math.max(0, (deadline?.atMs ?? 0) - state.ports.nowMs()) : CANCEL_GRACE_MS
}

/** After a restart, a session that is here takes its slot of the pod again. */
function holdSlot(state: FleetState, sessionId: string): void {
  const session = state.sessions.get(sessionId)
  const pod = session && session.podId !== null ? state.pods.get(session.podId) : undefined
  if (!session || !pod || pod.sessionIds.has(sessionId)) return
  if (session.phase === 'closed') awaitSlot(state, { pod, sessionId }, CANCEL_GRACE_MS)
  state.changePod(pod, (changed) => {
    changed.sessionIds.add(sessionId)
    changed.isStuck = false
    if (changed.phase === 'standby' || changed.phase === 'hibernated') {
      changed.phase = 'active'
      changed.rest = 'awake'
    }
  })
}

/** The core ended after it had granted a session a pod, and before that was recorded. The node goes on with it. */
function adoptSession(state: FleetState, nodeName: string, report: SessionReport): void {
  const session = state.sessions.get(report.sessionId)
  if (!session) return
  const { podId, grantEpoch } = report
  const versionNumber = state.pods.get(podId)?.version.number ?? null
  state.entryOf(session.applicationId)?.queue.delete(session.id)
  const grant = { podId, nodeName, versionNumber, grantEpoch, start: null }
  applyToSession(state, session.id, { kind: 'claimed', grant, atMs: state.ports.nowMs() })
  const adopted = state.sessions.get(session.id)
  if (adopted) state.ports.record.session(adopted)
}

/** An adopted pod was ready before anybody asked this core: whoever gets it starts warm. */
const BEFORE_THIS_CORE = 0

/** N6: a pod that outlived the core becomes part of its pool again. */
function adoptPod(state: FleetState, node: NodeEntry, what: { report: PodReport; find: VersionLookup }): void {
  const { report } = what
  const found = what.find(report.versionId)
  if (!found) return
  const nowMs = state.ports.nowMs()
  const { definition } = found.entry
  const isReady = report.phase !== 'creating' && report.phase !== 'terminating'
  const pod: Pod = {
    id: report.podId,
    tenantId: definition.tenantId,
    applicationId: definition.id,
    applicationName: definition.name,
    version: found.version,
    createdAtMs: nowMs,
    phase: report.phase === 'active' ? 'standby' : report.phase, // Active again once its sessions hold their slots.
    phaseSinceMs: nowMs,
    nodeName: node.registered.name,
    sessionIds: new Set(),
    readyAtMs: isReady ? BEFORE_THIS_CORE : null,
    readyAfterMs: report.readyAfterMs,
    placedAtMs: null,
    choice: NO_CHOICE,
    runtime: report.runtime,
    failure: null,
    usage: null,
    startPhases: null,
    isSpent: report.isSpent,
    rest: report.phase === 'hibernated' ? 'asleep' : 'awake',
    hibernation: report.hibernation,
    keptBytes: report.phase === 'hibernated' ? (report.hibernation?.residentBytesAfter ?? null) : null,
    isStuck: false,
    noSleepBeforeMs: 0,
  }
  state.addPod(found.entry, pod)
  if (isReady) noteReady(state, found.entry, pod)
  else if (pod.phase === 'creating') expectReady(state, pod)
  else expectEnd(state, pod)
}
