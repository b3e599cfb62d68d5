/**
 * What to add to a pool, and what to take away. Pure: counts and a policy in, a plan out.
 *
 *   need  ─ waiting sessions, low, min ──► create   (never beyond max)
 *   spare ─ high ────────────────────────► stop     (never below min, never a pod that serves)
 *   roll-out ─ one new pod in, one old idle pod out, once the new version has proven itself
 *
 * Rules W1..W10 live in SPEC.md.
 */
import type { ScalingPolicy } from '../applications/application.ts'

/** The pods of an application, counted by what they do. */
export type PoolView = {
  /** Booted and free: hot or asleep. */
  readonly idle: number
  /** Of these, of an older version than the newest. */
  readonly oldIdle: number
  /** Booted and free as well, but on nodes that cannot be told anything now. */
  readonly unreachable: number
  /** Unscheduled or being made. */
  readonly inFlight: number
  /** Of these, of an older version than the newest. */
  readonly oldInFlight: number
  /** Of these, without a node: nobody has heard of them. */
  readonly unscheduled: number
  /** Pods of the newest version that became ready since the last plan. */
  readonly arrived: number
  /** Serve at least one session. */
  readonly active: number
  /** Of these, of the newest version. */
  readonly newActive: number
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
  /** Whether pods of the newest version failed so recently that none is created. */
  readonly isBackingOff: boolean
  /** The same, of the version that it falls back to. */
  readonly isFallbackBackingOff: boolean
  /** Whether nodes have yet to report after a restart: then only waiting sessions are served. */
  readonly isRecovering: boolean
  /** Whether that restart was so recent that the nodes are probably about to report. */
  readonly isFresh: boolean
  /** Whether the pool was above its target for as long as the policy delays shrinking. */
  readonly mayShrink: boolean
}

export type PoolPlan = {
  /** Pods of the newest version. */
  readonly createNew: number
  /** Pods of the version that serves while the newest is unproven. */
  readonly createFallback: number
  /** Idle pods of an older version to stop, for the roll-out. */
  readonly stopOld: number
  /** Spare pods to stop. */
  readonly stopSpare: number
  /** How much of the burst this uses. */
  readonly tokensUsed: number
  /** Whether the pool is above its target; the delay of shrinking counts from the first such plan. */
  readonly isAboveTarget: boolean
}

/** What to do now. The same input gives the same plan; plans carried out soon lead to an empty one, and undo nothing. */
export function planPool(input: PoolPlanInput): PoolPlan {
  if (input.isRecovering) return planRecovery(input)
  const { pool, policy } = input
  const counted = withoutRollOut(input)
  const room = roomOf(input)
  const forWaiting = mayServe(input) ? Math.min(room, neededForWaiting(counted)) : 0
  const tried = planTrial(input, room - forWaiting)
  const left = { room: room - forWaiting - tried.create, tokens: input.tokens - tried.create }
  const short = Math.min(left.room, shortOf(policy, counted) - forWaiting)
  const refill = mayServe(input) ? Math.max(0, Math.min(left.tokens, short)) : 0
  const rolled = planReplacement(input, left.room - refill, left.tokens - refill)
  const created = refill + tried.create + rolled.create
  const stopOld = tried.stopOld + rolled.stopOld
  const spare = Math.max(0, spareOf(policy, pool, counted) - stopOld)
  const shrunk = input.mayShrink ? Math.max(0, Math.min(spare, input.tokens - created)) : 0
  const shrunkOld = input.rollOut.kind === 'proven' ? Math.min(shrunk, pool.oldIdle - stopOld, readySpare(input)) : 0
  const served = serving(input, forWaiting + refill)
  return {
    createNew: served.createNew + tried.create + rolled.create,
    createFallback: served.createFallback,
    stopOld: stopOld + shrunkOld, // W6: who is replaced anyway is the first to be spared.
    stopSpare: shrunk - shrunkOld,
    tokensUsed: created + shrunk,
    isAboveTarget: spare > 0,
  }
}

/** All pods, those on their way out included. */
export function totalOf(pool: PoolView): number {
  return lasting(pool) + pool.terminating
}

