/** What the fleet does to a node: its connection, its full state, its lease, its bookings. */
import { judgeLedger, judgeRevision } from '../nodes/node-revision.ts'
import { noteLink } from '../nodes/node-link.ts'
import { isConnected, transition, type NodeEvent } from '../nodes/node-state.ts'
import { NO_CONDITIONS } from '../nodes/node-pressure.ts'
import type { NodeIntroduction, RegisteredNode } from '../nodes/node.ts'
import type { Pod } from '../pods/pod.ts'
import { fateOf, planDrain, type DrainPlan } from './drain-plan.ts'
import type { FleetState, NodeEntry } from './fleet-state.ts'
import type { NodeReport, NodeState } from './node-report.ts'
import { noteNode } from './event-notes.ts'
import { openOrClose } from './node-room.ts'
import { podEnded, applyPodReport, applySessionReport } from './report-writer.ts'
import { applyToSession } from './session-writer.ts'
import { stopPod } from './pod-writer.ts'

/** The deadline at which the core marks that it listens. */
export const MARK_KEY = 'listening'

/** What the core answers to a node that wants to connect. */
export type HelloVerdict =
  | { readonly kind: 'accepted' }
  /** Another machine of that name is connected. */
  | { readonly kind: 'nameTaken' }

/** A node that is known from the database, and has yet to speak. */
export function expectNode(state: FleetState, registered: RegisteredNode): void {
  const isLost = registered.lostAtMs !== null
  const node = newNode(state, registered, isLost ? 'lost' : 'expected')
  state.nodes.set(registered.name, node)
  if (!isLost) state.expectedNodes.add(node) // N5: what a lost node runs was given up, whichever core did so.
  if (!isLost) setLease(state, node, state.ports.nowMs() + state.limits.leaseMs)
  const { name, drainDeadlineMs } = registered
  if (drainDeadlineMs !== null) state.ports.deadlines.set(`drain:${name}`, drainDeadlineMs)
}

/** A node introduces itself on a new connection. */
export function nodeConnected(state: FleetState, introduction: NodeIntroduction): HelloVerdict {
  const known = state.nodes.get(introduction.name)
  const ledger = judgeLedger(known?.registered.ledgerId ?? null, introduction.ledgerId)
  const isLive = known !== undefined && isConnected(known.phase)
  if (ledger === 'newNode' && isLive) return { kind: 'nameTaken' }
  const node = known ?? newNode(state, registration(state, introduction), 'expected')
  state.nodes.set(introduction.name, node)
  if (ledger !== 'sameNode') noteNode(state, node, { kind: 'nodeJoined', message: joining(introduction, known) })
  if (ledger === 'newNode') startAnew(state, node, introduction)
  if (ledger !== 'sameNode') saveNode(state, node, { lostAtMs: null })
  join(state, node, introduction)
  return { kind: 'accepted' }
}

/** N1: whatever was known of it, its next full state decides. */
function join(state: FleetState, node: NodeEntry, introduction: NodeIntroduction): void {
  node.introduction = introduction
  node.revision = null
  node.conditions = NO_CONDITIONS // It says anew what it is short of.
  noteLink(node.link, 'connected', state.ports.nowMs())
  moveNode(state, node, { kind: 'connected' })
  if (node.registered.lostAtMs !== null) saveNode(state, node, { lostAtMs: null })
  state.groups.join({
    nodeName: introduction.name,
    capacity: introduction.resources,
    runtimes: introduction.runtimes,
    taints: introduction.taints,
  })
  renewLease(state, node)
}

/** The node may get pods: its full state has been reconciled. */
export function nodeReady(state: FleetState, node: NodeEntry, nodeState: NodeState): void {
  node.revision = nodeState.revision
  heardOf(state, node)
  noteState(state, node)
  moveNode(state, node, { kind: 'stateReceived' })
  for (const versionId of nodeState.versionIds) knows(state, node, versionId)
  openOrClose(state, node)
  state.dirtyNodes.add(node) // It may have more room than before.
  continueDrain(state, node)
}

