/** Openings and closings of sessions, one fact for each group of rows that was written. Rule T5. */
import { createHash } from 'node:crypto'
import type { AuditFact } from './audit-record.ts'

/** What of a session cannot change any more once it is written: who asked for what and when, and how it ended. */
export type WrittenSession = {
  readonly id: string
  readonly tenantId: string
  readonly applicationId: string
  readonly createdAtMs: number
  readonly phase: string
  readonly closedAtMs: number | null
  readonly closeReason: string | null
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
  const hash = createHash('sha256')
  for (const line of sessions.map(lineOf).toSorted()) hash.update(line)
  return hash.digest('hex')
}

function lineOf(session: WrittenSession): string {
  const { id, tenantId, applicationId, createdAtMs, phase, closedAtMs, closeReason } = session
  const end = phase === 'closed' ? ` closed ${closedAtMs} ${closeReason}` : ' open'
  return `${id} ${tenantId} ${applicationId} ${createdAtMs}${end}\n`
}
