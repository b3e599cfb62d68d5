/** What clients were promised: their sessions end with a word (I3), and a key means one of them (I9). */
import type { FleetState } from '../fleet/fleet-state.ts'
import type { Session } from '../sessions/session.ts'
import type { Answer, Evidence, Found } from './evidence.ts'

/** I3: whoever is open has a place where it is known; whoever is closed has a reason. */
export function endsWithAWord(session: Session, evidence: Evidence, found: Found): void {
  const { id, phase, podId, nodeName, closeReason, closedAtMs } = session
  keepsAnswer(session, evidence.witnesses.answers?.answer(id) ?? null, found)
  const what = phase === 'closed' ? closedWrongly(session) : openWrongly(session, evidence.state)
  if (what === null) return
  const objects = [`session ${id}`]
  found({ invariant: 'I3', what, objects, evidence: { phase, podId, nodeName, closeReason, closedAtMs } })
}

function closedWrongly({ closeReason, closedAtMs }: Session): string | null {
  return closeReason === null || closedAtMs === null ? 'a session closed without a reason' : null
}

function openWrongly(session: Session, { applications, nodes, pods }: FleetState): string | null {
  const { id, phase, podId, nodeName, grantEpoch, closeReason } = session
  if (phase !== 'closing' && closeReason !== null) return 'a session has a reason to be closed, and is open'
  if (!applications.has(session.applicationId)) return 'a session is open and its application is gone'
  if (phase === 'pending') return null
  if (podId === null || grantEpoch === null) return 'a session was granted no pod'
  if (phase === 'closing') return null // It ends with the word of its node, or at its deadline.
  const node = nodeName === null ? undefined : nodes.get(nodeName)
  const isKnown = pods.has(podId) || node?.expectedSessions.has(id) === true
  return isKnown ? null : 'a session is open and its pod is gone'
}

/** I3: also of sessions that have left memory. */
export function answerIsKept(sessionId: string, { state, witnesses }: Evidence, found: Found): void {
  const answer = witnesses.answers?.answer(sessionId) ?? null
  if (answer === null || state.sessions.has(sessionId) || !witnesses.database) return
  const row = witnesses.database.session(sessionId)
  if (row) return keepsAnswer(row, answer, found)
  const what = 'a session was answered, and nobody knows of it'
  found({ invariant: 'I3', what, objects: [`session ${sessionId}`], evidence: { told: answer.told } })
}

export function* everyAnswerIsKept(evidence: Evidence, found: Found): Generator<void> {
  for (const id of evidence.witnesses.answers?.sessionIds() ?? []) {
    answerIsKept(id, evidence, found)
    yield
  }
}

/** Whose client was told that it was open did not time out while it opened; whose end was answered does not go on. */
function keepsAnswer({ id, phase, closeReason }: Session, answer: Answer | null, found: Found): void {
  if (answer === null) return
  const { told } = answer
  const evidence = { told, phase, closeReason }
  const wrong = (what: string): void => found({ invariant: 'I3', what, objects: [`session ${id}`], evidence })
  if (closeReason === 'coreFailed' && told !== 'ended') wrong('an answered session closed because the core failed')
  if (told === 'open' && closeReason === 'openTimedOut') wrong('a session that was open closed as if it never was')
  const isAnswered = told === 'closing' || told === 'ended'
  if (isAnswered && phase !== 'closing' && phase !== 'closed') wrong('a session goes on whose end was answered')
}

/** I9: while a session is in memory, its key leads to it, and clients were told of no other. */
export function keyLeadsHere(session: Session, { state, witnesses }: Evidence, found: Found): void {
  const { id, applicationId, request } = session
  const key = request.idempotency?.key
  if (key === undefined) return
  answeredOnce(`${applicationId}/${key}`, witnesses.answers?.byKey.get(`${applicationId}/${key}`), found)
  const keys = state.applications.get(applicationId)?.keys
  if (keys === undefined || keys.get(key) === id) return
  const other = keys.get(key)
  const objects = [
    `session ${id}`,
    `application ${applicationId}`,
    ...(other === undefined ? [] : [`session ${other}`]),
  ]
  const what = other === undefined ? 'a key does not lead to its session' : 'two sessions have one key'
  found({ invariant: 'I9', what, objects, evidence: { other } })
}

/** I9: as clients were answered, and as it is written down. */
export function* oneSessionEach({ witnesses }: Evidence, found: Found): Generator<void> {
  for (const [key, ids] of witnesses.answers?.byKey ?? []) answeredOnce(key, ids, found)
  const rows = new Map<string, string>()
  for (const { id, applicationId, request } of witnesses.database?.sessions() ?? []) {
    if (request.idempotency === null) continue
    const key = `${applicationId}/${request.idempotency.key}`
    const other = rows.get(key)
    const what = 'two rows have one key'
    if (other !== undefined) found({ invariant: 'I9', what, objects: sessions([other, id]), evidence: { key } })
    rows.set(key, id)
    yield
  }
}

function answeredOnce(key: string, ids: ReadonlySet<string> | undefined, found: Found): void {
  if (ids === undefined || ids.size <= 1) return
  found({ invariant: 'I9', what: 'one key was answered with two sessions', objects: sessions(ids), evidence: { key } })
}

function sessions(ids: Iterable<string>): string[] {
  return [...ids].map((id) => `session ${id}`)
}
