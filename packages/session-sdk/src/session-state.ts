/**
 * The life of one session inside an application, as a pure function.
 *
 *   (unknown) ─openAsked─► opening ─opened─► open ─closeAsked / closeWanted─► closing ─closeDone─► closed
 *                             │                                                  ▲                    ▲
 *                             ├─closeAsked / closeWanted, then opened ───────────┘                    │
 *                             └─openFailed (refused, unless somebody wanted it closed) ───────────────┘
 *
 * The agent may repeat whatever it asked after a reconnect: a repetition never
 * runs the application's code again, it only says again what is true.
 */
import { unreachable } from '@fornax/kernel/assert'

/** Where a session is in its life. */
export type SessionPhase = 'opening' | 'open' | 'closing' | 'closed'

/** A close that somebody wanted: the agent, with its grace, or the application itself, with a message. */
export type CloseWish = { readonly graceMs: number; readonly message: string }

/** What is known of one session. */
export type SessionState =
  | { readonly phase: 'opening'; readonly clients: number; readonly wish: CloseWish | null }
  | { readonly phase: 'open'; readonly clients: number }
  | { readonly phase: 'closing'; readonly clients: number; readonly message: string }
  | { readonly phase: 'closed'; readonly isRefused: boolean; readonly message: string }

/** A fact about a session, from the agent or from the application. */
export type SessionEvent =
  | { readonly kind: 'openAsked' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'openFailed'; readonly message: string }
  | { readonly kind: 'closeAsked'; readonly graceMs: number }
  | { readonly kind: 'closeWanted'; readonly message: string }
  | { readonly kind: 'closeDone'; readonly problem: string }
  | { readonly kind: 'clientsCounted'; readonly clients: number }

/** What the agent is told. */
export type Saying =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'clientCount'; readonly clients: number }
  | { readonly kind: 'closed'; readonly message: string }

/** Which of the application's functions to run now. */
export type Run = { readonly kind: 'onOpen' } | { readonly kind: 'onClose'; readonly graceMs: number }

/** What an event changes. `say` and `run` are null when there is nothing to do. */
export type Step = { readonly state: SessionState; readonly say: Saying | null; readonly run: Run | null }

/** The first event of a session; null when it is not one that a session can begin with. */
export function firstStep(event: SessionEvent): Step | null {
  if (event.kind === 'openAsked') {
    return { state: { phase: 'opening', clients: 0, wish: null }, say: null, run: { kind: 'onOpen' } }
  }
  if (event.kind !== 'closeAsked') return null
  // A session that never reached us is as closed as it can be; silence would leave the agent waiting.
  return ended(false, '')
}

/** What an event does to a session that is known. */
export function transition(state: SessionState, event: SessionEvent): Step {
  switch (state.phase) {
    case 'opening':
      return fromOpening(state, event)
    case 'open':
      return fromOpen(state, event)
    case 'closing':
      return fromClosing(state, event)
    case 'closed':
      return fromClosed(state, event)
    default:
      return unreachable(state)
  }
}

type InPhase<P extends SessionPhase> = Extract<SessionState, { phase: P }>

function fromOpening(state: InPhase<'opening'>, event: SessionEvent): Step {
  switch (event.kind) {
    case 'opened':
      if (state.wish !== null) return closing(state.clients, state.wish)
      return { state: { phase: 'open', clients: state.clients }, say: { kind: 'opened' }, run: null }
    case 'openFailed':
      return state.wish === null ? ended(true, event.message) : ended(false, state.wish.message)
    case 'closeAsked':
    case 'closeWanted':
      // onOpen still runs; onClose follows when it has ended, so that the two never overlap.
      return state.wish === null ? quietly({ ...state, wish: wishOf(event) }) : quietly(state)
    case 'clientsCounted':
      return counted(state, event.clients)
    case 'openAsked':
    case 'closeDone':
      return quietly(state)
    default:
      return unreachable(event)
  }
}

function fromOpen(state: InPhase<'open'>, event: SessionEvent): Step {
  switch (event.kind) {
    case 'openAsked':
      return { state, say: { kind: 'opened' }, run: null }
    case 'closeAsked':
    case 'closeWanted':
      return closing(state.clients, wishOf(event))
    case 'clientsCounted':
      return counted(state, event.clients)
    case 'opened':
    case 'openFailed':
    case 'closeDone':
      return quietly(state)
    default:
      return unreachable(event)
  }
}

function fromClosing(state: InPhase<'closing'>, event: SessionEvent): Step {
  if (event.kind === 'clientsCounted') return counted(state, event.clients)
  if (event.kind === 'closeDone') return ended(false, state.message === '' ? event.problem : state.message)
  return quietly(state)
}

function fromClosed(state: InPhase<'closed'>, event: SessionEvent): Step {
  if (event.kind !== 'openAsked' && event.kind !== 'closeAsked') return quietly(state)
  return { state, say: endSaying(state), run: null }
}

function closing(clients: number, wish: CloseWish): Step {
  return {
    state: { phase: 'closing', clients, message: wish.message },
    say: null,
    run: { kind: 'onClose', graceMs: wish.graceMs },
  }
}

function ended(isRefused: boolean, message: string): Step {
  const state = { phase: 'closed', isRefused, message } as const
  return { state, say: endSaying(state), run: null }
}

function endSaying(state: InPhase<'closed'>): Saying {
  return { kind: state.isRefused ? 'refused' : 'closed', message: state.message }
}

function counted(state: InPhase<'opening' | 'open' | 'closing'>, clients: number): Step {
  if (clients === state.clients) return quietly(state)
  return { state: { ...state, clients }, say: { kind: 'clientCount', clients }, run: null }
}

function wishOf(event: Extract<SessionEvent, { kind: 'closeAsked' | 'closeWanted' }>): CloseWish {
  if (event.kind === 'closeAsked') return { graceMs: event.graceMs, message: '' }
  return { graceMs: Number.POSITIVE_INFINITY, message: event.message }
}

function quietly(state: SessionState): Step {
  return { state, say: null, run: null }
}
