/** What the fleet notes of what happens to it, in words for people. */
import type { Application } from '../applications/application.ts'
import type { Pod, PodFailure } from '../pods/pod.ts'
import { isSettled } from '../sessions/session-state.ts'
import type { CloseReason, Session } from '../sessions/session.ts'
import type { ApplicationEntry } from './application-entry.ts'
import type { EventSeverity, FleetEventKind, Occurrence } from './fleet-event.ts'
import type { FleetState, NodeEntry } from './fleet-state.ts'

type Said = { readonly kind: FleetEventKind; readonly severity?: EventSeverity; readonly message: string }

/** Something happened to a node. Nodes are the platform's. */
export function noteNode(state: FleetState, node: NodeEntry, { kind, severity = 'info', message }: Said): void {
  const nodeName = node.registered.name
  state.events.note({ kind, severity, message, nodeName }, state.ports.nowMs())
}

/** Something happened to an application. */
export function noteApplication(state: FleetState, definition: Application, said: Said): void {
  const { id, tenantId, name, version } = definition
  const { kind, severity = 'info', message } = said
  const subject = { tenantId, applicationId: id, applicationName: name, versionNumber: version.number }
  state.events.note({ ...subject, kind, severity, message }, state.ports.nowMs())
}

/** Pods of an application have nowhere to go. Why is worked out when that is not told already. */
export function noteShort(state: FleetState, entry: ApplicationEntry, why: () => string): void {
  const atMs = state.ports.nowMs()
  const { id, tenantId, name } = entry.definition
  const what = { kind: 'applicationShort', tenantId, applicationId: id, applicationName: name } as const
  const message = state.events.isCounting(what, atMs) ? null : why()
  if (message !== null) state.events.note({ ...what, severity: 'warning', message }, atMs)
}

/** A pod ended, and should not have. With a lost node, the node is what is told of. */
export function notePodFailure(state: FleetState, pod: Pod, failure: PodFailure): void {
  if (failure.kind === 'nodeLost') return
  state.events.note(
    {
      kind: 'podFailed',
      severity: 'error',
      message: failure.message,
      sameness: failure.kind,
      lastLogLines: failure.lastLogLines,
      ...ofPod(pod),
    },
    state.ports.nowMs(),
  )
}

/** What a definition says that the one before did not. */
export function noteRedefinition(state: FleetState, before: Application, now: Application): void {
  if (before.version.id !== now.version.id) {
    const message = `version ${now.version.number} is published: ${now.version.spec.image}`
    noteApplication(state, now, { kind: 'versionPublished', message })
  }
  const was = JSON.stringify(before.scalingPolicy)
  if (was === JSON.stringify(now.scalingPolicy)) return
  const { minPods, maxPods, target } = now.scalingPolicy
  const percent = target.kind === 'idlePercent' ? ' %' : ''
  const message = `${minPods} to ${maxPods} pods, ${target.low} to ${target.high}${percent} of them idle`
  noteApplication(state, now, { kind: 'scalingPolicyChanged', message })
}

/** A session is closed; told of when nobody wanted that. */
export function noteEnd(state: FleetState, before: Session, now: Session): void {
  const reason = now.closeReason ?? 'requested'
  const kind = isSettled(before) ? 'sessionLost' : 'sessionNotOpened'
  const why = kind === 'sessionLost' ? LOST[reason] : NOT_OPENED[reason]
  if (why === undefined) return
  const { tenantId, applicationId, applicationName, versionNumber, nodeName, podId } = now
  const subject: Partial<Occurrence> = { tenantId, applicationId, applicationName, versionNumber, nodeName, podId }
  const message = now.closeMessage === null ? why : `${why}: ${now.closeMessage}`
  const severity = reason === 'drained' ? 'info' : 'warning'
  const occurrence = { ...subject, kind, severity, message, sessionId: now.id, sameness: reason } as const
  state.events.note(occurrence, state.ports.nowMs())
}

function ofPod(pod: Pod): Partial<Occurrence> {
  const { tenantId, applicationId, applicationName, version, nodeName, id } = pod
  return { tenantId, applicationId, applicationName, versionNumber: version.number, nodeName, podId: id }
}

type Reasons = Readonly<Partial<Record<CloseReason, string>>>

/** Of those that were open. */
const LOST: Reasons = {
  podLost: 'its pod ended',
  nodeLost: 'its node was lost',
  drained: 'its node was drained',
  coreFailed: 'the core failed',
  quotaExceeded: 'the tenant had no room for it',
}

/** Of those that never were. */
const NOT_OPENED: Reasons = {
  ...LOST,
  openTimedOut: 'no pod served it in time',
  startFailed: 'the application refused it, or could not start it',
  exited: 'the application closed it before it was available',
}
