/** What the fleet does to a session: queue, grant, and everything after a transition. */
import { isSettled, transition, type SessionEvent } from '../sessions/session-state.ts'
import type { CloseReason, PodOrigin, Session, SessionActor } from '../sessions/session.ts'
import type { Pod, PodPhase } from '../pods/pod.ts'
import { addOpen, removeOpen, type ApplicationEntry } from './application-entry.ts'
import { noteEnd } from './event-notes.ts'
import type { FleetState } from './fleet-state.ts'
import { movePod, SILENCE_MS, stopPod } from './pod-writer.ts'
import { askAgain, nextPod } from './rest-writer.ts'

/**
 * How long an application has to let go of a session that was closed before it was available, or that nobody knows.
 * Whoever takes longer loses the pod, and with it all others who are there.
 */
export const CANCEL_GRACE_MS = 5_000

/** Adds a session to the queue of its application; its head takes a pod at once, if one is free. */
export function enqueueSession(state: FleetState, entry: ApplicationEntry, session: Session): void {
  addOpen(entry, session.id)
  entry.tally.asked += 1
  const { idempotency } = session.request
  if (idempotency !== null) entry.keys.set(idempotency.key, session.id)
  const isLeftStuck = entry.queue.size === 0 && entry.stuck.size > 0
  entry.queue.add(session.id)
  state.addSession(session)
  state.markDirty(entry)
  serveQueue(state, entry, session.id)
  if (!entry.queue.has(session.id)) return // It was granted, and nobody saw it wait.
  state.putSession(session)
  if (isLeftStuck) askAgain(state, entry)
}

/**
 * S12: whoever asked first gets the next pod. Who has just asked is recorded by the caller, with its pod;
 * the rows of all others were written without one.
 */
export function serveQueue(state: FleetState, entry: ApplicationEntry, justAsked: string | null = null): void {
  if (entry.isDeleted) return
  for (const sessionId of entry.queue) {
    const pod = nextPod(state, entry)
    if (pod === null) return
    const session = state.sessions.get(sessionId)
    entry.queue.delete(sessionId)
    if (!session) continue
    const granted = grant(state, { session, pod })
    if (granted && sessionId !== justAsked) state.ports.record.session(granted)
  }
}

/** Moves a session through its state machine, and draws the consequences. False when nothing changed. */
export function applyToSession(state: FleetState, sessionId: string, event: SessionEvent): boolean {
  const session = state.sessions.get(sessionId)
  if (!session) return false
  const result = transition(session, event)
  if (result.kind === 'rejected') state.ports.observe.rejected('session', sessionId, result.why)
  if (result.kind !== 'moved') return false
  state.putSession(result.session)
  settle(state, { before: session, now: result.session, event })
  return true
}

/**
 * S14: its pod could not be woken, and the application has not heard of it. It takes its place in the queue again. False:
 * it was further along, or is to close.
 */
export function giveBack(state: FleetState, sessionId: string): boolean {
  const session = state.sessions.get(sessionId)
  const entry = session && state.entryOf(session.applicationId)
  if (!session || !entry || entry.isDeleted || session.phase !== 'starting') return false
  if (!applyToSession(state, sessionId, { kind: 'givenBack', atMs: state.ports.nowMs() })) return false
  const waiting = [...entry.queue]
  const place = waiting.findIndex((id) => (state.sessions.get(id)?.createdAtMs ?? 0) >= session.createdAtMs)
  entry.queue.clear()
  for (const id of waiting.toSpliced(place < 0 ? waiting.length : place, 0, sessionId)) entry.queue.add(id)
  state.markDirty(entry)
  const givenBack = state.sessions.get(sessionId)
  if (givenBack) state.ports.record.session(givenBack)
  return true
}

/** Asks a session to close, for a reason, now; `by` is there when somebody asked for it by name. */
export function requestClose(state: FleetState, sessionId: string, reason: CloseReason, by?: SessionActor): void {
  applyToSession(state, sessionId, { kind: 'closeRequested', reason, by, atMs: state.ports.nowMs() })
}

