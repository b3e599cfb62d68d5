/**
 * What an application knows of all its sessions: those that it serves, and for
 * a while those that ended, so that an agent which asks again gets the same
 * answer. Pure bookkeeping: no clock, no wire, none of the application's code.
 */
import { firstStep, transition, type Run, type Saying, type SessionEvent, type SessionState } from './session-state.ts'

/** How many ended sessions stay known. An agent repeats only what is fresh. */
export const ENDED_SESSIONS_KEPT = 256

/** A session as the agent must know it after a reconnect. */
export type RunningSession = { readonly sessionId: string; readonly clientCount: number; readonly isOpen: boolean }

/** What follows from an event: words for the agent, a function of the application's to run. */
export type Consequence = { readonly say: Saying | null; readonly run: Run | null }

/** All sessions of one application, by id. */
export class SessionBook {
  readonly #live = new Map<string, SessionState>()
  readonly #ended = new Map<string, SessionState>()

  /** Null when this session is not known, or long forgotten. */
  stateOf(sessionId: string): SessionState | null {
    return this.#live.get(sessionId) ?? this.#ended.get(sessionId) ?? null
  }

  /** Takes in one event. One that makes no sense for an unknown session has no consequence. */
  apply(sessionId: string, event: SessionEvent): Consequence {
    const state = this.stateOf(sessionId)
    const step = state === null ? firstStep(event) : transition(state, event)
    if (step === null) return NOTHING
    this.#keep(sessionId, step.state)
    return step
  }

  /** The truth, in the order in which the sessions came. */
  running(): readonly RunningSession[] {
    const sessions: RunningSession[] = []
    for (const [sessionId, state] of this.#live) {
      if (state.phase === 'closed') continue
      sessions.push({ sessionId, clientCount: state.clients, isOpen: state.phase !== 'opening' })
    }
    return sessions
  }

  #keep(sessionId: string, state: SessionState): void {
    if (state.phase !== 'closed') {
      this.#live.set(sessionId, state)
      return
    }
    this.#live.delete(sessionId)
    this.#ended.set(sessionId, state)
    const [oldest] = this.#ended.keys()
    if (this.#ended.size > ENDED_SESSIONS_KEPT && oldest !== undefined) this.#ended.delete(oldest)
  }
}

const NOTHING: Consequence = { say: null, run: null }