/** What nobody will ask for any more need not be kept. */
function knows(state: FleetState, node: NodeEntry, versionId: string): void {
  const { name } = node.registered
  if (state.versions.has(versionId)) state.groups.learnVersion(name, versionId)
  else state.ports.tell(name, { kind: 'forgetVersion', versionId })
}

/** Applies numbered reports; false when one is missing, and a full state must be asked for (N7). */
export function nodeReports(
  state: FleetState,
  node: NodeEntry,
  batch: { readonly firstRevision: number; readonly reports: readonly NodeReport[] },
): boolean {
  nodeHeard(state, node)
  let revision = batch.firstRevision - 1
  for (const report of batch.reports) {
    revision += 1
    const verdict = judgeRevision(node.revision, revision)
    if (verdict === 'gap') return missed(state, node)
    if (verdict !== 'next') continue
    node.revision = revision
    if (report.kind === 'pod') applyPodReport(state, node.registered.name, report.pod)
    else applySessionReport(state, node.registered.name, report.session)
  }
  return true
}

/** Anything at all came from the node: its lease begins anew. */
export function nodeHeard(state: FleetState, node: NodeEntry): void {
  if (node.phase === 'lost' && node.introduction !== null) return returned(state, node, node.introduction)
  if (isConnected(node.phase)) renewLease(state, node)
}

/** N5: its stream had never ended, but it was silent for too long. */
function returned(state: FleetState, node: NodeEntry, introduction: NodeIntroduction): void {
  join(state, node, introduction)
  state.ports.tell(node.registered.name, { kind: 'sendState' })
}

/** The stream ended. Its pods go on; the lease runs. */
export function nodeDisconnected(state: FleetState, node: NodeEntry): void {
  const { phase } = node
  moveNode(state, node, { kind: 'disconnected' })
  state.groups.setOpen(node.registered.name, false)
  if (node.phase === phase) return
  noteLink(node.link, 'disconnected', state.ports.nowMs())
  const message = `its stream ended; it has ${state.limits.leaseMs / 1000} seconds to come back`
  noteNode(state, node, { kind: 'nodeDisconnected', severity: 'warning', message })
}

/** N3: when nothing was heard for the whole lease, the node is lost. */
export function leaseDue(state: FleetState, node: NodeEntry): void {
  const nowMs = state.ports.nowMs()
  state.listening.mark(nowMs)
  node.isLeaseSet = false
  const leftMs = node.heardAtMs + state.limits.leaseMs - state.listening.at(nowMs)
  if (leftMs > 0) return setLease(state, node, nowMs + leftMs)
  if (isConnected(node.phase)) nodeDisconnected(state, node) // Silent, though connected.
  moveNode(state, node, { kind: 'leaseEnded' })
  if (node.phase !== 'lost') return
  noteLink(node.link, 'lost', nowMs)
  noteNode(state, node, { kind: 'nodeLost', severity: 'error', message: losing(node) })
  giveUp(state, node, 'its node was not heard for longer than its lease')
  heardOf(state, node)
  saveNode(state, node, { lostAtMs: state.ports.nowMs() })
}

/** Keeps new pods away from a node, or lets them come again; uncordoning ends a drain. */
export function setCordoned(state: FleetState, node: NodeEntry, isCordoned: boolean): void {
  const { name, drainDeadlineMs } = node.registered
  noteCordon(state, node, isCordoned)
  if (!isCordoned) state.ports.deadlines.clear(`drain:${name}`)
  saveNode(state, node, { isCordoned, drainDeadlineMs: isCordoned ? drainDeadlineMs : null })
  state.holdPods(node)
  openOrClose(state, node)
}

/** N12: it will not come back, says an operator. False when it is connected. */
export function removeNode(state: FleetState, node: NodeEntry): boolean {
  if (isConnected(node.phase)) return false
  const { name } = node.registered
  noteNode(state, node, { kind: 'nodeRemoved', message: removing(node) })
  giveUp(state, node, 'its node was removed')
  heardOf(state, node)
  for (const scope of ['lease', 'drain', 'pressure']) state.ports.deadlines.clear(`${scope}:${name}`)
  node.isLeaseSet = false
  state.dirtyNodes.delete(node)
  state.nodes.delete(name)
  state.ports.record.nodeRemoved(name)
  state.nodeChanged(node, true)
  return true
}

