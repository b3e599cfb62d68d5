/** Makes the pools of the fleet as their plans say, and says when to look again. */
import { isHopeless, isOver, overAtMs, retryAtMs } from '../pods/pod-failures.ts'
import type { ApplicationVersion, ScalingPolicy } from '../applications/application.ts'
import type { Pod } from '../pods/pod.ts'
import { planPool, totalOf, type PoolPlan, type PoolPlanInput, type RollOut } from '../pools/pool-plan.ts'
import { withinQuota } from '../pools/pool-quota-rules.ts'
import { nextTokenAtMs, refilled } from '../pools/token-bucket.ts'
import { poolView, type ApplicationEntry } from './application-entry.ts'
import { noteShort } from './event-notes.ts'
import type { FleetState } from './fleet-state.ts'
import { shortageMessage } from './shortage-words.ts'
import { createPod, placePods, stopPod } from './pod-writer.ts'
import { freeAll, freeStuck, keepRest, wakeWaiting } from './rest-writer.ts'
import { serveQueue } from './session-writer.ts'

/** W9: nodes come back sooner than this, if they come back at all. */
const FRESH_MS = 2_000
/** Plans that are carried out soon lead to an empty one; the bound guards against some that would not. */
const ROUNDS_MAX = 4

/** Serves, fills and shrinks the pools that changed in this turn; places what waits, where room appeared. */
export function keepPools(state: FleetState): void {
  freeStuck(state)
  for (const entry of state.dirty) keepPool(state, entry)
  state.dirty.clear()
  if (state.hasNewRoom) {
    placeWaiting(state)
    wakeWaiting(state)
  }
  for (const node of state.dirtyNodes) state.nodeChanged(node)
  state.dirtyNodes.clear()
}

function keepPool(state: FleetState, entry: ApplicationEntry): void {
  serveQueue(state, entry)
  if (entry.queue.size === 0 && entry.stuck.size > 0 && mayGiveUp(state, entry)) freeAll(state, entry)
  if (entry.isDeleted) endDeleted(state, entry)
  else planRounds(state, entry)
  state.applicationChanged(entry)
}

/**
 * Nobody waits, and the pool would have fewer pods, or others, if those that are stuck were free. Otherwise they stay
 * stuck until there is room (`freeStuck`): nobody who asks for a session then passes all of them over anew.
 */
function mayGiveUp(state: FleetState, entry: ApplicationEntry): boolean {
  if (entry.isDeleted) return true
  const { pool, ...input } = inputOf(state, entry, Number.MAX_SAFE_INTEGER)
  const { size } = entry.stuck
  const old = size - (entry.stuckOf.get(entry.definition.version.number) ?? 0)
  const freed = { ...pool, idle: pool.idle + size, oldIdle: pool.oldIdle + old, unreachable: pool.unreachable - size }
  const plan = planPool({ ...input, pool: freed })
  return plan.isAboveTarget || plan.stopOld + plan.stopSpare > 0
}

function planRounds(state: FleetState, entry: ApplicationEntry): void {
  const nowMs = state.ports.nowMs()
  const { burst } = entry.definition.scalingPolicy
  entry.bucket = refilled(entry.bucket, burst, nowMs)
  for (const [version, record] of entry.failures) if (isOver(record, nowMs)) entry.failures.delete(version)
  let isDone = false
  for (let round = 0; round < ROUNDS_MAX && !isDone; round += 1) {
    const plan = planPool(inputOf(state, entry, Math.floor(entry.bucket.tokens)))
    entry.aboveTargetSinceMs = plan.isAboveTarget ? (entry.aboveTargetSinceMs ?? nowMs) : null
    entry.arrived = 0
    isDone = isEmpty(plan)
    if (isDone) break
    entry.bucket = { ...entry.bucket, tokens: entry.bucket.tokens - plan.tokensUsed }
    carryOut(state, entry, plan)
  }
  noteQuota(state, entry)
  if (isDone) tradeStuck(state, entry)
  keepRest(state, entry)
  if (entry.shortSinceMs !== null && entry.unscheduled.size === 0) place(state, entry) // Nobody waits any more.
  lookAgain(state, entry, isDone && entry.bucket.tokens >= 1)
}

