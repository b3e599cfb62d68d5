/** The statements that read and remove history. */
import type { EventQuery, SliceQuery } from '../history/history-store.ts'
import type { SqlValue } from './database.ts'
import { EVENTS, HISTORY_SLICES } from './history-rows.ts'
import type { Statement } from './statements.ts'

/** No question needs more. */
const SLICES_MAX = 100_000

export function slicesOf({ series, fromMs, untilMs }: SliceQuery): Statement {
  const columns = HISTORY_SLICES.columns.map(({ name }) => name).join(', ')
  return {
    sql: `SELECT ${columns} FROM history_slices WHERE series IN (${series.map(() => '?').join(', ')})
      AND at_ms >= ? AND at_ms < ? ORDER BY at_ms, epoch, series LIMIT ${SLICES_MAX}`,
    args: [...series, fromMs, untilMs],
  }
}

const EVENT_COLUMNS = EVENTS.columns.map(({ name }) => name).join(', ')

export function eventById(id: string): Statement {
  return { sql: `SELECT ${EVENT_COLUMNS} FROM events WHERE id = ?`, args: [id] }
}

export function eventPage(query: EventQuery): Statement {
  const conditions: Statement[] = []
  const where = (sql: string, ...args: SqlValue[]): void => void conditions.push({ sql, args })
  const same = (column: string, value: string | null): void => {
    if (value !== null) where(`${column} = ?`, value)
  }
  const any = (column: string, values: readonly string[] | null): void => {
    if (values !== null) where(`${column} IN (${values.map(() => '?').join(', ')})`, ...values)
  }
  if (query.before !== null) where('(at_ms, id) < (?, ?)', query.before.atMs, query.before.id)
  same('tenant_id', query.tenantId)
  same('application_name', query.application)
  same('node_name', query.nodeName)
  same('pod_id', query.podId)
  same('session_id', query.sessionId)
  any('kind', query.kinds)
  any('severity', query.severities)
  if (query.fromMs !== null) where('last_at_ms >= ?', query.fromMs)
  if (query.untilMs !== null) where('at_ms < ?', query.untilMs)
  const filter = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`
  return {
    sql: `SELECT ${EVENT_COLUMNS} FROM events ${filter} ORDER BY at_ms DESC, id DESC LIMIT ?`,
    args: [...conditions.flatMap(({ args }) => args), query.first],
  }
}

/** Removes so many of the oldest; answers with one row for each. */
export function pruneSlices(beforeMs: number, rowsMax: number): Statement {
  return oldest('history_slices', 'at_ms', { beforeMs, rowsMax })
}

export function pruneEvents(beforeMs: number, rowsMax: number): Statement {
  return oldest('events', 'at_ms', { beforeMs, rowsMax })
}

/** By the instant of asking, which is in every row and has an index; a session that closed later goes later. */
export function pruneSessions(beforeMs: number, rowsMax: number): Statement {
  return {
    sql: `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE created_at_ms < ? AND phase = 'closed'
      AND closed_at_ms < ? ORDER BY created_at_ms LIMIT ?) RETURNING id`,
    args: [beforeMs, beforeMs, rowsMax],
  }
}

function oldest(
  table: string,
  column: string,
  how: { readonly beforeMs: number; readonly rowsMax: number },
): Statement {
  return {
    sql: `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${column} < ? ORDER BY ${column} LIMIT ?) RETURNING id`,
    args: [how.beforeMs, how.rowsMax],
  }
}
