/** Openings and closings of sessions, one fact for each group of rows that was written. Rule T5. */
import { createHash } from 'node:crypto'
import type { AuditFact } from './audit-record.ts'

/** What of a session cannot change any more once it is written: who asked for what and when, how it ended and by whom. */
export type WrittenSession = {
  readonly id: string
  readonly tenantId: string
  readonly applicationId: string
  readonly createdAtMs: number
  readonly phase: string
  readonly closedAtMs: number | null
  readonly closeReason: string | null
  readonly timeline: readonly WrittenStep[]
}

type WrittenStep = {
  readonly step: string
  readonly by?: { readonly id: string; readonly source: string | null; readonly requestId: string }
}

/** Null when nothing was opened or closed. A session that was written twice while it was open is there twice. */
export function sessionsFact(sessions: readonly WrittenSession[]): AuditFact | null {
  if (sessions.length === 0) return null
  const opened: string[] = []
  const closed: string[] = []
  for (const { id, phase } of sessions) (phase === 'closed' ? closed : opened).push(id)
  return {
    tenantId: null,
    actor: { kind: 'core' },
    source: null,
    requestId: null,
    action: 'recordSessions',
    object: 'sessions',
    outcome: 'done',
    problem: null,
    before: null,
    after: { opened: opened.length, closed: closed.length, digest: digestOf(sessions) },
  }
}

/** SHA-256 over a line for each session, in the order of their ids. */
export function digestOf(sessions: readonly WrittenSession[]): string {
  const lines = sessions.map(lineOf).toSorted()
  return createHash('sha256').update(lines.join('')).digest('hex')
}

function lineOf(session: WrittenSession): string {
  const { id, tenantId, applicationId, createdAtMs, phase, closedAtMs, closeReason, timeline } = session
  const opened = `${id} ${tenantId} ${applicationId} ${createdAtMs}${actorOf(timeline[0])}`
  if (phase !== 'closed') return `${opened} open\n`
  const asked = timeline.findLast(({ step, by }) => by !== undefined && (step === 'closing' || step === 'closed'))
  return `${opened} closed ${closedAtMs} ${closeReason}${actorOf(asked)}\n`
}

function actorOf(step: WrittenStep | undefined): string {
  const by = step?.by
  return by === undefined ? '' : ` by ${by.id} ${by.source} ${by.requestId}`
}
