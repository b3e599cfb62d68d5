/** The statements that read sessions: what is hot, and what Prisma cannot say for both databases. */
import type { SessionTraits } from '../sessions/session-traits.ts'
import type { Provider, SqlValue } from './database.ts'
import { SESSIONS } from './session-rows.ts'
import type { SessionHistoryQuery } from './store.ts'

export type Statement = { readonly sql: string; readonly args: readonly SqlValue[] }

const COLUMNS = SESSIONS.columns.map(({ name }) => name).join(', ')
const NEWEST_FIRST = 'ORDER BY created_at_ms DESC, id DESC'

/** In no order: asked for one, SQLite would rather read the whole history. */
export const openSessions: Statement = {
  sql: `SELECT ${COLUMNS} FROM sessions WHERE phase <> 'closed'`,
  args: [],
}

export function sessionById(id: string): Statement {
  return { sql: `SELECT ${COLUMNS} FROM sessions WHERE id = ?`, args: [id] }
}

/** The newest one: a key may be used again after its time. */
export function sessionByKey(applicationId: string, key: string, sinceMs: number): Statement {
  return {
    sql: `SELECT ${COLUMNS} FROM sessions WHERE application_id = ? AND idempotency_key = ? AND created_at_ms >= ?
      ${NEWEST_FIRST} LIMIT 1`,
    args: [applicationId, key, sinceMs],
  }
}

export function sessionHistoryPage(provider: Provider, query: SessionHistoryQuery): Statement {
  const { first, before, tenantId, applicationId, nodeName, phases, labels, traits } = query
  const conditions: Statement[] = []
  const where = (sql: string, ...args: SqlValue[]): void => void conditions.push({ sql, args })

  if (before !== null) where('(created_at_ms, id) < (?, ?)', before.createdAtMs, before.id)
  if (applicationId !== null) where('application_id = ?', applicationId)
  // SQLite must not choose the index of the tenant, which leads to more sessions. PostgreSQL counts, and knows.
  const isHidden = applicationId !== null && provider === 'sqlite'
  if (tenantId !== null) where(isHidden ? `tenant_id || '' = ?` : 'tenant_id = ?', tenantId)
  if (nodeName !== null) where('node_name = ?', nodeName)
  if (phases !== null)
    where(phases.length === 0 ? '1 = 0' : `phase IN (${phases.map(() => '?').join(', ')})`, ...phases)
  if (traits !== undefined) conditions.push(...traitConditions(traits))
  for (const [name, value] of Object.entries(labels)) conditions.push(hasLabel(provider, name, value))

  const filter = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`
  const args = [...conditions.flatMap((condition) => condition.args), first]
  return { sql: `SELECT ${COLUMNS} FROM sessions ${filter} ${NEWEST_FIRST} LIMIT ?`, args }
}

/** No session takes longer to become available, so who was available then was asked for not long before. */
const OPEN_MS_MAX = 120_000

function traitConditions({ podId, start, closeReasons, created, available, latency }: SessionTraits): Statement[] {
  const askedFrom = available.from === null ? null : available.from - OPEN_MS_MAX
  return [
    ...compared('pod_id = ?', podId),
    ...compared('start = ?', start),
    ...compared('created_at_ms >= ?', created.from),
    ...compared('created_at_ms < ?', created.below),
    ...compared('created_at_ms >= ?', askedFrom),
    ...compared('created_at_ms < ?', available.below),
    ...compared('available_at_ms >= ?', available.from),
    ...compared('available_at_ms < ?', available.below),
    ...compared('available_at_ms - created_at_ms >= ?', latency.from),
    ...compared('available_at_ms - created_at_ms < ?', latency.below),
    ...(closeReasons === null
      ? []
      : [{ sql: `close_reason IN (${closeReasons.map(() => '?').join(', ')})`, args: closeReasons }]),
  ]
}

/** Whole milliseconds: nothing in the table lies between them. */
function compared(sql: string, value: string | number | null): readonly Statement[] {
  return value === null ? [] : [{ sql, args: [typeof value === 'number' ? Math.ceil(value) : value] }]
}

function hasLabel(provider: Provider, name: string, value: string): Statement {
  return provider === 'postgresql'
    ? { sql: 'labels @> ?::jsonb', args: [JSON.stringify({ [name]: value })] }
    : {
        sql: 'EXISTS (SELECT 1 FROM json_each(labels) AS label WHERE label.key = ? AND label.value = ?)',
        args: [name, value],
      }
}
