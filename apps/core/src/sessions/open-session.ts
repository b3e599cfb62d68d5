/**
 * Opening a session, top to bottom.
 *
 * The hot path: everything up to the first `await` is synchronous and in memory,
 * so two callers can never claim the same pod or open one key twice. What is answered
 * has a row that survives a crash; a warm start needs no other.
 */
import type { Caller } from '@fornax/kernel/caller'
import type { Cancel, Clock } from '@fornax/kernel/clock'
import { isSettled, pendingSession } from './session-state.ts'
import type { CloseReason, Session, SessionActor, SessionRequest } from './session.ts'

export type OpenSession = {
  readonly tenantId: string
  readonly application: string
  readonly request: SessionRequest
  readonly by: SessionActor
  readonly wait: 'none' | 'ready'
  readonly durability: 'journaled' | 'memory'
}

/** Expected outcomes are values; only a broken core throws. */
export type OpenSessionResult =
  | { readonly kind: 'opened'; readonly session: Session }
  | { readonly kind: 'underway'; readonly session: Session }
  | { readonly kind: 'notOpened'; readonly session: Session; readonly reason: CloseReason }
  | { readonly kind: 'applicationNotFound'; readonly application: string }
  | { readonly kind: 'idempotencyConflict'; readonly idempotencyKey: string }
  | { readonly kind: 'queueFull'; readonly waiting: number }
  | OpenRefusal

/** Why a tenant may not ask for a session now. `retryAfterMs` is null when somebody must let go of one first. */
export type OpenRefusal =
  | { readonly kind: 'tenantSuspended' }
  | {
      readonly kind: 'quotaExceeded'
      readonly quota: 'sessions' | 'opensPerSecond'
      readonly limit: number
      readonly retryAfterMs: number | null
    }

/** What this use-case needs from the rest of the core, and nothing more. */
export type OpenSessionPorts = {
  readonly clock: Clock
  readonly newId: () => string
  readonly fleet: {
    /** The application of that name, and how many of its sessions wait; null when there is none. */
    applicationNamed(tenantId: string, name: string): { id: string; name: string; waiting: number } | null
    session(id: string): Session | null
    sessionOfKey(applicationId: string, key: string): Session | null
    /** Why the tenant may not ask for another session now; null when it may, and then this try is counted. */
    refusesOpen(tenantId: string): OpenRefusal | null
    /** Joins the application's queue. The head of the queue takes a ready pod at once, and its node is told this turn. */
    enqueue(session: Session): Session
    /** Calls back at every change of the session that leaves it available or closed. */
    onSettled(sessionId: string, act: () => void): Cancel
    requestClose(sessionId: string, reason: CloseReason): void
  }
  readonly journal: {
    /** Group commit: settles when the row is durable. */
    record(session: Session): Promise<void>
    /** The row of a session that nobody was told of yet is written in a while, unless it has been by then. */
    recordLater(session: Session): void
    /** The session that a key opened not long ago, if it has left memory since. */
    sessionOfKey(applicationId: string, key: string): Promise<Session | null>
  }
}

/** How many sessions of one application may wait for a pod. */
export const QUEUE_MAX = 10_000
const WAIT_MAX_MS = 60_000

export async function openSession(
  ports: OpenSessionPorts,
  command: OpenSession,
  caller: Caller,
): Promise<OpenSessionResult> {
  const { idempotency } = command.request
  const remembered = idempotency && (await rememberedUnder(ports, command, idempotency.key))
  const booked = book(ports, command, remembered)
  if (booked.kind !== 'booked') return booked

  const { session, isNew } = booked
  const ready = command.wait === 'none' ? session : await settled(ports, session, caller)
  const durable = recorded(ports, ready, isNew)
  durable.catch(() => undefined) // With `memory`, the client sees a lost row as a session closed with `coreFailed`.
  const answer = command.durability === 'journaled' ? await durable : current(ports, ready)
  // Nobody else knows the session of a caller who left, unless a key lets them ask again.
  if (caller.hasLeft && idempotency === null) ports.fleet.requestClose(session.id, 'clientGone')
  return toResult(answer)
}

type Booked = { readonly kind: 'booked'; readonly session: Session; readonly isNew: boolean }
type Refused = Exclude<OpenSessionResult, { readonly session: Session }>

