/**
 * An application in the fleet: its definition, and what is observed of it. The counts follow
 * the pods: whoever changes a pod counts it anew.
 */
import type { Application } from '../applications/application.ts'
import type { FailureRecord } from '../pods/pod-failures.ts'
import { bookingOf } from '../pods/booking-rules.ts'
import type { Pod, PodPhase } from '../pods/pod.ts'
import type { PoolView } from '../pools/pool-plan.ts'
import { fullBucket, type TokenBucket } from '../pools/token-bucket.ts'
import { WarmPool } from '../pools/warm-pool.ts'
import type { PodRequest, Quotas } from '../tenants/quotas.ts'

type Counts = Record<PodPhase, number>

/** One tenant's account. Writers change it in place. */
export type TenantAccount = {
  quotas: Quotas
  isSuspended: boolean
  sessions: number
  pods: number
  cpuMillis: number
  memoryBytes: number
  opens: TokenBucket
  /** Applications that would have more pods, were it not for a quota. */
  readonly short: Set<ApplicationEntry>
}

export type ApplicationEntry = {
  /** What its tenant has and may have; shared by all of its applications. */
  readonly account: TenantAccount
  definition: Application
  /** Its name is free again, and nothing new begins; it goes with its last pod. */
  isDeleted: boolean
  /** Every version that it ever had. */
  readonly versionIds: Set<string>
  readonly pods: Set<Pod>
  /** Made, but without a node yet; oldest first. */
  readonly unscheduled: Set<Pod>
  readonly creating: Set<Pod>
  /** In the order in which they failed. */
  readonly failed: Set<Pod>
  /** They take no session: their nodes cannot be told anything now, or drain, or have no room for them to wake (W11). */
  readonly onHold: Set<Pod>
  /** Of these, asleep where there is no room for them to wake (W16). */
  readonly stuck: Set<Pod>
  /** How many of these, by version number. */
  readonly stuckOf: Map<number, number>
  readonly warm: WarmPool
  readonly counts: Counts
  /** By version number, without those on hold; what is not of the newest is old. */
  readonly idle: Map<number, number>
  readonly inFlight: Map<number, number>
  /** Of these, without a node yet. */
  readonly pending: Map<number, number>
  readonly active: Map<number, number>
  /** Free pods that are on hold. */
  unreachable: number
  openSlots: number
  /** Pods of the newest version that became ready since the last plan. */
  arrived: number
  /** Sessions that wait, in the order in which they asked (S12). */
  readonly queue: Set<string>
  readonly openSessions: Set<string>
  /** The sessions that keys opened, while these are in memory. */
  readonly keys: Map<string, string>
  bucket: TokenBucket
  /** By version number: of the newest, and of the one that it falls back to. */
  readonly failures: Map<number, FailureRecord>
  /** When a pod of the newest version may have been ready for long enough to prove it; null when none is. */
  provesAtMs: number | null
  /** Since when it has pods that no node has room for. */
  shortSinceMs: number | null
  /** Since when a quota of its tenant keeps it from pods that it would have. */
  quotaSinceMs: number | null
  aboveTargetSinceMs: number | null
  /** What its idle pods keep booked. */
  idleMemoryBytes: number
  /** Since the core started; they only grow. */
  readonly tally: ApplicationTally
  /** When the next idle pod has been idle for long enough to sleep (W13); null when none will. */
  sleepsAtMs: number | null
}

/** Sessions that were asked for, that became available by warm and cold start, and that closed. */
export type ApplicationTally = { asked: number; warm: number; cold: number; ended: number }

export function newEntry(definition: Application, account: TenantAccount, nowMs: number): ApplicationEntry {
  return {
    account,
    definition,
    isDeleted: false,
    versionIds: new Set(),
    pods: new Set(),
    unscheduled: new Set(),
    creating: new Set(),
    failed: new Set(),
    onHold: new Set(),
    stuck: new Set(),
    stuckOf: new Map(),
    warm: new WarmPool(),
    counts: {
      pending: 0,
      creating: 0,
      standby: 0,
      hibernated: 0,
      active: 0,
      terminating: 0,
      terminated: 0,
      failed: 0,
    },
    idle: new Map(),
    inFlight: new Map(),
    pending: new Map(),
    active: new Map(),
    unreachable: 0,
    openSlots: 0,
    arrived: 0,
    queue: new Set(),
    openSessions: new Set(),
    keys: new Map(),
    bucket: fullBucket(definition.scalingPolicy.burst, nowMs),
    failures: new Map(),
    provesAtMs: null,
    shortSinceMs: null,
    quotaSinceMs: null,
    aboveTargetSinceMs: null,
    idleMemoryBytes: 0,
    tally: { asked: 0, warm: 0, cold: 0, ended: 0 },
    sleepsAtMs: null,
  }
}