/** A deadline of it has come. Who waited for a pod that a quota did not allow closes for that. */
export function sessionDue(state: FleetState, sessionId: string): void {
  const atMs = state.ports.nowMs()
  const session = state.sessions.get(sessionId)
  const isOver = session?.phase === 'pending' && (session.deadline?.atMs ?? Infinity) <= atMs
  const isShort = session !== undefined && (state.entryOf(session.applicationId)?.quotaSinceMs ?? null) !== null
  if (isOver && isShort) requestClose(state, sessionId, 'quotaExceeded')
  else applyToSession(state, sessionId, { kind: 'deadlinePassed', atMs })
}

/** Its application was deleted before the core ended, and its node will stop its pod. */
export function endOrphan(state: FleetState, sessionId: string): void {
  requestClose(state, sessionId, 'applicationDeleted')
  const atMs = state.ports.nowMs()
  if (state.sessions.get(sessionId)?.phase === 'closing')
    applyToSession(state, sessionId, { kind: 'ended', reason: 'podLost', message: null, atMs })
}

/** The node has let go of a session: its slot is free for another one (S11). */
export function releaseSlot(state: FleetState, pod: Pod, sessionId: string): void {
  if (!pod.sessionIds.has(sessionId)) return
  const entry = state.entryOf(pod.applicationId)
  state.ports.deadlines.clear(slotKey(pod.id, sessionId))
  const leave = (changed: Pod): void => void changed.sessionIds.delete(sessionId)
  const isLast = pod.sessionIds.size === 1
  if (!isLast || !movePod(state, pod, { kind: 'released' }, leave)) state.changePod(pod, leave)
  if (entry === null) return
  const isUnwanted = entry.isDeleted || pod.isSpent || isDraining(state, pod)
  if (isUnwanted && pod.sessionIds.size === 0) stopPod(state, pod)
  else serveQueue(state, entry)
}

/** Tells the node again what it must know of a session that it should be serving. */
export function tellStart(state: FleetState, session: Session): void {
  const { nodeName, podId, grantEpoch, request } = session
  if (nodeName === null || podId === null || grantEpoch === null) return
  state.ports.tell(nodeName, {
    kind: 'startSession',
    sessionId: session.id,
    podId,
    grantEpoch,
    openDeadlineMs: session.createdAtMs + request.openTimeoutMs,
    data: request.data,
    env: request.env,
    killPod: request.killPodOnClose,
    dozeAfterMs: dozeAfterMs(state, session, podId),
  })
}

/** A pod without a port would never be woken again. */
function dozeAfterMs(state: FleetState, { applicationId }: Session, podId: string): number {
  const policy = state.entryOf(applicationId)?.definition.scalingPolicy
  const hasPorts = (state.pods.get(podId)?.version.spec.ports.length ?? 0) > 0
  return policy?.wakeOnTraffic && hasPorts ? Math.max(1, policy.hibernateAfterMs ?? 0) : 0
}

/** S13: no other session comes to this pod; it ends with the last of those that it has. */
export function spend(state: FleetState, pod: Pod): void {
  if (pod.isSpent) return
  state.changePod(pod, (changed) => (changed.isSpent = true))
}

/** Tells the node to end a session. */
export function tellClose(state: FleetState, session: Session, graceMs: number): void {
  if (session.nodeName === null) return
  const { killPodOnClose } = session.request
  const pod = session.podId === null ? undefined : state.pods.get(session.podId)
  if (killPodOnClose && pod) spend(state, pod)
  state.ports.tell(session.nodeName, { kind: 'closeSession', sessionId: session.id, graceMs, killPod: killPodOnClose })
}

function isDraining(state: FleetState, pod: Pod): boolean {
  return pod.nodeName !== null && (state.nodes.get(pod.nodeName)?.registered.drainDeadlineMs ?? null) !== null
}

