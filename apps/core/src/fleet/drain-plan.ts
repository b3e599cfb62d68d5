/**
 * What a drain does to a node. Pure, and the same for whoever asks before and for the drain itself: pods that serve
 * nobody stop at once, sessions that are left are asked to close at the deadline, and their pods end with them.
 */
import type { PodView } from '../pods/pod.ts'
import type { CloseReason, Session } from '../sessions/session.ts'

export type DrainedPodFate = 'stopsNow' | 'endsWithSessions' | 'isEnding'

export type DrainedSession = {
  readonly sessionId: string
  /** When it is asked to close, at the latest. */
  readonly closesAtMs: number
  /** When it is cut off. */
  readonly endsByMs: number
  readonly reason: CloseReason
}

export type DrainPlan = {
  readonly deadlineMs: number
  readonly pods: readonly { readonly podId: string; readonly fate: DrainedPodFate }[]
  /** Those that are open. */
  readonly sessions: readonly DrainedSession[]
}

/** `pods`: those that hold a booking on the node. `sessionOf`: null for who is not known any more. */
export function planDrain(
  pods: readonly Pick<PodView, 'id' | 'phase' | 'sessionIds'>[],
  sessionOf: (id: string) => Session | null,
  deadlineMs: number,
): DrainPlan {
  const open = pods.flatMap(({ sessionIds }) => [...sessionIds].flatMap((id) => openOnly(sessionOf(id))))
  return {
    deadlineMs,
    pods: pods.map((pod) => ({ podId: pod.id, fate: fateOf(pod) })),
    sessions: open.map((session) => endOf(session, deadlineMs)),
  }
}

/** Whoever serves nobody stops; whoever serves is never stopped by a drain (I7). */
export function fateOf({ phase, sessionIds }: Pick<PodView, 'phase' | 'sessionIds'>): DrainedPodFate {
  if (phase === 'terminating') return 'isEnding'
  return sessionIds.size === 0 ? 'stopsNow' : 'endsWithSessions'
}

function openOnly(session: Session | null): readonly Session[] {
  return session === null || session.phase === 'closed' ? [] : [session]
}

function endOf(session: Session, deadlineMs: number): DrainedSession {
  const { id: sessionId, deadline, phase, closeReason, request } = session
  const graceMs = phase === 'starting' ? 0 : request.closeGraceMs // S6: before it was available nobody is there to leave.
  if (phase === 'closing') {
    const atMs = deadline?.atMs ?? deadlineMs
    return { sessionId, closesAtMs: atMs, endsByMs: atMs, reason: closeReason ?? 'requested' }
  }
  const isOwnFirst = deadline !== null && deadline.atMs < deadlineMs
  const closesAtMs = isOwnFirst ? deadline.atMs : deadlineMs
  return { sessionId, closesAtMs, endsByMs: closesAtMs + graceMs, reason: isOwnFirst ? deadline.reason : 'drained' }
}
