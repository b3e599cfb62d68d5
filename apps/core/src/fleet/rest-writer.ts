/** Puts idle pods to sleep and wakes them, and finds room for those that a session wants awake. */
import { toWake, type Booking } from '../pods/booking-rules.ts'
import type { Pod } from '../pods/pod.ts'
import { planRest, sleepsAtMs, type RestPlan } from '../pools/rest-plan.ts'
import type { ApplicationEntry } from './application-entry.ts'
import type { FleetState, NodeEntry } from './fleet-state.ts'
import type { PodReport } from './node-report.ts'
import { movePod } from './pod-writer.ts'

/** How long a pod that could not be put to sleep is left alone (P9). */
export const SLEEP_AGAIN_MS = 30_000
/** A pod sleeps lightly for as long as it took to be put to sleep, but not less. */
const DEEPER_AFTER_MS_MIN = 1_000
/** How many pods that cannot sleep, or cannot wake, are passed over at a time. */
const PASSED_OVER_MAX = 64

/** Puts to sleep who has been idle for long enough, and wakes who should be awake (W13, W14). */
export function keepRest(state: FleetState, entry: ApplicationEntry): void {
  entry.sleepsAtMs = null
  if (entry.isDeleted || state.expectedNodes.size > 0) return // W9: who has yet to report may be awake.
  const { wake, maySleep } = planOf(entry)
  if (wake > 0) wakeSome(state, entry, wake)
  if (maySleep > 0) sendToSleep(state, entry, maySleep)
}

function planOf({ definition, warm }: ApplicationEntry): RestPlan {
  const { scalingPolicy: policy } = definition
  return planRest({
    policy,
    hot: warm.count('hot'),
    waking: warm.count('waking'),
    asleep: warm.count('asleep'),
  })
}

function wakeSome(state: FleetState, entry: ApplicationEntry, count: number): void {
  let woken = 0
  for (const pod of entry.warm
    .fromNewest('asleep')
    .take(count + PASSED_OVER_MAX)
    .toArray()) {
    if (woken === count) break
    if (!hasRoomToWake(state, pod)) continue
    wakePod(state, pod)
    woken += 1
  }
  if (woken < count) state.wantsAwake.add(entry)
}

/** Room appeared: whoever keeps fewer pods awake than it should tries again. */
export function wakeWaiting(state: FleetState): void {
  if (state.expectedNodes.size > 0) return // W9
  const waiting = [...state.wantsAwake]
  state.wantsAwake.clear()
  for (const entry of waiting) {
    const { wake } = planOf(entry)
    if (wake > 0 && !entry.isDeleted) wakeSome(state, entry, wake)
  }
}

/** Books the pod's full request, and then wakes it (P8). */
function wakePod(state: FleetState, pod: Pod): void {
  state.changePod(pod, (changed) => (changed.rest = 'askedToWake'))
  tellWake(state, pod)
}

/** Tells its node to wake the pod; a repeated command does nothing there. */
function tellWake(state: FleetState, pod: Pod): void {
  if (pod.nodeName !== null) state.ports.tell(pod.nodeName, { kind: 'wakePod', podId: pod.id })
}

function sendToSleep(state: FleetState, entry: ApplicationEntry, count: number): void {
  const { hibernateAfterMs } = entry.definition.scalingPolicy
  if (hibernateAfterMs === null) return
  const nowMs = state.ports.nowMs()
  const due: Pod[] = []
  let passedOver = 0
  for (const ofVersion of entry.warm.versionsFromOldest('hot')) {
    for (const pod of ofVersion) {
      if (due.length === count || passedOver > PASSED_OVER_MAX) break
      const atMs = sleepsAtMs(pod, hibernateAfterMs)
      if (atMs <= nowMs) due.push(pod)
      else entry.sleepsAtMs = Math.min(entry.sleepsAtMs ?? atMs, atMs)
      if (atMs > nowMs) passedOver += 1
      if (atMs > nowMs && pod.noSleepBeforeMs <= nowMs) break // Whoever comes after was used later.
    }
  }
  for (const pod of due) askToSleep(state, pod, hibernateAfterMs)
}

function askToSleep(state: FleetState, pod: Pod, hibernateAfterMs: number): void {
  if (pod.nodeName === null) return
  state.changePod(pod, (changed) => (changed.rest = 'askedToSleep'))
  const deeperAfterMs = Math.max(DEEPER_AFTER_MS_MIN, hibernateAfterMs)
  state.ports.tell(pod.nodeName, { kind: 'hibernatePod', podId: pod.id, deeperAfterMs })
}

/** The pod for the next session, and there is room for it on its node; null when there is none (W15). */
export function nextPod(state: FleetState, entry: ApplicationEntry): Pod | null {
  let asked: Set<string> | null = null // Hardly ever needed.
  for (let pod = entry.warm.next(); pod !== null; pod = entry.warm.next()) {
    if (hasRoomToWake(state, pod)) return pod
    state.setStuck(pod, true)
    asked ??= new Set()
    askForRoom(state, pod, asked)
  }
  return null
}

/** Somebody begins to wait, and pods are stuck since before: what could sleep beside them may be others now. */
export function askAgain(state: FleetState, entry: ApplicationEntry): void {
  const asked = new Set<string>()
  for (const pod of entry.stuck.values().take(PASSED_OVER_MAX)) askForRoom(state, pod, asked)
}

