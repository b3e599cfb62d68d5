/**
 * What the fleet holds, and the few ways to write it. Everything here is synchronous and in
 * memory; each write leaves an entry in the change log. Only the files of this room write.
 */
import { invariant } from '@fornax/kernel/assert'
import { ListeningTime } from '@fornax/kernel/listening-time'
import type { Random } from '@fornax/kernel/random'
import type { Application, ApplicationVersion } from '../applications/application.ts'
import type { NodeIntroduction, RegisteredNode } from '../nodes/node.ts'
import type { NodeCondition } from '../nodes/node-pressure.ts'
import type { NodeLinkEntry } from '../nodes/node-link.ts'
import type { NodePhase } from '../nodes/node-state.ts'
import { bookingOf, type Booking } from '../pods/booking-rules.ts'
import type { NodeUsage, Pod, PodView } from '../pods/pod.ts'
import { NodeGroups } from '../scheduler/node-groups.ts'
import { isSettled } from '../sessions/session-state.ts'
import type { Session } from '../sessions/session.ts'
import { countIn, countOut, recount, uncount, type ApplicationEntry } from './application-entry.ts'
import { ChangeLog } from './change-log.ts'
import { EventLog } from './event-log.ts'
import type { NodeCommand } from './node-command.ts'
import { RoomQueue } from './room-queue.ts'
import { TenantBook } from './tenant-book.ts'
import type { Change } from './views.ts'

export type NodeEntry = {
  registered: RegisteredNode
  phase: NodePhase
  introduction: NodeIntroduction | null
  revision: number | null
  lastHeardAtMs: number | null
  /** When it was last heard, in listening time. */
  heardAtMs: number
  isLeaseSet: boolean
  usage: NodeUsage | null
  /** N11: what it is short of. */
  conditions: readonly NodeCondition[]
  /** Pods that hold a booking here. */
  readonly podIds: Set<string>
  /** What each tenant has of it; who has no pod here is not listed. */
  readonly shares: Map<string, NodeShare>
  /** Sessions that the database says are here, until the node has spoken or is lost. */
  readonly expectedSessions: Set<string>
  /** N10: pods that it still runs, though they are nobody's. */
  readonly strangers: Set<string>
  /** What became of its link, oldest first; bounded. */
  readonly link: NodeLinkEntry[]
  /** W16: pods that sleep here, and had no room to wake when a session wanted them. */
  readonly stuck: Set<Pod>
}

/** Of a node: what is booked there, and how many sessions hold a slot there. */
export type NodeShare = { cpuMillis: number; memoryBytes: number; pods: number; sessions: number }

/** What the fleet asks of the world. All of these return at once. */
export type FleetPorts = {
  readonly nowMs: () => number
  readonly newPodId: () => string
  readonly random: Random
  /** Fires the key at the instant, by `Fleet.deadlinePassed`. */
  readonly deadlines: { set(key: string, atMs: number): void; clear(key: string): void }
  /** Puts a command on the node's stream; without a stream it is dropped, and the next full state mends it. */
  readonly tell: (nodeName: string, command: NodeCommand) => void
  /** Writes intent and outcome to the database, soon. */
  readonly record: {
    session(session: Session): void
    rollOut(application: Application): void
    node(node: RegisteredNode): void
    nodeRemoved(name: string): void
  }
  readonly observe: FleetObserver
}

/** Told of what happened, for metrics and logs. */
export type FleetObserver = {
  /** `pod`: the one that serves it. */
  sessionAvailable(session: Session, pod: Pod | null): void
  sessionClosed(session: Session): void
  /** It became ready for the first time, as far as this core knows. */
  podReady(pod: Pod): void
  /** A deleted application has gone with its last pod and session. */
  applicationGone(applicationId: string): void
  /** A pod was put to sleep, sleeps deeper, or could not be put to sleep. */
  podRested(pod: PodView): void
  /** It took so long until it ran again. */
  podWoke(wakeUs: number): void
  podDidNotWake(): void
  rejected(what: string, id: string, why: string): void
}

export type FleetLimits = {
  readonly epoch: number
  readonly leaseMs: number
  /** How long closed sessions and failed pods stay in memory. */
  readonly retentionMs: number
  readonly changeLogCapacity: number
  readonly closedSessionsMax: number
}