function grant(state: FleetState, match: { session: Session; pod: Pod }): Session | null {
  const { session, pod } = match
  const atMs = state.ports.nowMs()
  const wasReady = pod.readyAtMs !== null && pod.readyAtMs <= session.createdAtMs
  const grantEpoch = state.nextGrantEpoch()
  const origin = wasReady ? WARM_ORIGINS[pod.phase] : madeFor(pod)
  const take = (changed: Pod): void => void changed.sessionIds.add(session.id)
  if (!movePod(state, pod, { kind: 'claimed' }, take)) state.changePod(pod, take)
  applyToSession(state, session.id, {
    kind: 'claimed',
    atMs,
    origin,
    grant: {
      podId: pod.id,
      nodeName: pod.nodeName,
      versionNumber: pod.version.number,
      grantEpoch,
      start: wasReady ? 'warm' : 'cold',
    },
  })
  const granted = state.sessions.get(session.id) ?? null
  if (granted) tellStart(state, granted)
  return granted
}

/** Where a pod that was ready came from, by its phase. The same objects for all: most sessions start like this. */
const WARM_ORIGINS: Readonly<Record<PodPhase, PodOrigin>> = {
  pending: { kind: 'hot' },
  creating: { kind: 'hot' },
  standby: { kind: 'hot' },
  hibernated: { kind: 'hibernated' },
  active: { kind: 'shared' },
  terminating: { kind: 'hot' },
  terminated: { kind: 'hot' },
  failed: { kind: 'hot' },
}

function madeFor({ choice, placedAtMs, createdAtMs }: Pod): PodOrigin {
  return { kind: 'made', choice, waitedForRoomMs: placedAtMs === null ? 0 : placedAtMs - createdAtMs }
}

type Step = { readonly before: Session; readonly now: Session; readonly event: SessionEvent }

/** What follows from a transition. */
function settle(state: FleetState, step: Step): void {
  const { before, now } = step
  if (!isSettled(before) && now.phase === 'available') becameAvailable(state, now)
  if (before.phase !== 'closing' && now.phase === 'closing') {
    tellClose(state, now, now.request.closeGraceMs)
    state.ports.record.session(now)
  }
  if (now.phase === 'closed') becameClosed(state, step)
}

function becameAvailable(state: FleetState, session: Session): void {
  if (session.timeline.some(({ step }) => step === 'recovered')) return // It may have been available long before.
  const opened = state.opened.get(session.tenantId) ?? { warm: 0, cold: 0 }
  state.opened.set(session.tenantId, opened)
  const start = session.start ?? 'cold'
  opened[start] += 1
  const entry = state.entryOf(session.applicationId)
  if (entry) entry.tally[start] += 1
  state.ports.record.session(session) // So that a core that starts anew says no less than its clients know.
  state.ports.observe.sessionAvailable(session, state.pods.get(session.podId ?? '') ?? null)
}

function becameClosed(state: FleetState, step: Step): void {
  const { now } = step
  const entry = state.entryOf(now.applicationId)
  if (entry) {
    entry.queue.delete(now.id)
    removeOpen(entry, now.id)
    entry.tally.ended += 1
    state.markDirty(entry)
  }
  if (now.nodeName !== null) state.nodes.get(now.nodeName)?.expectedSessions.delete(now.id)
  state.closedSessions.add(now.id)
  keepClosed(state, now.id)
  state.ports.record.session(now)
  state.ports.observe.sessionClosed(now)
  noteEnd(state, step.before, now)
  holdOrKill(state, step)
  forgetOldest(state)
}

function keepClosed(state: FleetState, sessionId: string): void {
  state.ports.deadlines.set(`keep:${sessionId}`, state.ports.nowMs() + state.limits.retentionMs)
}

/** A row that could not be written is tried again first: history would say for ever that the session is open. */
export function retentionEnded(state: FleetState, sessionId: string): void {
  const session = state.sessions.get(sessionId)
  if (session?.phase !== 'closed' || state.recordedSessions.has(sessionId)) return forgetSession(state, sessionId)
  keepClosed(state, sessionId)
  state.ports.record.session(session)
}

