/** Audit records as rows of the database, and the statements that read them. */
import { z } from 'zod'
import {
  ACTOR_KINDS,
  AUDIT_OUTCOMES,
  type AuditQuery,
  type AuditRecord,
  type AuditStore,
} from '../trail/audit-record.ts'
import type { AuditMark } from '../trail/audit-activity.ts'
import type { Database, Row, SqlValue, Table } from './database.ts'
import type { Client } from './prisma-client.ts'
import type { Statement } from './statements.ts'

const AUDIT_RECORDS = {
  name: 'audit_records',
  columns: [
    { name: 'number', type: 'bigint' },
    { name: 'at_ms', type: 'bigint' },
    { name: 'tenant_id', type: 'text' },
    { name: 'actor_kind', type: 'text' },
    { name: 'actor_id', type: 'text' },
    { name: 'actor_role', type: 'text' },
    { name: 'source', type: 'text' },
    { name: 'request_id', type: 'text' },
    { name: 'action', type: 'text' },
    { name: 'object', type: 'text' },
    { name: 'outcome', type: 'text' },
    { name: 'problem', type: 'text' },
    { name: 'state_before', type: 'text' },
    { name: 'state_after', type: 'text' },
    { name: 'hash', type: 'text' },
    { name: 'seal', type: 'text' },
  ],
} as const satisfies Table

const COLUMNS = AUDIT_RECORDS.columns.map(({ name }) => `"${name}"`).join(', ')
const BASE = { id: 1 }

/** `ask` says what goes wrong in the store's own words. */
export function auditStore(
  database: Database,
  ask: <Result>(work: (client: Client) => Promise<Result>) => Promise<Result>,
): AuditStore {
  const read = async ({ sql, args }: Statement): Promise<readonly AuditRecord[]> =>
    (await database.query(sql, args)).map(fromRow)
  return {
    newestAuditRecord: async () => (await read(newest))[0] ?? null,
    addAuditRecords: (records) => database.upsert(AUDIT_RECORDS, records.map(toRow)),
    auditRecords: (query) => read(auditPage(query)),
    auditMarks: async (tenantId, count) => {
      const { sql, args } = auditMarks(tenantId, count)
      return (await database.query(sql, args)).map(fromMarkRow)
    },
    auditRecordsFrom: (number, count, tenantId = null) => read(auditFrom(number, count, tenantId)),
    auditBase: async () => {
      const row = await ask((client) => client.auditBase.findUnique({ where: BASE }))
      return row && { number: Number(row.number), hash: row.hash, signature: row.signature }
    },
    saveAuditBase: async (base) => {
      await ask((client) => client.auditBase.upsert({ where: BASE, create: { ...BASE, ...base }, update: base }))
    },
    removeAuditRecords: async (upTo) => {
      await ask((client) => client.auditRecord.deleteMany({ where: { number: { lte: upTo } } }))
    },
  }
}

const newest: Statement = { sql: `SELECT ${COLUMNS} FROM audit_records ORDER BY number DESC LIMIT 1`, args: [] }

function auditFrom(number: number, count: number, tenantId: string | null): Statement {
  const ofWhom = tenantId === null ? '' : 'AND tenant_id = ?'
  return {
    sql: `SELECT ${COLUMNS} FROM audit_records WHERE number >= ? ${ofWhom} ORDER BY number LIMIT ?`,
    args: tenantId === null ? [number, count] : [number, tenantId, count],
  }
}

/** The newest ones of a tenant, or of everybody. */
export function auditMarks(tenantId: string | null, count: number): Statement {
  const ofWhom = tenantId === null ? '' : 'WHERE tenant_id = ?'
  return {
    sql: `SELECT at_ms, action, actor_id, object, outcome FROM audit_records ${ofWhom} ORDER BY number DESC LIMIT ?`,
    args: tenantId === null ? [count] : [tenantId, count],
  }
}

/** A page, newest first. */
export function auditPage(query: AuditQuery): Statement {
  const { first, before, tenantId, action, actorId, object, outcome, sinceMs, untilMs } = query
  const conditions: [sql: string, value: SqlValue][] = [
    ['number < ?', before],
    ['tenant_id = ?', tenantId],
    ['action = ?', action],
    ['actor_id = ?', actorId],
    ['object = ?', object],
    ['outcome = ?', outcome],
    ['at_ms >= ?', sinceMs],
    ['at_ms < ?', untilMs],
  ]
  const given = conditions.filter(([, value]) => value !== null)
  const where = given.length === 0 ? '' : `WHERE ${given.map(([sql]) => sql).join(' AND ')}`
  return {
    sql: `SELECT ${COLUMNS} FROM audit_records ${where} ORDER BY number DESC LIMIT ?`,
    args: [...given.map(([, value]) => value), first],
  }
}

function toRow(record: AuditRecord): SqlValue[] {
  const { number, atMs, tenantId, actorKind, actorId, actorRole, source, requestId } = record
  const { action, object, outcome, problem, before, after, hash, seal } = record
  const who = [tenantId, actorKind, actorId, actorRole, source, requestId]
  return [number, atMs, ...who, action, object, outcome, problem, before, after, hash, seal]
}

const textOrNull = z.string().nullable()

const ROW = z.object({
  number: z.coerce.number(),
  at_ms: z.coerce.number(),
  tenant_id: textOrNull,
  actor_kind: z.enum(ACTOR_KINDS),
  actor_id: textOrNull,
  actor_role: textOrNull,
  source: textOrNull,
  request_id: textOrNull,
  action: z.string(),
  object: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  problem: textOrNull,
  state_before: textOrNull,
  state_after: textOrNull,
  hash: z.string(),
  seal: textOrNull,
} satisfies Record<(typeof AUDIT_RECORDS.columns)[number]['name'], z.ZodType>)

const MARK_ROW = ROW.pick({ at_ms: true, action: true, actor_id: true, object: true, outcome: true })

function fromMarkRow(given: Row): AuditMark {
  const { at_ms: atMs, actor_id: actorId, action, object, outcome } = MARK_ROW.parse(given)
  return { atMs, action, actorId, object, outcome }
}

function fromRow(given: Row): AuditRecord {
  const row = ROW.parse(given)
  return {
    number: row.number,
    atMs: row.at_ms,
    tenantId: row.tenant_id,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    actorRole: row.actor_role,
    source: row.source,
    requestId: row.request_id,
    action: row.action,
    object: row.object,
    outcome: row.outcome,
    problem: row.problem,
    before: row.state_before,
    after: row.state_after,
    hash: row.hash,
    seal: row.seal,
  }
}