export class FleetState {
  readonly ports: FleetPorts
  readonly limits: FleetLimits
  readonly startedAtMs: number
  readonly changes: ChangeLog<Change>
  readonly events: EventLog
  readonly groups: NodeGroups
  readonly listening: ListeningTime
  /** Whether the core will mark again that it listens. */
  isMarkSet = false
  readonly applications = new Map<string, ApplicationEntry>()
  readonly applicationIds = new Map<string, string>()
  /** By name, of all tenants; those that are deleted too, until they are gone. */
  readonly named = new Map<string, Set<ApplicationEntry>>()
  /** By id, of all applications: a node may still run any of them. */
  readonly versions = new Map<string, ApplicationVersion>()
  readonly sessions = new Map<string, Session>()
  /** Ids by the name of their application, of all tenants. */
  readonly sessionsNamed = new Map<string, Set<string>>()
  readonly pods = new Map<string, Pod>()
  readonly nodes = new Map<string, NodeEntry>()
  /** N6: nodes whose unknown pods are welcome: known from the database, and not heard since the core started. */
  readonly expectedNodes = new Set<NodeEntry>()
  /** Closed sessions, in the order in which they closed. */
  readonly closedSessions = new Set<string>()
  /** Closed sessions whose rows are durable. */
  readonly recordedSessions = new Set<string>()
  /** Sessions that their node has let go, but whose rows are not durable yet. */
  readonly forgettable = new Map<string, string>()
  /** Applications to plan when this turn is over. */
  readonly dirty = new Set<ApplicationEntry>()
  /** Nodes whose bookings changed in this turn. */
  readonly dirtyNodes = new Set<NodeEntry>()
  /** Applications with pods that no node has room for, in the order in which they began to wait. */
  readonly short = new RoomQueue()
  /** W14: applications with pods that should be awake, and sleep where there is no room for them to wake. */
  readonly wantsAwake = new Set<ApplicationEntry>()
  /** Whether room appeared since unscheduled pods were last tried. */
  hasNewRoom = false
  /** By tenant: how many sessions became available since the core started. */
  readonly opened = new Map<string, { warm: number; cold: number }>()
  /** What each tenant has, and may have. */
  readonly tenants = new TenantBook()
  #grants = 0
  readonly #waiters = new Map<string, ((session: Session) => void)[]>()

  constructor(ports: FleetPorts, limits: FleetLimits) {
    this.ports = ports
    this.limits = limits
    this.startedAtMs = ports.nowMs()
    this.listening = new ListeningTime(this.startedAtMs)
    this.changes = new ChangeLog({ start: this.startedAtMs, capacity: limits.changeLogCapacity })
    this.events = new EventLog(this.startedAtMs)
    this.groups = new NodeGroups(ports.random)
  }

  /** Grows with every grant, and beyond every grant of earlier epochs. */
  nextGrantEpoch(): number {
    this.#grants += 1
    return this.limits.epoch * 2 ** 32 + this.#grants
  }

  /** The entry of a pod or a session; it is there as long as they are. */
  entryOf(applicationId: string): ApplicationEntry | null {
    return this.applications.get(applicationId) ?? null
  }

  markDirty(entry: ApplicationEntry): void {
    this.dirty.add(entry)
  }

  /** Adds a session of which nobody is told yet: `putSession` follows in the same turn. */
  addSession(session: Session): void {
    this.sessions.set(session.id, session)
    this.#watchDeadline(session)
    addTo(this.sessionsNamed, session.applicationName, session.id)
  }

  /** Takes out a session that has closed. */
  removeSession(session: Session): void {
    this.sessions.delete(session.id)
    takeFrom(this.sessionsNamed, session.applicationName, session.id)
    this.sessionChanged(session, true)
  }

  addApplication(entry: ApplicationEntry): void {
    const { id, name } = entry.definition
    this.applications.set(id, entry)
    addTo(this.named, name, entry)
  }

  /** Takes out an application that was deleted, and of which nothing is left. */
  removeApplication(entry: ApplicationEntry): void {
    const { id, name } = entry.definition
    this.applications.delete(id)
    takeFrom(this.named, name, entry)
    this.short.delete(entry)
    this.wantsAwake.delete(entry)
    entry.account.short.delete(entry)
  }