function inputOf(state: FleetState, entry: ApplicationEntry, tokens: number): PoolPlanInput {
  const nowMs = state.ports.nowMs()
  const { scalingPolicy: policy } = entry.definition
  const aboveForMs = entry.aboveTargetSinceMs === null ? 0 : nowMs - entry.aboveTargetSinceMs
  return {
    policy: boundPolicy(entry),
    pool: poolView(entry),
    rollOut: rollOutOf(entry),
    tokens,
    isBackingOff: isBackingOff(entry, entry.definition.version, nowMs),
    isFallbackBackingOff: isBackingOff(entry, entry.definition.fallback, nowMs),
    isRecovering: state.expectedNodes.size > 0,
    isFresh: nowMs < state.startedAtMs + FRESH_MS,
    mayShrink: aboveForMs >= policy.scaleDownDelayMs,
  }
}

/** W12 */
function boundPolicy({ account, definition, pods, counts }: ApplicationEntry): ScalingPolicy {
  const { scalingPolicy, version, fallback } = definition
  const sizes = { newest: version.spec, fallback: fallback?.spec ?? null }
  const having = pods.size - counts.failed - counts.terminated
  return withinQuota(scalingPolicy, having, { quotas: account.quotas, used: account, sizes })
}

/** Remembers who would have more pods, were it not for a quota: they are looked at again when one of its pods goes. */
function noteQuota(state: FleetState, entry: ApplicationEntry): void {
  const { scalingPolicy: policy } = entry.definition
  const isBound = boundPolicy(entry).maxPods < policy.maxPods
  const wanted = isBound ? planPool({ ...inputOf(state, entry, Number.MAX_SAFE_INTEGER), policy }) : null
  const isShort = wanted !== null && wanted.createNew + wanted.createFallback > 0
  if (!isShort && entry.quotaSinceMs === null) return
  entry.quotaSinceMs = isShort ? (entry.quotaSinceMs ?? state.ports.nowMs()) : null
  if (isShort) entry.account.short.add(entry)
  else entry.account.short.delete(entry)
}

/** W10 */
function isBackingOff(entry: ApplicationEntry, version: ApplicationVersion | null, nowMs: number): boolean {
  const record = version === null ? undefined : entry.failures.get(version.number)
  return record !== undefined && nowMs < retryAtMs(record)
}

/** Where the roll-out of an application's newest version stands. */
export function rollOutOf({ definition, failures }: ApplicationEntry): RollOut {
  if (definition.isProven) return { kind: 'proven' }
  const record = failures.get(definition.version.number)
  if (record && isHopeless(record) && definition.fallback !== null) return { kind: 'halted' }
  return { kind: 'unproven', hasFallback: definition.fallback !== null }
}

function isEmpty(plan: PoolPlan): boolean {
  return plan.createNew + plan.createFallback + plan.stopOld + plan.stopSpare === 0
}

function carryOut(state: FleetState, entry: ApplicationEntry, plan: PoolPlan): void {
  const { version, fallback } = entry.definition
  for (let made = 0; made < plan.createNew; made += 1) createPod(state, entry, version)
  for (let made = 0; made < plan.createFallback; made += 1) createPod(state, entry, fallback ?? version)
  for (let stopped = 0; stopped < plan.stopOld; stopped += 1) stopIfAny(state, entry.warm.spare(version.number - 1))
  for (const spare of sparePods(entry).take(plan.stopSpare)) stopPod(state, spare)
  place(state, entry)
}

/** Gives nodes to the pods that have none; remembers who must wait for room. */
function place(state: FleetState, entry: ApplicationEntry): void {
  const homeless = placePods(state, entry)
  const isPlaced = homeless.length === 0
  if (!isPlaced && entry.shortSinceMs === null) noteShort(state, entry, () => shortageMessage(state, entry))
  entry.shortSinceMs = isPlaced ? null : (entry.shortSinceMs ?? state.ports.nowMs())
  if (isPlaced) state.short.delete(entry)
  else state.short.add(entry, homeless)
}

/** W16: at the maximum, a pod that cannot wake gives its place to one on a node with room. */
function tradeStuck(state: FleetState, entry: ApplicationEntry): void {
  const { queue, stuck, definition, counts } = entry
  const [pod] = stuck
  if (pod === undefined || queue.size === 0 || counts.terminating > 0 || state.expectedNodes.size > 0) return
  if (totalOf(poolView(entry)) < definition.scalingPolicy.maxPods) return
  const { version } = definition
  if (state.groups.place(version.spec, version.id, definition.id) !== null) stopPod(state, pod)
}

