/**
 * The life of a session, as a pure function.
 *
 *   pending ─claimed─► starting ─ready─► available ◄─clients 0─ / ─clients 1…─► inUse
 *      │                  │                   │                                  │
 *      │                  │                   └────────► closing ◄───────────────┘
 *      │                  │                                 │
 *      └──────────────────┴──────────► closed ◄─────────────┘
 *
 * A session whose pod could not be woken is `pending` again (S14).
 *
 * Rules S1..S14 live in SPEC.md; the tests name the rule they check.
 * Nothing here awaits, reads a clock or touches another room.
 */
import { unreachable } from '@fornax/kernel/assert'
import type {
  CloseReason,
  Deadline,
  Endpoint,
  PodOrigin,
  Session,
  SessionActor,
  SessionRequest,
  SessionStep,
  TimelineEntry,
} from './session.ts'

/** What happened, and when by the core's clock. */
export type SessionEvent = { readonly atMs: number } & (
  | { readonly kind: 'claimed'; readonly grant: Grant; readonly origin?: PodOrigin }
  | { readonly kind: 'commandSent' }
  | { readonly kind: 'started' }
  | { readonly kind: 'ready'; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'clientsCounted'; readonly count: number }
  /** Its pod could not be woken. */
  | { readonly kind: 'givenBack' }
  | { readonly kind: 'closeRequested'; readonly reason: CloseReason; readonly by?: SessionActor | undefined }
  | { readonly kind: 'deadlinePassed' }
  | { readonly kind: 'ended'; readonly reason: EndReason; readonly message: string | null }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'heard' }
)

/** Why a session can end without this core having asked it to; `requested`: a core before this one had. */
export type EndReason = 'requested' | 'exited' | 'startFailed' | 'podLost' | 'nodeLost'

/** Which pod a session gets, and under which number, so that traffic never reaches a later session. */
export type Grant = Pick<Session, 'podId' | 'nodeName' | 'versionNumber' | 'grantEpoch' | 'start'> & {
  readonly podId: string
}

/** What an event does in a phase: move on, do nothing, or expose a bug in the sender. */
export type Transition =
  | { readonly kind: 'moved'; readonly session: Session }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'rejected'; readonly why: string }

/** How a session comes into the world. */
export type SessionBirth = Pick<Session, 'id' | 'tenantId' | 'applicationId' | 'applicationName' | 'createdAtMs'> & {
  readonly request: SessionRequest
}

/** What a timeline holds at most; comings and goings of clients beyond it are not written down. */
const TIMELINE_ENTRIES = 32

/** A session nobody serves yet, and who asked for it. Its open deadline starts here (S5). */
export function pendingSession(birth: SessionBirth, by?: SessionActor): Session {
  return {
    ...birth,
    phase: 'pending',
    podId: null,
    nodeName: null,
    versionNumber: null,
    grantEpoch: null,
    start: null,
    endpoints: [],
    clientCount: 0,
    deadline: openDeadline(birth),
    closeReason: null,
    closeMessage: null,
    availableAtMs: null,
    closedAtMs: null,
    timeline: [at('asked', birth.createdAtMs, by)],
  }
}

/** The session after the event. Total: every phase has an answer to every event. */
export function transition(session: Session, event: SessionEvent): Transition {
  if (session.phase === 'closed') return IGNORED // S1: closed is final, late reports are normal.
  switch (event.kind) {
    case 'claimed':
      if (session.phase !== 'pending') return rejected(session, event)
      return moved(session, { ...event.grant, phase: 'starting' }, podTaken(event.atMs, event.origin)) // S5: same deadline.
    case 'commandSent':
    case 'started':
      return onTheWay(session, event)
    case 'ready':
      return ready(session, event.endpoints, event.atMs)
    case 'clientsCounted':
      return clientsCounted(session, event.count, event.atMs)
    case 'givenBack':
      return giveBack(session, event.atMs)
    case 'closeRequested':
      if (session.phase === 'closing') return IGNORED // S4: the first reason wins.
      return leave(session, event.reason, event.atMs, event.by)
    case 'deadlinePassed':
      if (session.deadline === null || event.atMs < session.deadline.atMs) return IGNORED // S7: it moved.
      return leave(session, session.deadline.reason, event.atMs)
    case 'ended':
      if (session.podId === null) return rejected(session, event)
      return ended(session, event.reason, at('closed', event.atMs), event.message)
    case 'recovered':
      return recovered(session, event.atMs)
    case 'heard':
      return heard(session, event.atMs)
    default:
      return unreachable(event)
  }
}

/** Whether its client has its answer: the session is of use, or never will be. */
export function isSettled(session: Session): boolean {
  return session.phase !== 'pending' && session.phase !== 'starting'
}

const IGNORED: Transition = { kind: 'ignored' }

/** S14: nobody has heard of it, so it can be somebody else's. Its deadline stays. */
function giveBack(session: Session, atMs: number): Transition {
  if (session.phase !== 'starting') return IGNORED
  const nobody = { podId: null, nodeName: null, versionNumber: null, grantEpoch: null, start: null }
  return moved(session, { ...nobody, phase: 'pending', deadline: openDeadline(session) }, at('givenBack', atMs))
}