/** Judges and books in one turn: the session of the key, or a new one in the queue. */
function book(ports: OpenSessionPorts, command: OpenSession, remembered: Session | null): Booked | Refused {
  const { fleet } = ports
  const { idempotency } = command.request
  const application = fleet.applicationNamed(command.tenantId, command.application)
  if (application === null) return { kind: 'applicationNotFound', application: command.application }
  const past = remembered?.applicationId === application.id ? remembered : null // The name may be another's by now.
  const earlier = idempotency && (fleet.sessionOfKey(application.id, idempotency.key) ?? past)
  if (earlier) {
    const isSame = earlier.request.idempotency?.fingerprint === idempotency.fingerprint
    return isSame
      ? { kind: 'booked', session: earlier, isNew: false }
      : { kind: 'idempotencyConflict', idempotencyKey: idempotency.key }
  }
  if (application.waiting >= QUEUE_MAX) return { kind: 'queueFull', waiting: application.waiting }
  const refusal = fleet.refusesOpen(command.tenantId)
  if (refusal !== null) return refusal
  return { kind: 'booked', session: fleet.enqueue(newSession(ports, command, application)), isNew: true }
}

function newSession(
  { clock, newId }: OpenSessionPorts,
  command: OpenSession,
  application: { readonly id: string; readonly name: string },
): Session {
  const birth = {
    id: newId(),
    tenantId: command.tenantId,
    applicationId: application.id,
    applicationName: application.name,
    createdAtMs: clock.nowMs(),
    request: command.request,
  }
  return pendingSession(birth, command.by)
}

/**
 * I9: keys outlive their sessions' stay in memory. Only a key that memory does not know costs a read; whoever was
 * here first meanwhile is found in memory afterwards, in the same turn as the booking.
 */
async function rememberedUnder(ports: OpenSessionPorts, command: OpenSession, key: string): Promise<Session | null> {
  const application = ports.fleet.applicationNamed(command.tenantId, command.application)
  if (application === null || ports.fleet.sessionOfKey(application.id, key) !== null) return null
  return ports.journal.sessionOfKey(application.id, key)
}

/**
 * The session as it is once its row may be relied on. What was written is outdated when it had no pod yet, and would
 * be given another one after a crash, or when it ended meanwhile or was about to, and would go on then, for nobody.
 */
async function recorded(ports: OpenSessionPorts, session: Session, isNew: boolean): Promise<Session> {
  await record(ports, session, isNew)
  const now = current(ports, session)
  const isEnding = now.phase === 'closing' || now.phase === 'closed'
  const isOutdated = isEnding || (session.podId === null && now.podId !== null)
  return isOutdated && now !== session ? recorded(ports, now, isNew) : now
}

/** Also of a session that is closed: it may be closed because its row could not be written when it was asked for first. */
async function record({ journal, fleet }: OpenSessionPorts, session: Session, isOnlyHis: boolean): Promise<void> {
  try {
    await journal.record(session)
  } catch (cause) {
    // An unrecorded session must not live on unseen; one that somebody else was answered must live on.
    if (isOnlyHis) fleet.requestClose(session.id, 'coreFailed')
    throw new Error(`session ${session.id} could not be recorded`, { cause })
  }
}

/** As it is once it is available or closed, the caller has left, or has waited long enough. */
function settled(ports: OpenSessionPorts, session: Session, caller: Caller): Promise<Session> {
  const { clock, fleet } = ports
  return new Promise((resolve) => {
    const now = fleet.session(session.id)
    if (now === null || isSettled(now) || caller.hasLeft) return resolve(now ?? session)
    ports.journal.recordLater(now)
    const answer = (): void => {
      stop()
      tired()
      gone()
      resolve(current(ports, session))
    }
    const stop = fleet.onSettled(session.id, answer)
    // Hardly anybody needs a timer: a session whose deadline comes sooner is available or closed by then.
    const mayTakeLong = now.deadline === null || now.deadline.atMs > clock.nowMs() + WAIT_MAX_MS
    const tired = mayTakeLong ? clock.schedule(WAIT_MAX_MS, answer) : NOTHING
    const gone = caller.onLeave(answer)
  })
}

const NOTHING: Cancel = () => undefined

function current({ fleet }: OpenSessionPorts, session: Session): Session {
  return fleet.session(session.id) ?? session
}

function toResult(session: Session): OpenSessionResult {
  const isOpen = session.phase === 'available' || session.phase === 'inUse'
  if (session.availableAtMs === null && session.closeReason !== null)
    return { kind: 'notOpened', session, reason: session.closeReason }
  return { kind: isOpen || session.closeReason !== null ? 'opened' : 'underway', session }
}
