/** What a node says is true, in the core's own words. The wire's words stay at the edge. */
import type { PodFailure, PodHibernation, PodPhase, StartPhases } from '../pods/pod.ts'
import type { EndReason } from '../sessions/session-state.ts'
import type { Endpoint } from '../sessions/session.ts'

export type PodReport = {
  readonly podId: string
  readonly versionId: string
  readonly phase: Exclude<PodPhase, 'pending'>
  readonly failure: PodFailure | null
  /** From the command to create it until it was ready; null until then. */
  readonly readyAfterMs: number | null
  readonly runtime: string | null
  /** It takes no session any more, and ends with the last of those that it has. */
  readonly isSpent: boolean
  /** Null until it was ready, and where nothing really runs. */
  readonly startPhases: StartPhases | null
  /** Of its last sleep; null before the first. */
  readonly hibernation: PodHibernation | null
}

export type SessionReport = {
  readonly sessionId: string
  readonly podId: string
  readonly grantEpoch: number
  readonly phase: 'starting' | 'available' | 'inUse' | 'closing' | 'closed'
  readonly endpoints: readonly Endpoint[]
  readonly clientCount: number
  readonly message: string | null
  /** Why it closed; `requested` when the core had asked, `wakeFailed` when it never began and another pod may have it. */
  readonly end: EndReason | 'wakeFailed' | null
}

export type NodeReport =
  | { readonly kind: 'pod'; readonly pod: PodReport }
  | { readonly kind: 'session'; readonly session: SessionReport }

/** Everything on a node, at one revision. */
export type NodeState = {
  readonly revision: number
  readonly pods: readonly PodReport[]
  readonly sessions: readonly SessionReport[]
  readonly versionIds: readonly string[]
}