/** S9: steps on the way are written once for each pod, and change nothing else. */
function onTheWay(session: Session, event: SessionEvent & { kind: 'commandSent' | 'started' }): Transition {
  if (session.phase !== 'starting') return IGNORED
  const lastOfBoth = session.timeline.findLast(({ step }) => step === event.kind || step === 'podTaken')
  const isWritten = lastOfBoth?.step === event.kind
  return isWritten ? IGNORED : moved(session, {}, at(event.kind, event.atMs))
}

function openDeadline({ createdAtMs, request }: Pick<Session, 'createdAtMs' | 'request'>): Deadline {
  return { atMs: createdAtMs + request.openTimeoutMs, reason: 'openTimedOut' }
}

function ready(session: Session, endpoints: readonly Endpoint[], atMs: number): Transition {
  if (session.phase === 'pending') return { kind: 'rejected', why: 'ready while pending' }
  if (session.phase !== 'starting') return IGNORED // S3: agents repeat reports after a reconnect.
  const availableAtMs = session.availableAtMs ?? atMs
  return moved(session, { ...available(session, atMs), endpoints, availableAtMs }, at('available', atMs))
}

function clientsCounted(session: Session, count: number, atMs: number): Transition {
  if (session.phase === 'pending' || session.phase === 'starting')
    return { kind: 'rejected', why: `clients while ${session.phase}` }
  if (session.clientCount === count) return IGNORED
  if (session.phase === 'closing') return moved(session, { clientCount: count }, null)
  const isUsed = count > 0
  if (isUsed === (session.phase === 'inUse')) return moved(session, { clientCount: count }, null)
  return isUsed
    ? moved(session, { phase: 'inUse', clientCount: count, deadline: lifetimeDeadline(session) }, at('attached', atMs))
    : moved(session, { ...available(session, atMs), clientCount: count }, at('idle', atMs))
}

/** S6: only who was available gets a grace; before that there is nobody to be graceful to. */
function leave(session: Session, reason: CloseReason, atMs: number, by?: SessionActor): Transition {
  if (session.phase !== 'available' && session.phase !== 'inUse')
    return ended(session, reason, at('closed', atMs, by), null)
  const deadline: Deadline = { atMs: atMs + session.request.closeGraceMs, reason }
  return moved(session, { phase: 'closing', closeReason: reason, deadline }, at('closing', atMs, by))
}

function ended(session: Session, reason: CloseReason, entry: TimelineEntry, message: string | null): Transition {
  const change: Partial<Session> = {
    phase: 'closed',
    closeReason: session.closeReason ?? reason, // S4
    closeMessage: session.closeMessage ?? message,
    closedAtMs: entry.atMs,
    deadline: null,
    endpoints: [],
    clientCount: 0,
    request: { ...session.request, data: NOTHING, env: {} }, // S8
  }
  return moved(session, change, entry)
}

const NOTHING = new Uint8Array(0)

/** S10: what a node serves is not the core's to time out before that node has spoken. */
function recovered(session: Session, atMs: number): Transition {
  if (session.podId === null) return IGNORED
  return moved(session, { deadline: session.phase === 'closing' ? session.deadline : null }, at('recovered', atMs))
}

/** S10: its node has said what it knows; from now on the session ends as if the core had never restarted. */
function heard(session: Session, atMs: number): Transition {
  const deadline = session.deadline === null ? deadlineOf(session, atMs) : null
  return deadline === null ? IGNORED : moved(session, { deadline }, null)
}

function deadlineOf(session: Session, atMs: number): Deadline | null {
  if (session.phase === 'starting') return openDeadline(session)
  if (session.phase === 'available') return available(session, atMs).deadline
  return session.phase === 'inUse' ? lifetimeDeadline(session) : null
}

function available(session: Session, atMs: number): Pick<Session, 'phase' | 'deadline'> {
  const { idleTimeoutMs } = session.request
  const lifetime = lifetimeDeadline(session)
  const idle: Deadline | null = idleTimeoutMs === null ? null : { atMs: atMs + idleTimeoutMs, reason: 'idleTimeout' }
  const isLifetimeFirst = idle !== null && lifetime !== null && lifetime.atMs <= idle.atMs
  return { phase: 'available', deadline: isLifetimeFirst ? lifetime : (idle ?? lifetime) } // S7
}

function lifetimeDeadline({ createdAtMs, request: { maxLifetimeMs } }: Session): Deadline | null {
  return maxLifetimeMs === null ? null : { atMs: createdAtMs + maxLifetimeMs, reason: 'lifetimeReached' }
}

function moved(session: Session, change: Partial<Session>, entry: TimelineEntry | null): Transition {
  return { kind: 'moved', session: { ...session, ...change, timeline: written(session.timeline, entry) } }
}

function written(timeline: readonly TimelineEntry[], entry: TimelineEntry | null): readonly TimelineEntry[] {
  if (entry === null) return timeline
  const isLoud = entry.step === 'closing' || entry.step === 'closed'
  return isLoud || timeline.length < TIMELINE_ENTRIES ? [...timeline, entry] : timeline
}

function at(name: SessionStep, atMs: number, by?: SessionActor): TimelineEntry {
  return by === undefined ? { step: name, atMs } : { step: name, atMs, by }
}

function podTaken(atMs: number, pod: PodOrigin | undefined): TimelineEntry {
  return pod === undefined ? at('podTaken', atMs) : { step: 'podTaken', atMs, pod }
}

function rejected(session: Session, event: SessionEvent): Transition {
  return { kind: 'rejected', why: `${event.kind} while ${session.phase}` }
}
