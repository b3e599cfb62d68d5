/**
 * The fleet: everything that is true now, and the one place where it changes.
 *
 * All methods are synchronous, so that whoever decides has booked before anybody else can look.
 * What a turn changed is settled when the turn is over, once: queues are served, pools planned,
 * pods placed. Readers follow `changes`.
 */
import type { Cancel } from '@fornax/kernel/clock'
import type { Application, ApplicationVersion } from '../applications/application.ts'
import type { NodePressure } from '../nodes/node-pressure.ts'
import { notePressure, pressureDue } from './node-relief.ts'
import type { NodeIntroduction, RegisteredNode } from '../nodes/node.ts'
import type { NodeUsage, PodUsage } from '../pods/pod.ts'
import type { OpenRefusal } from '../sessions/open-session.ts'
import type { CloseReason, Session, SessionActor } from '../sessions/session.ts'
import { addOpen, newEntry, type ApplicationEntry } from './application-entry.ts'
import { noteApplication, noteRedefinition } from './event-notes.ts'
import { FleetState, nameKey, type FleetLimits, type FleetPorts } from './fleet-state.ts'
import type { NodeReport, NodeState } from './node-report.ts'
import { expel } from './node-room.ts'
import * as nodes from './node-writer.ts'
import { stopPod, tellStop } from './pod-writer.ts'
import { keepPools } from './pool-writer.ts'
import { reconcileNode, type VersionLookup } from './reconcile-node.ts'
import { podEnded, proofDue, sessionRecorded } from './report-writer.ts'
import * as sessions from './session-writer.ts'
import { refusalOf, type TenantTerms } from './tenant-book.ts'

export class Fleet {
  readonly #state: FleetState
  #isSettleDue = false

  constructor(ports: FleetPorts, limits: FleetLimits) {
    this.#state = new FleetState(ports, limits)
  }

  /** Everything there is, for readers. Only this room writes it. */
  get state(): FleetState {
    return this.#state
  }

  /** What a tenant may have from now on; what it has already stays. */
  setTerms(tenantId: string, terms: TenantTerms): void {
    const { short } = this.#state.tenants.setTerms(tenantId, terms, this.#state.ports.nowMs())
    for (const entry of short) this.#state.markDirty(entry)
    this.#settleSoon()
  }