/** Counts a pod in, as it now is. `isOnHold`: it takes no session now. */
export function countIn(entry: ApplicationEntry, pod: Pod, isOnHold: boolean): void {
  entry.pods.add(pod)
  count(entry, pod, { isOnHold, sign: 1 })
  file(entry, pod, isOnHold)
}

/** Counts a pod out, before it goes. */
export function countOut(entry: ApplicationEntry, pod: Pod): void {
  entry.pods.delete(pod)
  count(entry, pod, { isOnHold: entry.onHold.has(pod), sign: -1 })
  for (const pods of [entry.onHold, entry.stuck, entry.unscheduled, entry.creating, entry.failed]) pods.delete(pod)
  entry.warm.remove(pod)
}

/** Before a pod changes that is counted; `recount` follows. */
export function uncount(entry: ApplicationEntry, pod: Pod): void {
  count(entry, pod, { isOnHold: entry.onHold.has(pod), sign: -1 })
}

/** Counts a pod that has changed, and puts it where it now belongs. */
export function recount(entry: ApplicationEntry, pod: Pod, isOnHold: boolean): void {
  count(entry, pod, { isOnHold, sign: 1 })
  file(entry, pod, isOnHold)
}

/** A session of it is open from now on; its tenant has one more. */
export function addOpen(entry: ApplicationEntry, sessionId: string): void {
  if (entry.openSessions.has(sessionId)) return
  entry.openSessions.add(sessionId)
  entry.account.sessions += 1
}

/** A session of it is open no longer. */
export function removeOpen(entry: ApplicationEntry, sessionId: string): void {
  if (entry.openSessions.delete(sessionId)) entry.account.sessions -= 1
}

/** The pool as its plan needs to see it. */
export function poolView(entry: ApplicationEntry): PoolView {
  const { counts, definition } = entry
  const newest = definition.version.number
  const idle = counts.standby + counts.hibernated - entry.unreachable
  const inFlight = counts.pending + counts.creating
  return {
    idle,
    oldIdle: idle - (entry.idle.get(newest) ?? 0),
    unreachable: entry.unreachable,
    inFlight,
    oldInFlight: inFlight - (entry.inFlight.get(newest) ?? 0),
    unscheduled: counts.pending,
    arrived: entry.arrived,
    active: counts.active,
    newActive: entry.active.get(newest) ?? 0,
    terminating: counts.terminating,
    waitingSessions: entry.queue.size,
    sessionsPerPod: definition.version.spec.sessionsPerPod,
    openSlots: entry.openSlots,
  }
}

function file(entry: ApplicationEntry, pod: Pod, isOnHold: boolean): void {
  keep(entry.onHold, pod, isOnHold)
  keep(entry.stuck, pod, pod.isStuck)
  keep(entry.unscheduled, pod, pod.phase === 'pending')
  keep(entry.creating, pod, pod.phase === 'creating')
  keep(entry.failed, pod, pod.phase === 'failed')
  if (isOnHold) entry.warm.remove(pod)
  else entry.warm.place(pod)
}

function keep(pods: Set<Pod>, pod: Pod, isIn: boolean): void {
  if (isIn) pods.add(pod)
  else if (pods.size > 0) pods.delete(pod)
}

function count(entry: ApplicationEntry, pod: Pod, how: { readonly isOnHold: boolean; readonly sign: 1 | -1 }): void {
  const { isOnHold, sign } = how
  const { phase, version } = pod
  entry.counts[phase] += sign
  if (phase !== 'failed' && phase !== 'terminated') charge(entry.account, version.spec, sign)
  if (phase === 'standby' || phase === 'hibernated') {
    entry.idleMemoryBytes += sign * (bookingOf(pod)?.memoryBytes ?? 0)
    if (pod.isStuck) add(entry.stuckOf, version.number, sign)
    if (isOnHold) entry.unreachable += sign
    else add(entry.idle, version.number, sign)
  }
  if (phase === 'pending' || phase === 'creating') add(entry.inFlight, version.number, sign)
  if (phase === 'pending') add(entry.pending, version.number, sign)
  if (phase !== 'active') return
  add(entry.active, version.number, sign)
  if (!isOnHold && !pod.isSpent) entry.openSlots += sign * (version.spec.sessionsPerPod - pod.sessionIds.size)
}

/** A tenant has a pod from the moment it is wanted until it is gone. */
function charge(account: TenantAccount, { cpuMillis, memoryBytes }: PodRequest, sign: 1 | -1): void {
  account.pods += sign
  account.cpuMillis += sign * cpuMillis
  account.memoryBytes += sign * memoryBytes
}

function add(counts: Map<number, number>, version: number, sign: 1 | -1): void {
  const next = (counts.get(version) ?? 0) + sign
  if (next === 0) counts.delete(version)
  else counts.set(version, next)
}
