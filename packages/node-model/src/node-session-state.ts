/**
 * The life of a session on its node, as a pure function. (What the fleet knows of
 * a session is the core's: this is what is true where it runs.)
 *
 *   waiting ─podReady─► opening ─opened─► available ◄─clientsCounted─► inUse
 *      │                   │                  │                          │
 *      │                   ├────────► closing ◄──────────────────────────┤  the application is asked
 *      │                   │             │ └─deadline─► killing          │  its pod is killed
 *      │                   └──► clearing ◄───────────────────────────────┘  endpoints are taken away
 *      └────────────────────────► closed ◄─cleared / podEnded
 *
 * Rules N1..N10 live in SPEC.md; the tests name the rule they check.
 */
import { unreachable } from '@fornax/kernel/assert'
import type { Endpoint } from './application-version.ts'

export type NodeSessionPhase =
  | ('waiting' | 'opening' | 'available' | 'inUse')
  | ('closing' | 'killing' | 'clearing' | 'closed')

/**
 * Why a session ended on its node: the core asked, the application did, its pod ended, it never started, or its pod
 * could not be woken, so that another one may have the session.
 */
export type SessionEnd = 'requested' | 'exited' | 'podLost' | 'startFailed' | 'wakeFailed'

/** What the application is told when the session opens. */
export type SessionOrder = { readonly data: Uint8Array; readonly env: Readonly<Record<string, string>> }

export type NodeSession = {
  readonly sessionId: string
  readonly podId: string
  readonly grantEpoch: number
  readonly phase: NodeSessionPhase
  /** Kept until the session is open, for an application that must be told again. */
  readonly order: SessionOrder | null
  /** Host ports of its own; empty when ports belong to the pod. */
  readonly hostPorts: readonly number[]
  readonly endpoints: readonly Endpoint[]
  readonly clientCount: number
  /** Decided when it begins to close: the first reason stays. */
  readonly end: SessionEnd | null
  readonly message: string
  /** Whether the pod takes no other session once it has closed. */
  readonly killPod: boolean
  /** `waiting`, `opening`: until when it must be open. `closing`: until when it must be closed. Otherwise null. */
  readonly deadlineMs: number | null
}

export type NodeSessionEvent =
  | { readonly kind: 'podReady' }
  /** It has host ports now; noted before anything is made of them. */
  | { readonly kind: 'portsTaken'; readonly hostPorts: readonly number[] }
  | { readonly kind: 'opened'; readonly endpoints: readonly Endpoint[] }
  /** It cannot be started: the application refused, or there was no port. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Its pod sleeps, and cannot be woken: the application has not heard of the session. */
  | { readonly kind: 'podDidNotWake'; readonly message: string }
  | { readonly kind: 'clientsCounted'; readonly clients: number }
  | { readonly kind: 'closeRequested'; readonly atMs: number; readonly graceMs: number; readonly killPod: boolean }
  /** The application has put it away, asked or by itself. */
  | { readonly kind: 'appClosed'; readonly message: string }
  | { readonly kind: 'deadlinePassed'; readonly atMs: number }
  /** Its endpoints are gone. */
  | { readonly kind: 'cleared' }
  | { readonly kind: 'podEnded' }

/** What an event does in a phase: move on, do nothing, or expose a bug in the sender. */
export type NodeSessionTransition =
  | { readonly kind: 'moved'; readonly session: NodeSession }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'rejected'; readonly why: string }

/** What an application gets to put a session away that did not open in time. */
export const LATE_OPEN_GRACE_MS = 5_000

/** The phase as a core is told it: what a node does meanwhile is its own affair. */
export function toldPhase({ phase }: NodeSession): 'starting' | 'available' | 'inUse' | 'closing' | 'closed' {
  if (phase === 'waiting' || phase === 'opening') return 'starting'
  return phase === 'killing' || phase === 'clearing' ? 'closing' : phase
}

/** A session that was just asked for. */
export function waitingSession(
  birth: Pick<NodeSession, 'sessionId' | 'podId' | 'grantEpoch' | 'order' | 'deadlineMs'> & { killPod?: boolean },
): NodeSession {
  return {
    killPod: false,
    ...birth,
    phase: 'waiting',
    hostPorts: [],
    endpoints: [],
    clientCount: 0,
    end: null,
    message: '',
  }
}

/** A session that could not even begin. */
export function unstartedSession(
  birth: Pick<NodeSession, 'sessionId' | 'podId' | 'grantEpoch'>,
  message: string,
): NodeSession {
  const waiting = waitingSession({ ...birth, order: null, deadlineMs: null })
  return { ...waiting, phase: 'closed', end: 'startFailed', message }
}

