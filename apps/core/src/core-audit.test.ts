import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@fornax/kernel/log'
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { expect, it, vi } from 'vitest'
import { openTestStore } from '../test/support/store-databases.ts'
import { auditedLogins, openCoreAudit } from './core-audit.ts'
import type { Logins } from './graphql/tenants-port.ts'
import type { Viewer } from './tenants/tenant.ts'
import type { AuditFact } from './trail/audit-record.ts'

const viewer: Viewer = { tokenId: 'tok-1', tenantId: 'ten-1', role: 'admin', name: 'ann' }

it('T7: writes how many refusals were held back once their minute is over, though nobody comes again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-core-audit-'))
  try {
    await using store = await openTestStore(`file:${join(folder, 'fornax.db')}`)
    const clock = new VirtualClock()
    const config = { dataDir: folder, auditKeptMs: null }
    await using audit = await openCoreAudit(store.audit, { config, clock, log: createLog('core', 'silent') })
    for (let count = 0; count < 60; count += 1) audit.record(refusal)
    await vi.waitFor(async () => {
      clock.runNext()
      const records = await store.audit.auditRecordsFrom(1, 1_000)
      expect(records.map(({ after }) => after)).toContain('{"alsoRefused":10}')
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('writes down who exchanged or ended a login, and who could not', async () => {
  const facts: AuditFact[] = []
  const unasked = (): never => {
    throw new Error('not asked for here')
  }
  const inner: Logins = {
    logIn: unasked,
    register: unasked,
    changePassword: unasked,
    exchange: async () => null,
    logOut: async ({ tokenId }) => tokenId === 'tok-1',
  }
  const logins = auditedLogins(inner, { record: (fact) => void facts.push(fact) })
  expect(await logins.exchange(viewer)).toBeNull()
  expect(await logins.logOut(viewer)).toBe(true)
  expect(await logins.logOut({ ...viewer, tokenId: 'tok-2' })).toBe(false)
  expect(facts.map(({ action, outcome, problem }) => [action, outcome, problem])).toEqual([
    ['exchangeLogin', 'refused', 'notVouchedFor'],
    ['logOut', 'done', null],
    ['logOut', 'refused', 'noLogin'],
  ])
  expect(facts[0]).toMatchObject({ tenantId: 'ten-1', actor: { kind: 'viewer', id: 'tok-1' }, object: 'user/ann' })
})

const refusal: AuditFact = {
  tenantId: 'ten-1',
  actor: { kind: 'viewer', id: 'tok-1', role: 'viewer' },
  source: null,
  requestId: null,
  action: 'createTenant',
  object: 'tenant',
  outcome: 'refused',
  problem: 'NotAllowed',
  before: null,
  after: null,
}
