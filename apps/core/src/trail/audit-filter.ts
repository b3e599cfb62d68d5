/** Which records somebody asks for. Pure. */
import type { AuditQuery, AuditRecord } from './audit-record.ts'

/** Null: it does not matter. */
export type AuditConditions = Pick<AuditQuery, 'action' | 'actorId' | 'object' | 'outcome'>

/** Whether a record is one of those that are asked for. */
export function isMeant(
  record: Pick<AuditRecord, 'action' | 'actorId' | 'object' | 'outcome'>,
  { action, actorId, object, outcome }: AuditConditions,
): boolean {
  return (
    (action === null || action === record.action) &&
    (actorId === null || actorId === record.actorId) &&
    (object === null || object === record.object) &&
    (outcome === null || outcome === record.outcome)
  )
}