/** W9: pods that nobody has heard of yet are given up again, when those that wait find others. */
function planRecovery(input: PoolPlanInput): PoolPlan {
  const { pool } = input
  const forWaiting = mayServe(input) && !input.isFresh ? Math.min(roomOf(input), neededForWaiting(pool)) : 0
  const unneeded = expectedIdle(pool)
  return {
    ...serving(input, forWaiting),
    stopOld: 0,
    stopSpare: Math.min(pool.unscheduled, Math.max(0, unneeded)),
    tokensUsed: 0,
    isAboveTarget: false,
  }
}

/** W1: what goes away still counts. */
function roomOf({ policy, pool }: PoolPlanInput): number {
  return Math.max(0, policy.maxPods - totalOf(pool))
}

/** W7: what is known to be good serves. */
function serving(input: PoolPlanInput, count: number): Pick<PoolPlan, 'createNew' | 'createFallback'> {
  return isNewServing(input) ? { createNew: count, createFallback: 0 } : { createNew: 0, createFallback: count }
}

/** The very first version of an application has nothing to fall back to. */
function isNewServing({ rollOut }: PoolPlanInput): boolean {
  return rollOut.kind === 'proven' || (rollOut.kind === 'unproven' && !rollOut.hasFallback)
}

/** W10 */
function mayServe(input: PoolPlanInput): boolean {
  return isNewServing(input) ? !input.isBackingOff : !input.isFallbackBackingOff
}

/**
 * The pool without what the roll-out has made: a pod that is tried may still fail, and one that will replace
 * another adds nothing.
 */
function withoutRollOut(input: PoolPlanInput): PoolView {
  const { pool } = input
  if (isNewServing(input)) return { ...pool, inFlight: pool.inFlight - replacing(input) }
  return { ...pool, inFlight: pool.oldInFlight, idle: pool.oldIdle }
}

/** How many pods in flight will take the place of old ones: those that nothing else needs. */
function replacing(input: PoolPlanInput): number {
  const { pool, policy } = input
  const ready = { ...pool, inFlight: 0 }
  const unneeded = pool.inFlight - Math.max(neededForWaiting(ready), shortOf(policy, ready))
  return Math.max(0, Math.min(oldThatLast(input), pool.inFlight - pool.oldInFlight, unneeded))
}

/** W6: how many old pods give way to new ones that are ready, where these were not needed beside them. */
function replaced({ pool, policy }: PoolPlanInput): number {
  const arrived = Math.min(pool.arrived, pool.idle - pool.oldIdle)
  return Math.min(pool.oldIdle, arrived, aboveLow(policy, { ...pool, inFlight: 0 }))
}

/** Old idle pods that have neither been replaced nor are too many anyway. */
function oldThatLast(input: PoolPlanInput): number {
  return Math.max(0, input.pool.oldIdle - Math.max(replaced(input), readySpare(input)))
}

/** How many pods are too many, whatever is in flight. */
function readySpare({ pool, policy }: PoolPlanInput): number {
  const ready = { ...pool, inFlight: 0 }
  return spareOf(policy, ready, ready)
}

function podsForWaiting(pool: PoolView): number {
  return Math.ceil(Math.max(0, pool.waitingSessions - pool.openSlots) / pool.sessionsPerPod)
}

/** W2: pods in flight come first to who waits. */
function neededForWaiting(pool: PoolView): number {
  return Math.max(0, podsForWaiting(pool) - pool.idle - pool.inFlight)
}

/** Idle pods that can be reached, once everything in flight has arrived and everybody who waits was served. */
function expectedIdle(pool: PoolView): number {
  return pool.idle + pool.inFlight - podsForWaiting(pool)
}

/** Pods that last: without those on their way out. */
function lasting(pool: PoolView): number {
  return pool.idle + pool.unreachable + pool.inFlight + pool.active
}

