/**
 * What to add to a pool, and what to take away. Pure: counts and a policy in, a plan out.
 *
 *   need  ─ waiting sessions, low, min ──► create   (never beyond max)
 *   spare ─ high ────────────────────────► stop     (never below min, never a pod that serves)
 *   roll-out ─ one new pod in, one old idle pod out, once the new version has proven itself
 *
 * Rules W1..W9 live in SPEC.md.
 */
import type { ScalingPolicy } from '../applications/application.ts'

/** The pods of an application, counted by what they do. */
export type PoolView = {
  /** Booted and free: hot or asleep. */
  readonly idle: number
  /** Of these, of an older version than the newest. */
  readonly oldIdle: number
  /** Unscheduled or being made. */
  readonly inFlight: number
  /** Of these, of an older version than the newest. */
  readonly oldInFlight: number
  /** Serve at least one session. */
  readonly active: number
  readonly terminating: number
  readonly waitingSessions: number
  readonly sessionsPerPod: number
  /** Slots that active pods could still give. */
  readonly openSlots: number
}

/** Where the roll-out of the newest version stands. */
export type RollOut =
  /** A pod of the newest version became ready. */
  | { readonly kind: 'proven' }
  /** None did yet; `hasFallback`: an older version did, and goes on serving. */
  | { readonly kind: 'unproven'; readonly hasFallback: boolean }
  /** Its pods failed so often that no more are tried; the fallback serves. */
  | { readonly kind: 'halted' }

export type PoolPlanInput = {
  readonly policy: ScalingPolicy
  readonly pool: PoolView
  readonly rollOut: RollOut
  /** Pods that the burst allows to add or remove now. */
  readonly tokens: number
  /** Whether pods failed so recently that none is created. */
  readonly isBackingOff: boolean
  /** Whether nodes have yet to report after a restart: then only waiting sessions are served. */
  readonly isRecovering: boolean
  /** Whether the pool was above its target for as long as the policy delays shrinking. */
  readonly mayShrink: boolean
}

export type PoolPlan = {
  /** Pods of the newest version. */
  readonly createNew: number
  /** Pods of the version that serves while the newest is unproven. */
  readonly createFallback: number
  /** Idle or unstarted pods of an older version to stop, for the roll-out. */
  readonly stopOld: number
  /** Spare pods to stop. */
  readonly stopSpare: number
  /** How much of the burst this uses. */
  readonly tokensUsed: number
  /** Whether the pool is above its target; the delay of shrinking counts from the first such plan. */
  readonly isAboveTarget: boolean
}

/** What to do now. The same input gives the same plan; a plan carried out leads to an empty one. */
export function planPool(input: PoolPlanInput): PoolPlan {
  const { pool, policy } = input
  const room = Math.max(0, policy.maxPods - totalOf(pool)) // W1: what goes away still counts.
  const forWaiting = Math.min(room, neededForWaiting(pool))
  const refill = input.isRecovering
    ? 0
    : Math.min(input.tokens, Math.max(0, Math.min(room, shortOf(input)) - forWaiting))
  const rolled = input.isRecovering ? NO_ROLL : planRollOut(input, room - forWaiting - refill, input.tokens - refill)
  const spare = input.isRecovering ? 0 : Math.max(0, spareOf(input) - rolled.stopOld)
  const creations = input.isBackingOff ? 0 : forWaiting + refill
  const isNewServing = input.rollOut.kind === 'proven' || isFirst(input.rollOut)
  const shrink = input.mayShrink ? Math.min(spare, Math.max(0, input.tokens - refill - rolled.create)) : 0
  return {
    createNew: (isNewServing ? creations : 0) + (input.isBackingOff ? 0 : rolled.create),
    createFallback: isNewServing ? 0 : forWaiting + refill, // W7: the fallback is known to be good.
    stopOld: rolled.stopOld,
    stopSpare: shrink,
    tokensUsed: (input.isBackingOff && isNewServing ? 0 : refill) + (input.isBackingOff ? 0 : rolled.create) + shrink,
    isAboveTarget: spare > 0,
  }
}