function stopIfAny(state: FleetState, pod: Pod | null): void {
  if (pod !== null) stopPod(state, pod)
}

/**
 * Pods to stop, in this order; whoever goes on has stopped the one before. W5: first what costs nobody anything. W8:
 * what is being tried is not spare while older pods are.
 */
function* sparePods(entry: ApplicationEntry): Generator<Pod, void> {
  const newest = entry.definition.version.number
  const isUnproven = rollOutOf(entry).kind !== 'proven'
  const isTrying = isUnproven && (entry.definition.fallback !== null || entry.warm.spare(newest - 1) !== null)
  for (const pods of [entry.unscheduled, entry.creating]) {
    const latestFirst = [...pods].toReversed()
    yield* latestFirst.filter((pod) => pod.version.number < newest)
    if (!isTrying) yield* latestFirst.filter((pod) => pod.version.number >= newest)
  }
  for (let pod = entry.warm.spare(newest); pod !== null; pod = entry.warm.spare(newest)) yield pod
}

/**
 * Sets the instant at which the plan may say something else though nothing happens until then. `isContent`: it wants
 * nothing that the burst would have allowed.
 */
function lookAgain(state: FleetState, entry: ApplicationEntry, isContent: boolean): void {
  const nowMs = state.ports.nowMs()
  const { scalingPolicy } = entry.definition
  const instants: number[] = []
  if (!isContent && !isEmpty(planPool(inputOf(state, entry, Number.MAX_SAFE_INTEGER))))
    instants.push(nextTokenAtMs(entry.bucket, scalingPolicy.burst))
  if (entry.failures.size > 0) instants.push(...triesAgainAt(state, entry))
  if (state.expectedNodes.size > 0 && entry.queue.size > 0) instants.push(state.startedAtMs + FRESH_MS)
  if (entry.aboveTargetSinceMs !== null) instants.push(entry.aboveTargetSinceMs + scalingPolicy.scaleDownDelayMs)
  if (entry.sleepsAtMs !== null) instants.push(entry.sleepsAtMs)
  const upcoming = instants.filter((atMs) => atMs > nowMs)
  if (upcoming.length === 0) state.ports.deadlines.clear(entry.definition.id)
  else state.ports.deadlines.set(entry.definition.id, Math.min(...upcoming))
}

/** When versions that failed are tried again, or their failures forgotten. */
function triesAgainAt(state: FleetState, entry: ApplicationEntry): readonly number[] {
  const unbound = inputOf(state, entry, Number.MAX_SAFE_INTEGER)
  const unbroken = planPool({ ...unbound, isBackingOff: false, isFallbackBackingOff: false })
  const isWanted = !isEmpty(unbroken)
  return [...entry.failures.values()].flatMap((record) => [
    ...(isWanted ? [retryAtMs(record)] : []),
    overAtMs(record) ?? -Infinity,
  ])
}

/** Room appeared: whoever waits for it is placed at once, not on a timer. */
function placeWaiting(state: FleetState): void {
  state.hasNewRoom = false
  state.short.offer((entry) => {
    const { size } = entry.unscheduled
    place(state, entry)
    if (entry.unscheduled.size < size || size === 0) state.applicationChanged(entry)
  })
}

/** A deleted application goes with its last pod. */
function endDeleted(state: FleetState, entry: ApplicationEntry): void {
  for (const pod of entry.pods) {
    if (pod.phase === 'failed') state.removePod(pod)
    else if (pod.sessionIds.size === 0) stopPod(state, pod)
  }
  if (entry.pods.size > 0 || entry.openSessions.size > 0) return
  state.removeApplication(entry)
  for (const key of [entry.definition.id, `proof:${entry.definition.id}`]) state.ports.deadlines.clear(key)
  state.ports.observe.applicationGone(entry.definition.id)
  for (const versionId of entry.versionIds) {
    state.versions.delete(versionId)
    for (const nodeName of state.groups.forgetEverywhere(versionId))
      state.ports.tell(nodeName, { kind: 'forgetVersion', versionId })
  }
}