/** W3, W4: how many pods are missing to low and to min. */
function shortOf({ target, minPods }: ScalingPolicy, pool: PoolView): number {
  const idle = expectedIdle(pool) + pool.unreachable // They may be back in a moment.
  const total = lasting(pool)
  const toLow = target.kind === 'idleCount' ? target.low - idle : shortOfPercent(idle, total, target.low)
  return Math.max(0, toLow, minPods - total)
}

/** The smallest n with (idle + n) / (total + n) ≥ low percent. */
function shortOfPercent(idle: number, total: number, low: number): number {
  if (100 * idle >= low * total) return 0
  return low >= 100 ? Infinity : Math.ceil((low * total - 100 * idle) / (100 - low))
}

/** W3, W5: how many idle pods are too many, without falling below low or min. */
function spareOf(policy: ScalingPolicy, all: PoolView, counted: PoolView): number {
  const { target } = policy
  const idle = expectedIdle(counted)
  const total = lasting(counted) - counted.unreachable
  const aboveHigh = target.kind === 'idleCount' ? idle - target.high : aboveHighPercent(idle, total, target.high)
  const aboveTarget = Math.min(aboveHigh, aboveLow(policy, counted))
  const aboveMax = lasting(all) - policy.maxPods
  return Math.max(0, Math.min(Math.max(aboveTarget, aboveMax), counted.idle + counted.inFlight))
}

/** The smallest n with (idle − n) / (total − n) ≤ high percent. */
function aboveHighPercent(idle: number, total: number, high: number): number {
  if (high >= 100 || 100 * idle <= high * total) return 0
  return Math.ceil((100 * idle - high * total) / (100 - high))
}

/** How many idle pods can go before the pool is short of low, or of min. */
function aboveLow({ target, minPods }: ScalingPolicy, pool: PoolView): number {
  const idle = expectedIdle(pool)
  const total = lasting(pool) - pool.unreachable
  const toLow = target.kind === 'idleCount' ? idle - target.low : aboveLowPercent(idle, total, target.low)
  return Math.max(0, Math.min(toLow, total - minPods))
}

/** The largest n with (idle − n) / (total − n) ≥ low percent. */
function aboveLowPercent(idle: number, total: number, low: number): number {
  return low >= 100 ? 0 : Math.floor((100 * idle - low * total) / (100 - low))
}

/**
 * W8: one pod of a version that is not proven yet, before anything but waiting sessions gets room. At the
 * maximum an old one goes first.
 */
function planTrial(input: PoolPlanInput, room: number): { readonly create: number; readonly stopOld: number } {
  const { pool, rollOut, tokens } = input
  const isTried = pool.inFlight > pool.oldInFlight || pool.idle > pool.oldIdle || pool.newActive > 0
  const isWanted = rollOut.kind === 'unproven' && (rollOut.hasFallback || pool.oldIdle > 0) && !isTried
  if (!isWanted || input.isBackingOff || tokens < 1) return { create: 0, stopOld: 0 }
  if (room > 0) return { create: 1, stopOld: 0 }
  return { create: 0, stopOld: pool.terminating === 0 && pool.oldIdle > 0 ? 1 : 0 }
}

/**
 * W6: as many new pods as the burst allows; each takes the place of an old idle one when it is ready, and not
 * before. At the maximum old ones go first: at most half of them at once, so that the others serve meanwhile.
 */
function planReplacement(
  input: PoolPlanInput,
  room: number,
  tokens: number,
): { readonly create: number; readonly stopOld: number } {
  const { pool } = input
  if (input.rollOut.kind !== 'proven') return { create: 0, stopOld: 0 }
  const gone = replaced(input)
  const wanted = input.isBackingOff ? 0 : oldThatLast(input) - replacing(input)
  const create = Math.max(0, Math.min(wanted, tokens, room))
  const mustMakeRoom = wanted > 0 && room <= 0 && tokens >= 1 && gone === 0
  const isQuiet = pool.terminating === 0 && pool.inFlight === pool.oldInFlight
  const makeRoom = mustMakeRoom && isQuiet ? Math.max(1, Math.min(tokens, Math.floor(pool.oldIdle / 2))) : 0
  return { create, stopOld: gone + makeRoom }
}
