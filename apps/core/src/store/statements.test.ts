/** Every read of sessions finds what it looks for by an index, however long the history is. */
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { openTestStore, scratchFile } from '../../test/support/store-databases.ts'
import type { SqlValue } from './database.ts'
import { auditMarks, auditPage } from './audit-rows.ts'
import * as statements from './statements.ts'

const page = {
  first: 50,
  before: { createdAtMs: 1, id: 'ses-1' },
  tenantId: 'ten-1',
  applicationId: 'app-1',
  nodeName: 'n-1',
  phases: ['closed'],
  labels: { team: 'red' },
} as const

const anyAudit = {
  first: 9,
  before: null,
  action: null,
  actorId: null,
  object: null,
  outcome: null,
  sinceMs: null,
  untilMs: null,
} as const

it.each([
  ['open sessions', statements.openSessions, 'sessions_open'],
  ['a session', statements.sessionById('ses-1'), 'sqlite_autoindex_sessions_1'],
  ['the session of a key', statements.sessionByKey('app-1', 'key', 1), 'sessions_of_key'],
  ['an application', statements.sessionHistoryPage('sqlite', page), 'sessions_history_of_application'],
  ['a tenant', statements.sessionHistoryPage('sqlite', { ...page, applicationId: null }), 'sessions_history_of_tenant'],
  [
    'all',
    statements.sessionHistoryPage('sqlite', { ...page, applicationId: null, tenantId: null }),
    'sessions_history',
  ],
  ['what was done in a tenant', auditMarks('ten-1', 10), 'audit_records_tenant_id_number_idx'],
  ['the audit of a tenant', auditPage({ ...anyAudit, tenantId: 'ten-1' }), 'audit_records_tenant_id_number_idx'],
])('reads %s by an index, in its order', async (_name, statement, index) => {
  const path = await scratchFile()
  await (await openTestStore(`file:${path}`))[Symbol.asyncDispose]()
  const [step, ...others] = planOf(path, statement.sql, statement.args).filter((text) => !/SUBQUERY|label/.test(text))
  expect(step).toMatch(new RegExp(`INDEX ${index}( |$)`))
  expect(others).toEqual([])
})

function planOf(path: string, sql: string, args: readonly SqlValue[]): string[] {
  const db = new DatabaseSync(path)
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...args)
  db.close()
  return rows.map(({ detail }) => String(detail))
}