  /** Replaces a session by its next state. */
  putSession(session: Session): void {
    const before = this.sessions.get(session.id)
    this.sessions.set(session.id, session)
    if (before?.deadline !== session.deadline) this.#watchDeadline(session)
    this.sessionChanged(session, false)
    if (isSettled(session)) this.#wake(session)
  }

  sessionChanged(session: Session, isGone: boolean): void {
    const { id, tenantId, applicationId } = session
    this.changes.append({ kind: 'session', id, tenantId, applicationId, isGone })
  }

  /** Changes a pod in place, and everything that is counted of it. */
  changePod(pod: Pod, change: (pod: Pod) => void): void {
    const entry = this.entryOf(pod.applicationId)
    invariant(entry, 'an application outlives its pods')
    const before = bookingOf(pod)
    const sessionsBefore = pod.sessionIds.size
    uncount(entry, pod)
    change(pod)
    if (pod.phase === 'failed' || pod.phase === 'terminated') this.#quotaFreed(entry)
    const node = this.#nodeOf(pod)
    recount(entry, pod, isOnHold(node, pod))
    if (node) this.#book(pod, node, { before, now: bookingOf(pod), sessionsBefore })
    this.markDirty(entry)
    if (node) this.dirtyNodes.add(node)
    this.podChanged(pod, false)
  }

  /** W16: whether a pod is stuck in its sleep. No change to tell of: whoever looks sees it asleep as before. */
  setStuck(pod: Pod, isStuck: boolean): void {
    const entry = this.entryOf(pod.applicationId)
    invariant(entry, 'an application outlives its pods')
    const node = this.#nodeOf(pod)
    uncount(entry, pod)
    pod.isStuck = isStuck
    recount(entry, pod, isOnHold(node, pod))
    if (isStuck) node?.stuck.add(pod)
    else node?.stuck.delete(pod)
    this.markDirty(entry)
  }

  /** W11: whether a node serves has changed, and so whether its pods take sessions. */
  holdPods(node: NodeEntry): void {
    for (const id of node.podIds) {
      const pod = this.pods.get(id)
      const entry = pod && this.entryOf(pod.applicationId)
      if (!pod || !entry || isOnHold(node, pod) === entry.onHold.has(pod)) continue
      uncount(entry, pod)
      recount(entry, pod, isOnHold(node, pod))
      this.markDirty(entry)
    }
  }

  addPod(entry: ApplicationEntry, pod: Pod): void {
    this.pods.set(pod.id, pod)
    const node = this.#nodeOf(pod)
    countIn(entry, pod, isOnHold(node, pod))
    if (node) this.#book(pod, node, { before: null, now: bookingOf(pod), sessionsBefore: 0 })
    this.markDirty(entry)
    this.podChanged(pod, false)
  }

  /** Takes out a pod that has ended. */
  removePod(pod: Pod): void {
    this.pods.delete(pod.id)
    this.ports.deadlines.clear(pod.id)
    const entry = this.entryOf(pod.applicationId)
    if (entry) {
      countOut(entry, pod)
      this.markDirty(entry)
      this.#quotaFreed(entry)
    }
    this.podChanged(pod, true)
  }