  /** Why a tenant may not ask for another session now; null when it may, and then this try is counted. */
  refusesOpen(tenantId: string): OpenRefusal | null {
    return refusalOf(this.#state.tenants.account(tenantId), this.#state.ports.nowMs)
  }

  /** Closes the sessions of a tenant that are open. */
  closeAll(tenantId: string, reason: CloseReason): void {
    for (const entry of this.#state.applications.values()) {
      if (entry.definition.tenantId !== tenantId) continue
      for (const sessionId of entry.openSessions) sessions.requestClose(this.#state, sessionId, reason)
    }
    this.#settleSoon()
  }

  /** Nothing of the tenant is left, and its rows are gone. */
  forgetTenant(tenantId: string): void {
    this.#state.tenants.forget(tenantId)
    this.#state.opened.delete(tenantId)
  }

  /** Begins with what the database says was asked for. Nodes say what runs. */
  recover(intent: {
    applications: readonly Application[]
    /** Every version of these, also those that only old pods still run. */
    versions: readonly ApplicationVersion[]
    nodes: readonly RegisteredNode[]
    sessions: readonly Session[]
  }): void {
    for (const application of intent.applications) this.#put(application)
    for (const version of intent.versions) this.#addVersion(version)
    for (const node of intent.nodes) nodes.expectNode(this.#state, node)
    for (const session of intent.sessions.toSorted((a, b) => a.createdAtMs - b.createdAtMs))
      this.#recoverSession(session)
    this.#noteStart(intent.sessions.length)
    this.#settleSoon()
  }

  /** Adds an application, or replaces the definition of one. */
  putApplication(definition: Application): void {
    const before = this.#state.applications.get(definition.id)?.definition ?? null
    this.#put(definition)
    if (before !== null) return noteRedefinition(this.#state, before, definition)
    const message = `it is created, with ${definition.version.spec.image}`
    noteApplication(this.#state, definition, { kind: 'applicationCreated', message })
  }

  #put(definition: Application): void {
    const known = this.#state.applications.get(definition.id)
    const entry =
      known ?? newEntry(definition, this.#state.tenants.account(definition.tenantId), this.#state.ports.nowMs())
    if (known) this.#redefine(known, definition)
    else this.#state.addApplication(entry)
    this.#addVersion(definition.version)
    this.#state.applicationIds.set(nameKey(definition.tenantId, definition.name), definition.id)
    this.#state.markDirty(entry)
    this.#settleSoon()
  }

  /** Frees the name, closes the sessions, stops the pods; the rest goes as these do. */
  deleteApplication(id: string): void {
    const entry = this.#state.applications.get(id)
    if (!entry || entry.isDeleted) return
    entry.isDeleted = true
    const message = `it is deleted: ${entry.openSessions.size} sessions close, ${entry.pods.size} pods stop`
    noteApplication(this.#state, entry.definition, { kind: 'applicationDeleted', message })
    this.#state.applicationIds.delete(nameKey(entry.definition.tenantId, entry.definition.name))
    for (const sessionId of entry.openSessions) sessions.requestClose(this.#state, sessionId, 'applicationDeleted')
    this.#state.markDirty(entry)
    this.#settleSoon()
  }

  /** The application of that name, and how many of its sessions wait; null when there is none. */
  queueOf(tenantId: string, name: string): { id: string; name: string; waiting: number } | null {
    const id = this.#state.applicationIds.get(nameKey(tenantId, name))
    const entry = id === undefined ? undefined : this.#state.applications.get(id)
    return entry ? { id: entry.definition.id, name, waiting: entry.queue.size } : null
  }

  /** Adds a session to the queue of its application. Returns it as it then is: with a pod, when one was free. */
  enqueue(session: Session): Session {
    const entry = this.#state.applications.get(session.applicationId)
    if (!entry || entry.isDeleted) return session
    sessions.enqueueSession(this.#state, entry, session)
    this.#settleSoon()
    return this.#state.sessions.get(session.id) ?? session
  }

  requestClose(sessionId: string, reason: CloseReason, by?: SessionActor): void {
    sessions.requestClose(this.#state, sessionId, reason, by)
    this.#settleSoon()
  }

  /** The row of a session is durable, in this phase. */
  sessionRecorded(session: Session): void {
    if (session.phase === 'closed') sessionRecorded(this.#state, session.id)
  }

  /** The node of a pod; null when nobody knows the pod. */
  nodeOfPod(podId: string): string | null {
    return this.state.pods.get(podId)?.nodeName ?? null
  }

  /** The command that starts these sessions has left for their node. */
  commandsSent(sessionIds: readonly string[]): void {
    const atMs = this.#state.ports.nowMs()
    for (const id of sessionIds) sessions.applyToSession(this.#state, id, { kind: 'commandSent', atMs })
  }

  /** Calls back at every change of a session in memory that leaves it available or closed. */
  onSettled(sessionId: string, act: (session: Session) => void): Cancel {
    return this.#state.onSettled(sessionId, act)
  }

  nodeConnected(introduction: NodeIntroduction): nodes.HelloVerdict {
    const verdict = nodes.nodeConnected(this.#state, introduction)
    this.#settleSoon()
    return verdict
  }

  nodeState(nodeName: string, said: NodeState): void {
    this.#withNode(nodeName, (node) => reconcileNode(this.#state, node, { state: said, find: this.#findVersion }))
  }

  /** False when a report is missing, and a full state must be asked for. */
  nodeReports(nodeName: string, firstRevision: number, reports: readonly NodeReport[]): boolean {
    let isWhole = true
    this.#withNode(nodeName, (node) => {
      isWhole = nodes.nodeReports(this.#state, node, { firstRevision, reports })
    })
    return isWhole
  }

  nodeHeard(nodeName: string): void {
    const node = this.#state.nodes.get(nodeName)
    if (node) nodes.nodeHeard(this.#state, node)
  }

  /** What the node uses now, and those of its pods that use noticeably more or less than when it last said so. */
  nodeUsage(nodeName: string, usage: NodeUsage, pods: ReadonlyMap<string, PodUsage>): void {
    this.#withNode(nodeName, (node) => {
      node.usage = usage
      for (const [podId, podUsage] of pods) {
        const pod = this.#state.pods.get(podId)
        if (pod?.nodeName === nodeName) pod.usage = podUsage
      }
      nodes.nodeHeard(this.#state, node)
      this.#state.nodeChanged(node)
    })
  }

  /** What the node is short of; said again for as long as it is short of anything. */
  nodePressure(nodeName: string, pressure: NodePressure): void {
    this.#withNode(nodeName, (node) => notePressure(this.#state, node, pressure))
  }

  nodeDisconnected(nodeName: string): void {
    this.#withNode(nodeName, (node) => nodes.nodeDisconnected(this.#state, node))
  }

  setCordoned(nodeName: string, isCordoned: boolean): void {
    this.#withNode(nodeName, (node) => nodes.setCordoned(this.#state, node, isCordoned))
  }

  /** N12: false when the node is connected, or nobody knows it. */
  removeNode(nodeName: string): boolean {
    let isRemoved = false
    this.#withNode(nodeName, (node) => {
      isRemoved = nodes.removeNode(this.#state, node)
    })
    return isRemoved
  }

  /** How many sessions are open on the node as its drain begins. */
  drain(nodeName: string, sessionsMayLastMs: number): number {
    let sessionCount = 0
    this.#withNode(nodeName, (node) => {
      sessionCount = nodes.drain(this.#state, node, sessionsMayLastMs)
    })
    return sessionCount
  }

  /** An instant that was set through `ports.deadlines` has come. */
  deadlinePassed(key: string): void {
    const [scope, name = ''] = key.split(':')
    const node = this.#state.nodes.get(name)
    if (scope === 'lease' && node) nodes.leaseDue(this.#state, node)
    else if (scope === 'pressure' && node) pressureDue(this.#state, node)
    else if (scope === 'drain' && node) nodes.drainEnded(this.#state, node)
    else if (key === nodes.MARK_KEY) return nodes.markDue(this.#state)
    else if (scope === 'proof') this.#withApplication(name, (entry) => proofDue(this.#state, entry))
    else if (scope === 'keep') sessions.retentionEnded(this.#state, name)
    else if (scope === 'slot') sessions.slotOverdue(this.#state, ...slotOf(name))
    else if (this.#state.sessions.has(key)) sessions.sessionDue(this.#state, key)
    else this.#podOrApplicationDue(key)
    this.#settleSoon()
  }

  /** Settles now what this turn changed; otherwise that happens when the turn is over. */
  settle(): void {
    this.#isSettleDue = false
    keepPools(this.#state)
  }

  #noteStart(openSessions: number): void {
    const { events, limits, ports, nodes: known } = this.#state
    const message = `epoch ${limits.epoch} begins: ${known.size} nodes are known, ${openSessions} sessions were open`
    events.note({ kind: 'coreStarted', severity: 'info', message }, ports.nowMs())
  }

  #addVersion(version: ApplicationVersion): void {
    this.#state.versions.set(version.id, version)
    this.#state.applications.get(version.applicationId)?.versionIds.add(version.id)
  }

  #settleSoon(): void {
    if (this.#isSettleDue) return
    this.#isSettleDue = true
    queueMicrotask(() => {
      if (this.#isSettleDue) this.settle()
    })
  }

  #withNode(nodeName: string, act: (node: FleetNode) => void): void {
    const node = this.#state.nodes.get(nodeName)
    if (!node) return
    act(node)
    this.#settleSoon()
  }

  #withApplication(id: string, act: (entry: ApplicationEntry) => void): void {
    const entry = this.#state.applications.get(id)
    if (entry) act(entry)
  }

  /** P7: a node that stays silent about a pod is asked again; a pod that never got ready has failed. */
  #podOrApplicationDue(key: string): void {
    const entry = this.#state.applications.get(key)
    if (entry) this.#state.markDirty(entry)
    const pod = this.#state.pods.get(key)
    if (!pod) return
    const { phase } = pod
    if (phase === 'failed') this.#state.removePod(pod)
    else if (phase === 'terminating') tellStop(this.#state, pod, 0)
    else if (phase === 'creating') {
      const node = pod.nodeName === null ? undefined : this.#state.nodes.get(pod.nodeName)
      podEnded(this.#state, pod, NEVER_READY)
      if (node) expel(this.#state, node, pod.id)
    }
  }

  /** Pods of a version that never worked are of no use once there is another one. */
  #redefine(entry: ApplicationEntry, definition: Application): void {
    const before = entry.definition
    entry.definition = definition
    if (before.version.id === definition.version.id) return
    this.#state.ports.record.rollOut(definition) // After whatever was recorded of the version before.
    entry.failures.clear()
    entry.arrived = 0
    if (before.isProven) return
    for (const pod of [...entry.unscheduled, ...entry.creating])
      if (pod.version.id === before.version.id) stopPod(this.#state, pod)
  }

  /** What waited waits again; what had a pod waits for its node to speak (S10). */
  #recoverSession(session: Session): void {
    const entry = this.#state.applications.get(session.applicationId)
    const node = session.nodeName === null ? undefined : this.#state.nodes.get(session.nodeName)
    const atMs = this.#state.ports.nowMs()
    if (session.podId === null && entry) return sessions.enqueueSession(this.#state, entry, session)
    this.#state.addSession(session)
    if (!entry) return sessions.endOrphan(this.#state, session.id)
    addOpen(entry, session.id)
    if (session.request.idempotency) entry.keys.set(session.request.idempotency.key, session.id)
    if (node && this.#state.expectedNodes.has(node)) {
      node.expectedSessions.add(session.id)
      sessions.applyToSession(this.#state, session.id, { kind: 'recovered', atMs })
      return
    }
    sessions.applyToSession(this.#state, session.id, { kind: 'ended', reason: 'nodeLost', message: null, atMs })
  }

  readonly #findVersion: VersionLookup = (versionId) => {
    const version = this.#state.versions.get(versionId)
    const entry = version && this.#state.applications.get(version.applicationId)
    return entry && !entry.isDeleted ? { entry, version } : null
  }
}

function slotOf(name: string): [podId: string, sessionId: string] {
  const [podId = '', sessionId = ''] = name.split('/')
  return [podId, sessionId]
}

type FleetNode = Parameters<typeof nodes.nodeHeard>[1]

const NEVER_READY = {
  kind: 'notReady',
  message: 'its node never said that it was ready',
  lastLogLines: [],
} as const
