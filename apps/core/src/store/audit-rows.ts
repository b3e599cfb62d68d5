/** Audit entries as rows of the database. */
import { z } from 'zod'
import type { Row, SqlValue, Table } from './database.ts'
import type { AuditEntry } from './store.ts'

export const AUDIT_ENTRIES: Table = {
  name: 'audit_entries',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'at_ms', type: 'bigint' },
    { name: 'tenant_id', type: 'text' },
    { name: 'token_id', type: 'text' },
    { name: 'action', type: 'text' },
    { name: 'object', type: 'text' },
    { name: 'problem', type: 'text' },
  ],
}

export function toAuditRow(entry: AuditEntry): SqlValue[] {
  const { id, atMs, tenantId, tokenId, action, object, problem } = entry
  return [id, atMs, tenantId, tokenId, action, object, problem]
}

/** Names and ids, as long as clients may make them. */
export function auditRowBytes(): number {
  return 512
}

const ROW = z.object({
  id: z.string(),
  at_ms: z.coerce.number(),
  tenant_id: z.string(),
  token_id: z.string(),
  action: z.string(),
  object: z.string(),
  problem: z.string().nullable(),
})

export function fromAuditRow(given: Row): AuditEntry {
  const { id, at_ms: atMs, tenant_id: tenantId, token_id: tokenId, action, object, problem } = ROW.parse(given)
  return { id, atMs, tenantId, tokenId, action, object, problem }
}