/** All pods, those on their way out included. */
export function totalOf(pool: PoolView): number {
  return pool.idle + pool.inFlight + pool.active + pool.terminating
}

/** W2: pods in flight come first to who waits. */
function neededForWaiting(pool: PoolView): number {
  const unserved = Math.max(0, pool.waitingSessions - pool.openSlots)
  return Math.max(0, Math.ceil(unserved / pool.sessionsPerPod) - pool.idle - pool.inFlight)
}

/** Idle pods once everything in flight has arrived and everybody who waits was served. */
function expectedIdle(pool: PoolView): number {
  const unserved = Math.max(0, pool.waitingSessions - pool.openSlots)
  return pool.idle + pool.inFlight - Math.ceil(unserved / pool.sessionsPerPod)
}

/** Pods that last: without those on their way out. */
function lasting(pool: PoolView): number {
  return pool.idle + pool.inFlight + pool.active
}

/** W3, W4: how many pods are missing to low and to min. */
function shortOf({ policy, pool }: PoolPlanInput): number {
  const idle = expectedIdle(pool)
  const total = lasting(pool)
  const { target } = policy
  const toLow = target.kind === 'idleCount' ? target.low - idle : shortOfPercent(idle, total, Math.min(target.low, 100))
  return Math.max(0, toLow, policy.minPods - total)
}

/** The smallest n with (idle + n) / (total + n) ≥ low percent. */
function shortOfPercent(idle: number, total: number, low: number): number {
  if (100 * idle >= low * total) return 0
  return low === 100 ? Infinity : Math.ceil((low * total - 100 * idle) / (100 - low))
}

/** W3, W5: how many idle pods are too many, without falling below min. */
function spareOf({ policy, pool }: PoolPlanInput): number {
  const idle = expectedIdle(pool)
  const total = lasting(pool)
  const { target } = policy
  const aboveHigh = target.kind === 'idleCount' ? idle - target.high : spareOfPercent(idle, total, target.high)
  const aboveTarget = Math.min(aboveHigh, total - policy.minPods)
  const aboveMax = total - policy.maxPods
  return Math.max(0, Math.min(Math.max(aboveTarget, aboveMax), pool.idle + pool.inFlight))
}

/** The smallest n with (idle − n) / (total − n) ≤ high percent. */
function spareOfPercent(idle: number, total: number, high: number): number {
  if (high >= 100 || 100 * idle <= high * total) return 0
  return Math.ceil((100 * idle - high * total) / (100 - high))
}

const NO_ROLL = { create: 0, stopOld: 0 }

/**
 * W6, W8: while unproven, one pod of the newest version at a time; once proven, as many as the burst
 * allows, each taking the place of an old idle one. At the maximum an old one goes first.
 */
function planRollOut(
  input: PoolPlanInput,
  room: number,
  tokens: number,
): { readonly create: number; readonly stopOld: number } {
  const { pool, rollOut } = input
  const newInFlight = pool.inFlight - pool.oldInFlight
  if (rollOut.kind === 'halted' || isFirst(rollOut)) return NO_ROLL
  const wanted = rollOut.kind === 'unproven' ? 1 - newInFlight : pool.oldIdle - newInFlight
  const spareOld = rollOut.kind === 'proven' ? Math.min(pool.oldIdle, spareOf(input)) : 0
  const create = Math.max(0, Math.min(wanted, tokens, room))
  const mustMakeRoom = wanted > 0 && room <= 0 && newInFlight === 0 && pool.terminating === 0 && pool.oldIdle > 0
  if (mustMakeRoom && !input.isBackingOff) return { create: 0, stopOld: Math.max(1, spareOld) }
  return { create, stopOld: spareOld }
}

/** The very first version of an application has nothing to fall back to. */
function isFirst(rollOut: RollOut): boolean {
  return rollOut.kind === 'unproven' && !rollOut.hasFallback
}