/** Cordons, stops what serves nobody, and closes the rest at the deadline. Returns how many sessions are open there. */
export function drain(state: FleetState, node: NodeEntry, sessionsMayLastMs: number): number {
  const drainDeadlineMs = state.ports.nowMs() + sessionsMayLastMs
  const message = `its sessions are asked to close within ${sessionsMayLastMs / 1000} seconds`
  noteNode(state, node, { kind: 'nodeDrainStarted', message })
  saveNode(state, node, { isCordoned: true, drainDeadlineMs })
  state.ports.deadlines.set(`drain:${node.registered.name}`, drainDeadlineMs)
  state.holdPods(node)
  openOrClose(state, node)
  if (node.podIds.size === 0) state.noteDrained(node)
  const { sessions } = drainPlanOf(state, node, drainDeadlineMs)
  stopUnused(state, node)
  return sessions.length
}

/** What a drain with this deadline does, or would do. */
export function drainPlanOf(state: FleetState, node: NodeEntry, deadlineMs: number): DrainPlan {
  return planDrain(podsOf(state, node), (id) => state.sessions.get(id) ?? null, deadlineMs)
}

/** N7: a report is missing, and everything must be asked for. */
function missed(state: FleetState, node: NodeEntry): false {
  noteLink(node.link, 'gap', state.ports.nowMs())
  return false
}

/** A full state was taken over: of a node that connected, or that left something out. */
function noteState(state: FleetState, node: NodeEntry): void {
  const isFirst = node.phase !== 'ready'
  const isReturn = node.link.some(({ kind }) => kind === 'disconnected' || kind === 'lost')
  noteLink(node.link, isFirst ? 'ready' : 'resynced', state.ports.nowMs())
  if (!isFirst)
    noteNode(state, node, { kind: 'nodeResynced', message: 'a report was missing; it told everything again' })
  else if (isReturn) noteNode(state, node, { kind: 'nodeReady', message: 'it is back, and serves' })
}

function noteCordon(state: FleetState, node: NodeEntry, isCordoned: boolean): void {
  const was = node.registered
  if (was.drainDeadlineMs !== null && !isCordoned && node.podIds.size > 0)
    noteNode(state, node, { kind: 'nodeDrainEnded', message: 'the drain was called off' })
  if (was.isCordoned === isCordoned) return
  const kind = isCordoned ? 'nodeCordoned' : 'nodeUncordoned'
  noteNode(state, node, { kind, message: isCordoned ? 'no new pods come to it' : 'new pods come to it again' })
}

function joining({ address, agentVersion }: NodeIntroduction, known: NodeEntry | undefined): string {
  const how = known ? 'it came back with nothing of before' : 'it joined'
  return `${how}: ${address}, agent ${agentVersion}`
}

function losing(node: NodeEntry): string {
  return `it was not heard for longer than its lease: ${givenUp(node)}`
}

function removing(node: NodeEntry): string {
  return node.phase === 'lost' ? 'an operator removed it' : `an operator removed it: ${givenUp(node)}`
}

function givenUp({ podIds, shares }: NodeEntry): string {
  let sessions = 0
  for (const share of shares.values()) sessions += share.sessions
  return `${podIds.size} pods and ${sessions} sessions are given up`
}

function stopUnused(state: FleetState, node: NodeEntry): void {
  for (const pod of podsOf(state, node)) if (fateOf(pod) === 'stopsNow') stopPod(state, pod)
}

/** N9: what the node tells when it is back is drained as what it had when the drain began. */
function continueDrain(state: FleetState, node: NodeEntry): void {
  const { drainDeadlineMs } = node.registered
  if (drainDeadlineMs === null) return
  stopUnused(state, node)
  if (drainDeadlineMs <= state.ports.nowMs()) drainEnded(state, node)
}

/** The drain has lasted as long as it may. */
export function drainEnded(state: FleetState, node: NodeEntry): void {
  if (node.registered.drainDeadlineMs === null) return
  const atMs = state.ports.nowMs()
  for (const { sessionId } of drainPlanOf(state, node, atMs).sessions)
    applyToSession(state, sessionId, { kind: 'closeRequested', reason: 'drained', atMs })
}