/** S11: the slot stays taken until the node has let go. Whoever outlived its grace loses the pod. */
function holdOrKill(state: FleetState, { before, now, event }: Step): void {
  const pod = now.podId === null ? undefined : state.pods.get(now.podId)
  if (!pod?.sessionIds.has(now.id) || event.kind === 'ended') return // It has ended there: nothing is to be told.
  const isOverdue = before.phase === 'closing'
  if (isOverdue && pod.sessionIds.size === 1) return stopPod(state, pod, 0)
  const graceMs = isOverdue ? 0 : CANCEL_GRACE_MS
  tellClose(state, now, graceMs)
  awaitSlot(state, { pod, sessionId: now.id }, graceMs)
}

type Slot = { readonly pod: Pod; readonly sessionId: string }

/** S11: somebody who should be gone holds a slot. Its node should let go of it. */
export function awaitSlot(state: FleetState, { pod, sessionId }: Slot, graceMs: number): void {
  state.ports.deadlines.set(slotKey(pod.id, sessionId), state.ports.nowMs() + graceMs + SILENCE_MS)
}

/** S11: its node has said nothing. It is asked again; a pod that serves no other goes. */
export function slotOverdue(state: FleetState, podId: string, sessionId: string): void {
  const pod = state.pods.get(podId)
  if (!pod?.sessionIds.has(sessionId)) return
  if (pod.sessionIds.size === 1 || pod.nodeName === null) return stopPod(state, pod, 0)
  state.ports.tell(pod.nodeName, { kind: 'closeSession', sessionId, graceMs: CANCEL_GRACE_MS, killPod: false })
  awaitSlot(state, { pod, sessionId }, CANCEL_GRACE_MS)
}

function slotKey(podId: string, sessionId: string): string {
  return `slot:${podId}/${sessionId}`
}

/** How many times as many closed sessions as usual are kept while their rows cannot be written. */
const UNWRITTEN_FACTOR = 4
/** How many that cannot go yet are passed over at a time. */
const PASSED_OVER_MAX = 8

/** Closed sessions are bounded in number as well as in time; who is not written down yet goes after the others. */
export function forgetOldest(state: FleetState): void {
  const { closedSessions, recordedSessions } = state
  const { closedSessionsMax } = state.limits
  let passedOver = 0
  for (const id of closedSessions) {
    if (closedSessions.size <= closedSessionsMax || passedOver > PASSED_OVER_MAX) return
    const isTooMany = closedSessions.size > UNWRITTEN_FACTOR * closedSessionsMax
    const isRecorded = recordedSessions.has(id)
    if (isTooMany && !isRecorded)
      state.ports.observe.rejected('session', id, 'it leaves memory, and is not written down')
    if (isRecorded || isTooMany) forgetSession(state, id)
    if (state.sessions.has(id)) {
      passedOver += 1
      closedSessions.delete(id) // It comes after those that closed later.
      closedSessions.add(id)
    }
  }
}

/** Lets a closed session leave memory, unless it holds a slot (S11); it stays in the database as history. */
export function forgetSession(state: FleetState, sessionId: string): void {
  const session = state.sessions.get(sessionId)
  if (!session || session.phase !== 'closed') return
  const pod = session.podId === null ? undefined : state.pods.get(session.podId)
  if (pod?.sessionIds.has(sessionId)) return keepClosed(state, sessionId)
  state.closedSessions.delete(sessionId)
  state.recordedSessions.delete(sessionId)
  state.forgettable.delete(sessionId)
  state.ports.deadlines.clear(`keep:${sessionId}`)
  const key = session.request.idempotency?.key
  const entry = state.entryOf(session.applicationId)
  if (key !== undefined && entry?.keys.get(key) === sessionId) entry.keys.delete(key)
  state.removeSession(session)
}