/** What becomes of a session through an event. */
export function transition(session: NodeSession, event: NodeSessionEvent): NodeSessionTransition {
  if (session.phase === 'closed') return IGNORED // N1: closed is final; late facts are normal.
  switch (event.kind) {
    case 'podReady':
      return session.phase === 'waiting' ? moved(session, { phase: 'opening' }) : IGNORED
    case 'portsTaken':
      if (session.phase === 'waiting') return rejected(session, event)
      return session.hostPorts.length === 0 ? moved(session, { hostPorts: event.hostPorts }) : IGNORED
    case 'opened':
      if (session.phase === 'waiting') return rejected(session, event)
      if (session.phase !== 'opening') return IGNORED // N2
      return moved(session, { phase: 'available', endpoints: event.endpoints, order: null, deadlineMs: null })
    case 'refused':
      return refuse(session, event, 'startFailed')
    case 'podDidNotWake':
      return refuse(session, event, 'wakeFailed') // N10
    case 'clientsCounted':
      return count(session, event.clients)
    case 'closeRequested':
      return requestClose(session, event)
    case 'appClosed':
      if (session.phase === 'waiting') return rejected(session, event)
      return clear(session, session.phase === 'opening' ? 'startFailed' : 'exited', event.message)
    case 'deadlinePassed':
      return passDeadline(session, event.atMs)
    case 'cleared':
      return session.phase === 'clearing' ? close(session, 'requested') : rejected(session, event)
    case 'podEnded':
      return close(session, 'podLost')
    default:
      return unreachable(event)
  }
}

/** It never begins. */
function refuse(
  session: NodeSession,
  event: { readonly kind: string; readonly message: string },
  end: SessionEnd,
): NodeSessionTransition {
  if (session.phase === 'waiting') return close(session, end, event.message)
  if (session.phase === 'available' || session.phase === 'inUse') return rejected(session, event)
  return clear(session, end, event.message)
}

function count(session: NodeSession, clients: number): NodeSessionTransition {
  if (session.phase === 'waiting') return rejected(session, { kind: 'clientsCounted' })
  if (session.phase !== 'available' && session.phase !== 'inUse') return IGNORED
  if (session.clientCount === clients) return IGNORED
  return moved(session, { phase: clients > 0 ? 'inUse' : 'available', clientCount: clients })
}

type CloseRequested = Extract<NodeSessionEvent, { kind: 'closeRequested' }>

/** N4: nobody has to be asked about a session that the application has not heard of. */
function requestClose(session: NodeSession, event: CloseRequested): NodeSessionTransition {
  const killPod = session.killPod || event.killPod
  const byMs = event.atMs + event.graceMs
  switch (session.phase) {
    case 'waiting':
      return close({ ...session, killPod }, 'requested')
    case 'opening':
    case 'available':
    case 'inUse':
      return moved(session, { phase: 'closing', end: 'requested', killPod, deadlineMs: byMs, order: null })
    case 'closing': {
      // N5: asked again, the shorter grace and the wish to kill hold.
      const deadlineMs = Math.min(session.deadlineMs ?? byMs, byMs)
      if (deadlineMs === session.deadlineMs && killPod === session.killPod) return IGNORED
      return moved(session, { deadlineMs, killPod })
    }
    case 'killing':
    case 'clearing':
      return killPod === session.killPod ? IGNORED : moved(session, { killPod })
    case 'closed':
      return IGNORED
    default:
      return unreachable(session.phase)
  }
}

/** N6: who does not open in time is asked to close, who does not close in time loses the pod. */
function passDeadline(session: NodeSession, atMs: number): NodeSessionTransition {
  if (session.deadlineMs === null || atMs < session.deadlineMs) return IGNORED // It moved.
  const tooLate = 'it did not open in time'
  if (session.phase === 'waiting') return close(session, 'startFailed', tooLate)
  if (session.phase === 'closing') return moved(session, { phase: 'killing', killPod: true, deadlineMs: null })
  return moved(session, {
    phase: 'closing',
    end: 'startFailed',
    message: tooLate,
    deadlineMs: atMs + LATE_OPEN_GRACE_MS,
    order: null,
  })
}

/** N7: the slot is free only when no client can reach the session any more. */
function clear(session: NodeSession, end: SessionEnd, message: string): NodeSessionTransition {
  // A pod that is being killed for this session tells its end soon enough.
  if (session.phase === 'clearing' || session.phase === 'killing') return IGNORED
  return moved(session, {
    phase: 'clearing',
    end: session.end ?? end, // N3
    message: session.message === '' ? message : session.message,
    deadlineMs: null,
    order: null,
  })
}

function close(session: NodeSession, end: SessionEnd, message = ''): NodeSessionTransition {
  return moved(session, {
    phase: 'closed',
    end: session.end ?? end, // N3
    message: session.message === '' ? message : session.message,
    endpoints: [], // N8
    hostPorts: [],
    clientCount: 0,
    deadlineMs: null,
    order: null,
  })
}

const IGNORED: NodeSessionTransition = { kind: 'ignored' }

function moved(session: NodeSession, change: Partial<NodeSession>): NodeSessionTransition {
  return { kind: 'moved', session: { ...session, ...change } }
}

function rejected(session: NodeSession, event: { readonly kind: string }): NodeSessionTransition {
  return { kind: 'rejected', why: `${event.kind} while ${session.phase}` }
}