/** The pods that hold a booking on a node. */
export function podsOf(state: FleetState, node: NodeEntry): Pod[] {
  return [...node.podIds].flatMap((id) => state.pods.get(id) ?? [])
}

/** N4: nothing of what ran under another ledger is there any more. */
function startAnew(state: FleetState, node: NodeEntry, introduction: NodeIntroduction): void {
  giveUp(state, node, 'its node came back with another ledger')
  heardOf(state, node)
  const { isCordoned, drainDeadlineMs, labels } = node.registered // An operator's word is about the machine of that name.
  node.registered = { ...registration(state, introduction), isCordoned, drainDeadlineMs, labels }
}

/** Sessions close with `nodeLost`, pods are forgotten, and their replacements are free to be made. */
function giveUp(state: FleetState, node: NodeEntry, why: string): void {
  const atMs = state.ports.nowMs()
  for (const pod of podsOf(state, node)) podEnded(state, pod, { kind: 'nodeLost', message: why, lastLogLines: [] })
  for (const id of node.expectedSessions)
    applyToSession(state, id, { kind: 'ended', reason: 'nodeLost', message: why, atMs })
  node.expectedSessions.clear()
  node.strangers.clear()
  state.groups.leave(node.registered.name)
}

/** W9: when the last node that was expected has spoken or is lost, pools shrink and refill again. */
function heardOf(state: FleetState, node: NodeEntry): void {
  if (!state.expectedNodes.delete(node) || state.expectedNodes.size > 0) return
  for (const entry of state.applications.values()) state.markDirty(entry)
}

const NEW = { isCordoned: false, drainDeadlineMs: null, labels: {}, lostAtMs: null }

function registration(state: FleetState, introduction: NodeIntroduction): RegisteredNode {
  const { name, ledgerId } = introduction
  return { name, ledgerId, ...NEW, joinedAtMs: state.ports.nowMs() }
}

function newNode(state: FleetState, registered: RegisteredNode, phase: NodeEntry['phase']): NodeEntry {
  return {
    registered,
    phase,
    introduction: null,
    revision: null,
    lastHeardAtMs: null,
    heardAtMs: state.listening.at(state.ports.nowMs()),
    isLeaseSet: false,
    usage: null,
    conditions: NO_CONDITIONS,
    podIds: new Set(),
    shares: new Map(),
    expectedSessions: new Set(),
    strangers: new Set(),
    link: [],
    stuck: new Set(),
  }
}

function moveNode(state: FleetState, node: NodeEntry, event: NodeEvent): void {
  const result = transition(node.phase, event)
  if (result.kind === 'rejected') state.ports.observe.rejected('node', node.registered.name, result.why)
  if (result.kind !== 'moved') return
  node.phase = result.phase
  state.holdPods(node)
  state.nodeChanged(node)
}

function saveNode(state: FleetState, node: NodeEntry, change: Partial<RegisteredNode>): void {
  node.registered = { ...node.registered, ...change }
  state.ports.record.node(node.registered)
  state.nodeChanged(node)
}

/** The node was heard. The instant that is set stays; when it comes, the rest of the lease is set. */
function renewLease(state: FleetState, node: NodeEntry): void {
  const nowMs = state.ports.nowMs()
  state.listening.mark(nowMs)
  node.lastHeardAtMs = nowMs
  node.heardAtMs = state.listening.at(nowMs)
  if (!node.isLeaseSet) setLease(state, node, nowMs + state.limits.leaseMs)
}

function setLease(state: FleetState, node: NodeEntry, atMs: number): void {
  node.isLeaseSet = true
  state.ports.deadlines.set(`lease:${node.registered.name}`, atMs)
  if (!state.isMarkSet) setMark(state)
}

/** N8: the core says to itself that it listens, for as long as anybody's silence is measured. */
export function markDue(state: FleetState): void {
  state.listening.mark(state.ports.nowMs())
  state.isMarkSet = false
  if (state.nodes.values().some(({ isLeaseSet }) => isLeaseSet)) setMark(state)
}

function setMark(state: FleetState): void {
  state.isMarkSet = true
  state.ports.deadlines.set(MARK_KEY, state.ports.nowMs() + state.listening.markMs)
}
