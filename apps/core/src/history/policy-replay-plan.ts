/**
 * What a scaling policy would have done: demand that was recorded, second by second, replayed through the plan that
 * real pools follow. Pure. Simplified where the past cannot be known: every pod takes as long to make as the median
 * did, no node is short of room, no pod fails, and a session ends when it really did.
 */
import type { ScalingPolicy } from '../applications/application.ts'
import { planPool, type PoolView } from '../pools/pool-plan.ts'
import { fullBucket, refilled, type TokenBucket } from '../pools/token-bucket.ts'
import type { Demand } from './demand-record.ts'

export type ReplayInput = {
  readonly demand: Demand
  readonly policy: ScalingPolicy
  /** How long a pod takes from the plan until it is ready. */
  readonly createMs: number
  readonly sessionsPerPod: number
  /** What a pod books. */
  readonly memoryBytes: number
}

export type ReplayPoint = {
  readonly atMs: number
  readonly standby: number
  readonly claimed: number
  readonly creating: number
  readonly waiting: number
}

export type ReplayOutcome = {
  readonly points: readonly ReplayPoint[]
  readonly warmStarts: number
  readonly coldStarts: number
  /** Null when nothing was asked for. */
  readonly hitRate: number | null
  readonly podsMax: number
  readonly standbyMean: number
  readonly waitingMax: number
  /** Mean over time. */
  readonly idleMemoryBytes: number
}

/** One point for so many seconds. */
export const REPLAY_STEP_SECONDS = 30

/** A pool in the course of a replay. */
type Pool = {
  idle: number
  /** Sessions that hold a slot. */
  sessions: number
  waiting: number
  /** How many pods get ready at which second. */
  readonly arrivals: Map<number, number>
  inFlight: number
  bucket: TokenBucket
  aboveSinceMs: number | null
}

type Sums = { warm: number; cold: number; idle: number; podsMax: number; waitingMax: number }

/** Every second: pods arrive, sessions end and are asked for, and the pool is planned. */
export function replayPolicy(input: ReplayInput): ReplayOutcome {
  const { demand, memoryBytes } = input
  const pool = poolAtStart(input)
  const sums: Sums = { warm: 0, cold: 0, idle: 0, podsMax: 0, waitingMax: 0 }
  const seconds: ReplayPoint[] = []
  for (const [at, asked] of demand.asked.entries()) {
    const second = demand.fromSecond + at
    arrive(pool, second, sums)
    end(pool, demand.ended[at] ?? 0, input)
    ask(pool, asked, input, sums)
    plan(pool, second, input)
    const claimed = podsOf(pool.sessions, input)
    sums.idle += pool.idle
    sums.podsMax = Math.max(sums.podsMax, pool.idle + pool.inFlight + claimed)
    sums.waitingMax = Math.max(sums.waitingMax, pool.waiting)
    const { idle: standby, inFlight: creating, waiting } = pool
    seconds.push({ atMs: second * 1000, standby, claimed, creating, waiting })
  }
  const standbyMean = seconds.length === 0 ? 0 : sums.idle / seconds.length
  const started = sums.warm + sums.cold + pool.waiting
  return {
    points: inSteps(seconds),
    warmStarts: sums.warm,
    coldStarts: sums.cold + pool.waiting,
    hitRate: started === 0 ? null : sums.warm / started,
    podsMax: sums.podsMax,
    standbyMean,
    waitingMax: sums.waitingMax,
    idleMemoryBytes: Math.round(standbyMean * memoryBytes),
  }
}

/** As the policy would have left it, had it been there before. */
function poolAtStart({ demand, policy, sessionsPerPod }: ReplayInput): Pool {
  const { minPods, maxPods, target, burst } = policy
  const active = Math.ceil(demand.openAtStart / sessionsPerPod)
  const wanted = target.kind === 'idleCount' ? target.low : idleOf(active, target.low)
  const idle = Math.max(0, Math.min(maxPods - active, Math.max(wanted, minPods - active)))
  const bucket = fullBucket(burst, demand.fromSecond * 1000)
  const sessions = demand.openAtStart
  return { idle, sessions, waiting: 0, arrivals: new Map(), inFlight: 0, bucket, aboveSinceMs: null }
}

/** How many idle pods make so many percent of all, beside the active ones. */
function idleOf(active: number, percent: number): number {
  return percent >= 100 ? active : Math.ceil((percent * active) / (100 - percent))
}

