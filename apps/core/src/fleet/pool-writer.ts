/** Makes the pools of the fleet as their plans say, and says when to look again. */
import { isHopeless, isOver, overAtMs, retryAtMs } from '../pods/pod-failures.ts'
import type { ApplicationVersion } from '../applications/application.ts'
import type { Pod } from '../pods/pod.ts'
import { planPool, type PoolPlan, type PoolPlanInput, type RollOut } from '../pools/pool-plan.ts'
import { nextTokenAtMs, refilled } from '../pools/token-bucket.ts'
import { poolView, type ApplicationEntry } from './application-entry.ts'
import type { FleetState } from './fleet-state.ts'
import { createPod, placePods, stopPod } from './pod-writer.ts'
import { serveQueue } from './session-writer.ts'

/** W9: nodes come back sooner than this, if they come back at all. */
const FRESH_MS = 2_000
/** Plans that are carried out soon lead to an empty one; the bound guards against some that would not. */
const ROUNDS_MAX = 4

/** Serves, fills and shrinks the pools that changed in this turn; places what waits, where room appeared. */
export function keepPools(state: FleetState): void {
  for (const entry of state.dirty) keepPool(state, entry)
  state.dirty.clear()
  if (state.hasNewRoom) placeWaiting(state)
  for (const node of state.dirtyNodes) state.nodeChanged(node)
  state.dirtyNodes.clear()
}

function keepPool(state: FleetState, entry: ApplicationEntry): void {
  serveQueue(state, entry)
  if (entry.isDeleted) endDeleted(state, entry)
  else planRounds(state, entry)
  state.applicationChanged(entry)
}

function planRounds(state: FleetState, entry: ApplicationEntry): void {
  const nowMs = state.ports.nowMs()
  const { burst } = entry.definition.scalingPolicy
  entry.bucket = refilled(entry.bucket, burst, nowMs)
  for (const [version, record] of entry.failures) if (isOver(record, nowMs)) entry.failures.delete(version)
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const plan = planPool(inputOf(state, entry, Math.floor(entry.bucket.tokens)))
    entry.aboveTargetSinceMs = plan.isAboveTarget ? (entry.aboveTargetSinceMs ?? nowMs) : null
    entry.arrived = 0
    if (isEmpty(plan)) break
    entry.bucket = { ...entry.bucket, tokens: entry.bucket.tokens - plan.tokensUsed }
    carryOut(state, entry, plan)
  }
  lookAgain(state, entry)
}

function inputOf(state: FleetState, entry: ApplicationEntry, tokens: number): PoolPlanInput {
  const nowMs = state.ports.nowMs()
  const { scalingPolicy: policy } = entry.definition
  const aboveForMs = entry.aboveTargetSinceMs === null ? 0 : nowMs - entry.aboveTargetSinceMs
  return {
    policy,
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
  stopSome(state, plan.stopOld, () => entry.warm.spare(version.number - 1))
  stopSome(state, plan.stopSpare, () => nextSpare(entry))
  place(state, entry)
}

/** Gives nodes to the pods that have none; remembers who must wait for room. */
function place(state: FleetState, entry: ApplicationEntry): void {
  const isPlaced = placePods(state, entry)
  entry.shortSinceMs = isPlaced ? null : (entry.shortSinceMs ?? state.ports.nowMs())
  if (isPlaced) state.short.delete(entry)
  else state.short.add(entry)
}

function stopSome(state: FleetState, count: number, next: () => Pod | null): void {
  for (let stopped = 0; stopped < count; stopped += 1) {
    const pod = next()
    if (pod === null) return
    stopPod(state, pod)
  }
}

/** W5: first what costs nobody anything. W8: what is being tried is not spare while older pods are. */
function nextSpare(entry: ApplicationEntry): Pod | null {
  const newest = entry.definition.version.number
  const oldIdle = entry.warm.spare(newest - 1)
  const isTrying = rollOutOf(entry).kind !== 'proven' && (entry.definition.fallback !== null || oldIdle !== null)
  for (const pods of [entry.unscheduled, entry.creating]) {
    const latestLast = [...pods]
    const old = latestLast.findLast((pod) => pod.version.number < newest)
    const spare = old ?? (isTrying ? undefined : latestLast.at(-1))
    if (spare) return spare
  }
  return oldIdle ?? entry.warm.spare(Number.MAX_SAFE_INTEGER)
}

/** Sets the instant at which the plan may say something else though nothing happens until then. */
function lookAgain(state: FleetState, entry: ApplicationEntry): void {
  const nowMs = state.ports.nowMs()
  const { scalingPolicy } = entry.definition
  const instants: number[] = []
  const unbound = inputOf(state, entry, Number.MAX_SAFE_INTEGER)
  if (!isEmpty(planPool(unbound))) instants.push(nextTokenAtMs(entry.bucket, scalingPolicy.burst))
  const unbroken = planPool({ ...unbound, isBackingOff: false, isFallbackBackingOff: false })
  for (const record of entry.failures.values()) {
    if (!isEmpty(unbroken)) instants.push(retryAtMs(record))
    instants.push(overAtMs(record) ?? nowMs)
  }
  if (unbound.isRecovering && entry.queue.size > 0) instants.push(state.startedAtMs + FRESH_MS)
  if (entry.aboveTargetSinceMs !== null) instants.push(entry.aboveTargetSinceMs + scalingPolicy.scaleDownDelayMs)
  const upcoming = instants.filter((atMs) => atMs > nowMs)
  if (upcoming.length === 0) state.ports.deadlines.clear(entry.definition.id)
  else state.ports.deadlines.set(entry.definition.id, Math.min(...upcoming))
}

/** Room appeared: whoever waits for it is placed at once, not on a timer. */
function placeWaiting(state: FleetState): void {
  state.hasNewRoom = false
  for (const entry of state.short) {
    place(state, entry)
    state.applicationChanged(entry)
  }
}

/** A deleted application goes with its last pod. */
function endDeleted(state: FleetState, entry: ApplicationEntry): void {
  for (const pod of entry.pods) {
    if (pod.phase === 'failed') state.removePod(pod)
    else if (pod.sessionIds.size === 0) stopPod(state, pod)
  }
  if (entry.pods.size > 0 || entry.openSessions.size > 0) return
  state.applications.delete(entry.definition.id)
  state.short.delete(entry)
  for (const key of [entry.definition.id, `proof:${entry.definition.id}`]) state.ports.deadlines.clear(key)
  state.ports.observe.applicationGone(entry.definition.id)
  for (const versionId of entry.versionIds) {
    state.versions.delete(versionId)
    for (const nodeName of state.groups.forgetEverywhere(versionId))
      state.ports.tell(nodeName, { kind: 'forgetVersion', versionId })
  }
}