  /** A pod is gone: those whom a quota of its tenant kept from theirs are looked at again. */
  #quotaFreed({ account }: ApplicationEntry): void {
    for (const entry of account.short) this.markDirty(entry)
  }

  podChanged(pod: Pod, isGone: boolean): void {
    const { id, tenantId, applicationId } = pod
    this.changes.append({ kind: 'pod', id, tenantId, applicationId, isGone })
  }

  applicationChanged(entry: ApplicationEntry): void {
    const { id, tenantId } = entry.definition
    this.changes.append({ kind: 'application', id, tenantId, applicationId: id, isGone: entry.isDeleted })
  }

  nodeChanged(node: NodeEntry, isGone = false): void {
    const change = { kind: 'node', id: node.registered.name, tenantId: null, applicationId: null } as const
    this.changes.append({ ...change, isGone })
  }

  /** Nothing runs on a node that is drained. */
  noteDrained({ registered: { name: nodeName } }: NodeEntry): void {
    const message = 'the drain is over: nothing runs on it any more'
    this.events.note({ kind: 'nodeDrainEnded', severity: 'info', message, nodeName }, this.ports.nowMs())
  }

  /** Calls back at every change of a session that settles it. */
  onSettled(sessionId: string, callback: (session: Session) => void): () => void {
    this.#waiters.set(sessionId, [...(this.#waiters.get(sessionId) ?? []), callback])
    return () => {
      const others = this.#waiters.get(sessionId)?.filter((other) => other !== callback) ?? []
      if (others.length === 0) this.#waiters.delete(sessionId)
      else this.#waiters.set(sessionId, others)
    }
  }

  #wake(session: Session): void {
    for (const callback of this.#waiters.get(session.id) ?? []) callback(session)
  }

  #watchDeadline({ id, deadline }: Session): void {
    if (deadline === null) this.ports.deadlines.clear(id)
    else this.ports.deadlines.set(id, deadline.atMs)
  }

  #nodeOf({ nodeName }: Pod): NodeEntry | null {
    return nodeName === null ? null : (this.nodes.get(nodeName) ?? null)
  }

  /** P6, P8: from `creating` to its end; while it sleeps, less. */
  #book(pod: Pod, node: NodeEntry, booking: BookingChange): void {
    const { before, now } = booking
    if (pod.isStuck) node.stuck.add(pod)
    else if (node.stuck.size > 0) node.stuck.delete(pod)
    if (before === null && now === null) return
    countShare(node, pod, booking)
    if (isSame(before, now)) return
    const { name } = node.registered
    if (before !== null) this.groups.release(name, before, pod.applicationId)
    if (now !== null) this.groups.book(name, now, pod.applicationId)
    if (now === null) node.podIds.delete(pod.id)
    else if (before === null) node.podIds.add(pod.id)
    if (isLess(now, before)) this.hasNewRoom = true
    if (now === null && node.podIds.size === 0 && node.registered.drainDeadlineMs !== null) this.noteDrained(node)
    this.dirtyNodes.add(node)
  }
}

/** W11, W16 */
function isOnHold(node: NodeEntry | null, pod: Pod): boolean {
  return pod.isStuck || (node !== null && (node.phase !== 'ready' || node.registered.drainDeadlineMs !== null))
}

/** What a pod booked, and what it books; null: nothing. */
type BookingChange = { readonly before: Booking | null; readonly now: Booking | null; readonly sessionsBefore: number }

function isSame(a: Booking | null, b: Booking | null): boolean {
  return a === b || (a?.cpuMillis === b?.cpuMillis && a?.memoryBytes === b?.memoryBytes)
}

function isLess(a: Booking | null, b: Booking | null): boolean {
  return (a?.cpuMillis ?? 0) < (b?.cpuMillis ?? 0) || (a?.memoryBytes ?? 0) < (b?.memoryBytes ?? 0) || a === null
}

/** What the pod's tenant has of the node follows the pod. */
function countShare({ shares }: NodeEntry, pod: Pod, { before, now, sessionsBefore }: BookingChange): void {
  const share = shares.get(pod.tenantId) ?? { cpuMillis: 0, memoryBytes: 0, pods: 0, sessions: 0 }
  const pods = Number(now !== null) - Number(before !== null)
  share.pods += pods
  share.cpuMillis += (now?.cpuMillis ?? 0) - (before?.cpuMillis ?? 0)
  share.memoryBytes += (now?.memoryBytes ?? 0) - (before?.memoryBytes ?? 0)
  share.sessions += (now === null ? 0 : pod.sessionIds.size) - (before === null ? 0 : sessionsBefore)
  if (share.pods === 0) shares.delete(pod.tenantId)
  else if (share.pods === 1) shares.set(pod.tenantId, share)
}

function addTo<T>(lists: Map<string, Set<T>>, key: string, item: T): void {
  const known = lists.get(key)
  if (known) known.add(item)
  else lists.set(key, new Set([item]))
}

function takeFrom<T>(lists: Map<string, Set<T>>, key: string, item: T): void {
  const list = lists.get(key)
  if (list?.delete(item) && list.size === 0) lists.delete(key)
}

/** The key under which an application's name is looked up. */
export function nameKey(tenantId: string, name: string): string {
  return `${tenantId}/${name}`
}