function podsOf(sessions: number, { sessionsPerPod }: ReplayInput): number {
  return Math.ceil(sessions / sessionsPerPod)
}

/** Pods get ready; who waited takes them. */
function arrive(pool: Pool, second: number, sums: Sums): void {
  const arrived = pool.arrivals.get(second) ?? 0
  pool.arrivals.delete(second)
  pool.inFlight -= arrived
  pool.idle += arrived
  const taken = Math.min(pool.idle, pool.waiting)
  pool.idle -= taken
  pool.waiting -= taken
  pool.sessions += taken
  sums.cold += taken
}

/** Sessions end, those that wait last; their pods are idle again. */
function end(pool: Pool, ended: number, input: ReplayInput): void {
  const before = podsOf(pool.sessions, input)
  const left = Math.min(pool.sessions, ended)
  pool.sessions -= left
  pool.waiting = Math.max(0, pool.waiting - (ended - left))
  pool.idle += before - podsOf(pool.sessions, input)
}

/** Sessions are asked for: on slots that are open, then on idle pods; the others wait. */
function ask(pool: Pool, asked: number, input: ReplayInput, sums: Sums): void {
  const openSlots = podsOf(pool.sessions, input) * input.sessionsPerPod - pool.sessions
  const shared = Math.min(asked, openSlots)
  const pods = Math.min(pool.idle, Math.ceil((asked - shared) / input.sessionsPerPod))
  const warm = Math.min(asked, shared + pods * input.sessionsPerPod)
  pool.idle -= pods
  pool.sessions += warm
  pool.waiting += asked - warm
  sums.warm += warm
}

function plan(pool: Pool, second: number, input: ReplayInput): void {
  const { policy, createMs } = input
  const nowMs = second * 1000
  pool.bucket = refilled(pool.bucket, policy.burst, nowMs)
  const aboveForMs = pool.aboveSinceMs === null ? 0 : nowMs - pool.aboveSinceMs
  const made = planPool({
    policy,
    pool: viewOf(pool, input),
    rollOut: { kind: 'proven' },
    tokens: Math.floor(pool.bucket.tokens),
    isBackingOff: false,
    isFallbackBackingOff: false,
    isRecovering: false,
    isFresh: false,
    mayShrink: aboveForMs >= policy.scaleDownDelayMs,
  })
  pool.bucket = { ...pool.bucket, tokens: pool.bucket.tokens - made.tokensUsed }
  pool.aboveSinceMs = made.isAboveTarget ? (pool.aboveSinceMs ?? nowMs) : null
  if (made.createNew > 0) {
    const readyAt = second + Math.max(1, Math.round(createMs / 1000))
    pool.arrivals.set(readyAt, (pool.arrivals.get(readyAt) ?? 0) + made.createNew)
    pool.inFlight += made.createNew
  }
  // What is in flight would be stopped first; a replay lets it come, and stops it a moment later.
  pool.idle -= Math.min(pool.idle, made.stopSpare)
}

function viewOf(pool: Pool, input: ReplayInput): PoolView {
  const active = podsOf(pool.sessions, input)
  return {
    idle: pool.idle,
    oldIdle: 0,
    unreachable: 0,
    inFlight: pool.inFlight,
    oldInFlight: 0,
    unscheduled: 0,
    arrived: 0,
    active,
    newActive: active,
    terminating: 0,
    waitingSessions: pool.waiting,
    sessionsPerPod: input.sessionsPerPod,
    openSlots: active * input.sessionsPerPod - pool.sessions,
  }
}

function inSteps(seconds: readonly ReplayPoint[]): ReplayPoint[] {
  const points: ReplayPoint[] = []
  for (let at = 0; at < seconds.length; at += REPLAY_STEP_SECONDS) {
    const step = seconds.slice(at, at + REPLAY_STEP_SECONDS)
    const mean = (read: (point: ReplayPoint) => number): number =>
      step.reduce((sum, point) => sum + read(point), 0) / step.length
    points.push({
      atMs: step[0]?.atMs ?? 0,
      standby: mean(({ standby }) => standby),
      claimed: mean(({ claimed }) => claimed),
      creating: mean(({ creating }) => creating),
      waiting: mean(({ waiting }) => waiting),
    })
  }
  return points
}