/** `asked`: the nodes that were asked already. One pod that can wake there is enough for now. */
function askForRoom(state: FleetState, pod: Pod, asked: Set<string>): void {
  const { nodeName } = pod
  if (nodeName === null || asked.has(nodeName)) return
  asked.add(nodeName)
  makeRoom(state, nodeName, toWake(pod))
}

function hasRoomToWake(state: FleetState, pod: Pod): boolean {
  if (pod.rest !== 'asleep') return true
  return pod.nodeName !== null && state.groups.hasRoomFor(pod.nodeName, toWake(pod))
}

/** W16: what could sleep on the node sleeps now. */
function makeRoom(state: FleetState, nodeName: string, need: Booking): void {
  const node = state.nodes.get(nodeName)
  const account = state.groups.account(nodeName)
  if (!node || !account) return
  let cpuMillis = need.cpuMillis - (account.capacity.cpuMillis - account.booked.cpuMillis)
  let memoryBytes = need.memoryBytes - (account.capacity.memoryBytes - account.booked.memoryBytes)
  for (const pod of idleOn(state, node)) {
    if (cpuMillis <= 0 && memoryBytes <= 0) return
    const entry = state.entryOf(pod.applicationId)
    const hibernateAfterMs = entry?.definition.scalingPolicy.hibernateAfterMs ?? null
    const isAsked = pod.rest === 'askedToSleep'
    if (!entry || hibernateAfterMs === null || (!isAsked && planOf(entry).maySleep === 0)) continue
    cpuMillis -= pod.version.spec.cpuMillis
    memoryBytes -= pod.version.spec.memoryBytes
    if (!isAsked) askToSleep(state, pod, hibernateAfterMs)
  }
}

/** Standby pods of a node: those that are asked to sleep already, and then the least recently used. */
function idleOn(state: FleetState, node: NodeEntry): readonly Pod[] {
  const nowMs = state.ports.nowMs()
  const pods = [...node.podIds].flatMap((id) => state.pods.get(id) ?? [])
  return pods
    .filter(({ phase, noSleepBeforeMs }) => phase === 'standby' && noSleepBeforeMs <= nowMs)
    .toSorted(
      (a, b) =>
        Number(b.rest === 'askedToSleep') - Number(a.rest === 'askedToSleep') || a.phaseSinceMs - b.phaseSinceMs,
    )
}

/** Room appeared on nodes: pods that could not wake there may try again. */
export function freeStuck(state: FleetState): void {
  for (const { stuck } of state.dirtyNodes)
    for (const pod of stuck) if (hasRoomToWake(state, pod)) state.setStuck(pod, false)
}

/** They are idle like others: who shrinks the pool, or ends it, may choose them. */
export function freeAll(state: FleetState, entry: ApplicationEntry): void {
  for (const pod of entry.stuck) state.setStuck(pod, false)
}

/** What its node says of a pod that is idle. */
export function noteRest(state: FleetState, pod: Pod, said: Pick<PodReport, 'phase' | 'hibernation'>): void {
  noteHibernation(state, pod, said.hibernation)
  if (said.phase === 'hibernated') {
    if (pod.rest === 'askedToWake') tellWake(state, pod) // The command may have been lost with the connection.
    else movePod(state, pod, { kind: 'slept' })
  } else if (pod.phase === 'hibernated') {
    movePod(state, pod, { kind: 'woken' })
  } else if (pod.rest === 'askedToSleep') {
    state.changePod(pod, (changed) => (changed.rest = 'awake'))
  }
}

/** Its node says that it sleeps, how deep, or that it could not be put to sleep; or how its wake went. */
export function noteHibernation(state: FleetState, pod: Pod, said: Pod['hibernation']): void {
  const before = pod.hibernation
  if (said === null || isSaid(before, said)) return
  const nowMs = state.ports.nowMs()
  const isWake = before !== null && said.wakeUs !== null && before.wakeUs === null
  state.changePod(pod, (changed) => {
    changed.hibernation = said
    changed.keptBytes = kept(changed, said.residentBytesAfter)
    if (said.depth === 'none') changed.noSleepBeforeMs = nowMs + SLEEP_AGAIN_MS
  })
  if (isWake && said.wakeUs !== null) state.ports.observe.podWoke(said.wakeUs)
  else state.ports.observe.podRested(pod)
}

/** Within one sleep it only becomes less: what was given away is given away. */
function kept(pod: Pod, residentBytes: number | null): number | null {
  if (pod.rest !== 'asleep' || pod.keptBytes === null) return residentBytes
  return residentBytes === null ? pod.keptBytes : Math.min(pod.keptBytes, residentBytes)
}

function isSaid(before: Pod['hibernation'], said: NonNullable<Pod['hibernation']>): boolean {
  return (
    before !== null &&
    before.depth === said.depth &&
    before.residentBytesBefore === said.residentBytesBefore &&
    before.residentBytesAfter === said.residentBytesAfter &&
    before.swappedBytes === said.swappedBytes &&
    before.problem === said.problem &&
    before.wakeUs === said.wakeUs
  )
}
