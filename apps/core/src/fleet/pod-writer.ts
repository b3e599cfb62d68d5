/** What the fleet does to a pod. Sessions are not this file's business. */
import { invariant } from '@fornax/kernel/assert'
import { START_TIMEOUT_MS } from '@fornax/node-model/pod-state'
import type { ApplicationVersion, VersionSpec } from '../applications/application.ts'
import { transition, type PodEvent } from '../pods/pod-state.ts'
import type { Pod, PodFailure } from '../pods/pod.ts'
import { NO_CHOICE } from '../scheduler/placement-choice.ts'
import type { ApplicationEntry } from './application-entry.ts'
import type { FleetState } from './fleet-state.ts'

/** How long after its own deadline a node may stay silent about a pod before it is asked again. */
export const SILENCE_MS = 15_000

/** How long a pod that is asked to end has, before its node kills it. */
export function graceOf({ version }: Pick<Pod, 'version'>): number {
  return version.spec.terminationGraceMs
}

/** Makes a pod; it takes part in the next placement. */
export function createPod(state: FleetState, entry: ApplicationEntry, version: ApplicationVersion): Pod {
  const nowMs = state.ports.nowMs()
  const { definition } = entry
  const pod: Pod = {
    id: state.ports.newPodId(),
    tenantId: definition.tenantId,
    applicationId: definition.id,
    applicationName: definition.name,
    version,
    createdAtMs: nowMs,
    phase: 'pending',
    phaseSinceMs: nowMs,
    nodeName: null,
    sessionIds: new Set(),
    readyAtMs: null,
    readyAfterMs: null,
    placedAtMs: null,
    choice: NO_CHOICE,
    runtime: null,
    failure: null,
    usage: null,
    startPhases: null,
    isSpent: false,
    rest: 'awake',
    hibernation: null,
    keptBytes: null,
    isStuck: false,
    noSleepBeforeMs: 0,
  }
  state.addPod(entry, pod)
  return pod
}

/**
 * Gives unscheduled pods of an application the nodes that have room. Returns the versions that had to stay: one that
 * fits nowhere does not stand in the way of another.
 */
export function placePods(state: FleetState, entry: ApplicationEntry): readonly VersionSpec[] {
  const homeless = new Map<number, VersionSpec>()
  let beside: string | null = null
  for (const pod of entry.unscheduled) {
    if (homeless.size === entry.pending.size) break // Who is left is of a version that has no room.
    if (homeless.has(pod.version.number)) continue
    const nodeName = state.groups.place(pod.version.spec, pod.version.id, pod.applicationId, beside)
    if (nodeName === null) {
      homeless.set(pod.version.number, pod.version.spec)
      continue
    }
    beside = nodeName
    movePod(state, pod, { kind: 'placed' }, (placed) => {
      placed.nodeName = nodeName
      placed.placedAtMs = placed.phaseSinceMs
      placed.choice = state.groups.lastChoice
    })
    tellCreate(state, pod)
  }
  return [...homeless.values()]
}

/** Tells its node to make the pod; a repeated command does nothing there. */
export function tellCreate(state: FleetState, pod: Pod): void {
  const { nodeName, version } = pod
  invariant(nodeName !== null, 'a pod is placed before its node hears of it')
  if (!state.groups.learnVersion(nodeName, version.id))
    state.ports.tell(nodeName, { kind: 'defineVersion', version, applicationName: pod.applicationName })
  const isWaitedFor = (state.entryOf(pod.applicationId)?.queue.size ?? 0) > 0
  state.ports.tell(nodeName, { kind: 'createPod', podId: pod.id, versionId: version.id, isWaitedFor })
  expectReady(state, pod)
}

/** P7: its node fails a pod that is not ready in time; only one that stays silent about it is not waited for. */
export function expectReady(state: FleetState, pod: Pod): void {
  const { initialDelayMs, timeoutMs } = pod.version.spec.readiness
  const patienceMs = START_TIMEOUT_MS + initialDelayMs + timeoutMs + SILENCE_MS
  state.ports.deadlines.set(pod.id, state.ports.nowMs() + patienceMs)
}

/** Moves a pod through its state machine; what is impossible is reported and changes nothing. */
export function movePod(state: FleetState, pod: Pod, event: PodEvent, alsoChange?: (pod: Pod) => void): boolean {
  const result = transition(pod.phase, event)
  if (result.kind === 'rejected') state.ports.observe.rejected('pod', pod.id, result.why)
  if (result.kind !== 'moved') return false
  const nowMs = state.ports.nowMs()
  state.changePod(pod, (changed) => {
    changed.phase = result.phase
    changed.phaseSinceMs = nowMs
    restAfter(changed, event)
    alsoChange?.(changed)
  })
  return true
}

/** A pod that is ended in its sleep keeps its small booking until it is gone: it was not woken for that. */
function restAfter(pod: Pod, { kind }: PodEvent): void {
  pod.isStuck = false
  if (kind === 'slept') pod.rest = 'asleep'
  else if (kind !== 'stopRequested' && kind !== 'ended' && kind !== 'failed') pod.rest = 'awake'
}

/** Asks a pod to end. One that no node knows ends at once. */
export function stopPod(state: FleetState, pod: Pod, graceMs = graceOf(pod)): void {
  if (!movePod(state, pod, { kind: 'stopRequested' })) return
  if (pod.phase === 'terminated') state.removePod(pod)
  else tellStop(state, pod, graceMs)
}

/** Its node ends the pod by itself, perhaps because it failed; asked to when it says nothing more. */
export function podEnds(state: FleetState, pod: Pod, failure: PodFailure | null): void {
  const isMoved = movePod(state, pod, { kind: 'stopRequested' }, (ending) => (ending.failure = failure))
  if (isMoved) expectEnd(state, pod)
}

/** P7 */
export function expectEnd(state: FleetState, pod: Pod, graceMs = graceOf(pod)): void {
  state.ports.deadlines.set(pod.id, state.ports.nowMs() + graceMs + SILENCE_MS)
}

/** Tells its node to end the pod; asked again when the node says nothing. */
export function tellStop(state: FleetState, pod: Pod, graceMs = graceOf(pod)): void {
  if (pod.nodeName === null) return
  state.ports.tell(pod.nodeName, { kind: 'stopPod', podId: pod.id, graceMs })
  expectEnd(state, pod, graceMs)
}
