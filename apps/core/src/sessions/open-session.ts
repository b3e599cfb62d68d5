/**
 * Opening a session, top to bottom.
 *
 * The hot path: everything up to the first `await` is synchronous and in memory,
 * so two callers can never claim the same pod or open one key twice. The row that
 * survives a crash is written while the node is already starting the session.
 */
import { sleep, type Clock } from '@fornax/kernel/clock'
import { isSettled, pendingSession } from './session-state.ts'
import type { CloseReason, Session, SessionRequest } from './session.ts'

export type OpenSession = {
  readonly tenantId: string
  readonly application: string
  readonly request: SessionRequest
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

/** What this use-case needs from the rest of the core, and nothing more. */
export type OpenSessionPorts = {
  readonly clock: Clock
  readonly newId: () => string
  readonly fleet: {
    /** The application of that name, and how many of its sessions wait; null when there is none. */
    applicationNamed(tenantId: string, name: string): { id: string; name: string; waiting: number } | null
    session(id: string): Session | null
    sessionOfKey(applicationId: string, key: string): Session | null
    /** Joins the application's queue. The head of the queue takes a ready pod at once, and its node is told this turn. */
    enqueue(session: Session): Session
    /** The session once it is available or closed; rejects when the signal aborts. */
    whenSettled(sessionId: string, signal: AbortSignal): Promise<Session>
    requestClose(sessionId: string, reason: CloseReason): void
  }
  readonly journal: {
    /** Group commit: settles when the row is durable. */
    record(session: Session): Promise<void>
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
  caller: AbortSignal,
): Promise<OpenSessionResult> {
  const { idempotency } = command.request
  const remembered = idempotency && (await rememberedUnder(ports, command, idempotency.key))
  const booked = book(ports, command, remembered)
  if (booked.kind !== 'booked') return booked

  const { session } = booked
  const isJournaled = command.durability === 'journaled'
  const recorded = record(ports, session) // Concurrent with the node's work; the answer waits for both.
  if (isJournaled) await recorded
  else recorded.catch(() => undefined) // The client sees a lost row as a session closed with `coreFailed`.

  const answer = command.wait === 'none' ? current(ports, session) : await settled(ports, session, caller)
  // Who had to wait for a pod was recorded without one, and would be given another one after a crash.
  if (isJournaled && session.podId === null && answer.podId !== null) await record(ports, answer)
  // Nobody else knows the session of a caller who left, unless a key lets them ask again.
  if (caller.aborted && idempotency === null) ports.fleet.requestClose(session.id, 'clientGone')
  return toResult(answer)
}

type Booked = { readonly kind: 'booked'; readonly session: Session }
type Refused = Extract<OpenSessionResult, { kind: 'applicationNotFound' | 'idempotencyConflict' | 'queueFull' }>

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
      ? { kind: 'booked', session: earlier }
      : { kind: 'idempotencyConflict', idempotencyKey: idempotency.key }
  }
  if (application.waiting >= QUEUE_MAX) return { kind: 'queueFull', waiting: application.waiting }
  return { kind: 'booked', session: fleet.enqueue(newSession(ports, command, application)) }
}

function newSession(
  { clock, newId }: OpenSessionPorts,
  command: OpenSession,
  application: { readonly id: string; readonly name: string },
): Session {
  return pendingSession({
    id: newId(),
    tenantId: command.tenantId,
    applicationId: application.id,
    applicationName: application.name,
    createdAtMs: clock.nowMs(),
    request: command.request,
  })
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

async function record({ journal, fleet }: OpenSessionPorts, session: Session): Promise<void> {
  try {
    if (session.phase !== 'closed') await journal.record(session)
  } catch (cause) {
    fleet.requestClose(session.id, 'coreFailed') // An unrecorded session must not live on unseen.
    throw new Error(`session ${session.id} could not be recorded`, { cause })
  }
}

/** As it is once it is available or closed, the caller has left, or has waited long enough. */
async function settled(ports: OpenSessionPorts, session: Session, caller: AbortSignal): Promise<Session> {
  const now = current(ports, session)
  if (isSettled(now)) return now
  const enough = new AbortController()
  const signal = AbortSignal.any([caller, enough.signal])
  const timeout = sleep(ports.clock, WAIT_MAX_MS, signal).then(
    () => enough.abort(),
    () => undefined,
  )
  try {
    return await ports.fleet.whenSettled(session.id, signal)
  } catch (cause) {
    if (!signal.aborted) throw cause
    return current(ports, session)
  } finally {
    enough.abort()
    await timeout
  }
}

function current({ fleet }: OpenSessionPorts, session: Session): Session {
  return fleet.session(session.id) ?? session
}

function toResult(session: Session): OpenSessionResult {
  const isOpen = session.phase === 'available' || session.phase === 'inUse'
  if (session.availableAtMs === null && session.closeReason !== null)
    return { kind: 'notOpened', session, reason: session.closeReason }
  return { kind: isOpen || session.closeReason !== null ? 'opened' : 'underway', session }
}
