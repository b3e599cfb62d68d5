/** Following the audit, on a real database. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { expect, it } from 'vitest'
import { openTestStore } from '../../test/support/store-databases.ts'
import { openAuditPen } from './audit-pen.ts'
import type { AuditFact } from './audit-record.ts'
import { AuditTrail } from './audit-trail.ts'
import { watchAudit, type AuditBatch, type AuditSource, type AuditWatch } from './audit-watch.ts'

const EVERYTHING: AuditWatch = {
  tenantId: null,
  action: null,
  actorId: null,
  object: null,
  outcome: null,
  after: null,
}

it('begins with where it follows from, and tells everything that is written after, in order', async () => {
  await using world = await open()
  await world.write('before')
  const reader = world.follow(EVERYTHING)
  expect(await next(reader)).toEqual({ records: [], lastNumber: 1 })
  await world.write('one', 'two', 'three')
  expect(await objects(reader, 3)).toEqual(['one', 'two', 'three'])
})

it('goes on from a number without a gap, however much was written meanwhile', async () => {
  await using world = await open()
  const names = Array.from({ length: 1_300 }, (_, number) => `app-${number}`)
  await world.write(...names)
  const reader = world.follow({ ...EVERYTHING, after: 100 })
  expect(await next(reader)).toEqual({ records: [], lastNumber: 100 })
  expect(await objects(reader, 1_200)).toEqual(names.slice(100))
})

it('tells a tenant nothing of others, and nobody what they did not ask for', async () => {
  await using world = await open()
  const theirs = world.follow({ ...EVERYTHING, tenantId: 'acme' })
  const some = world.follow({ ...EVERYTHING, object: 'two' })
  for (const reader of [theirs, some]) await next(reader)
  await world.write('one', 'two')
  await world.writeOf('acme', 'theirs')
  await world.write('two')
  expect(await objects(theirs, 1)).toEqual(['theirs'])
  expect(await objects(some, 2)).toEqual(['two', 'two'])
})

it('begins for a tenant with a number of theirs, from which nothing of theirs is missed', async () => {
  await using world = await open()
  await world.writeOf('acme', 'old')
  await world.write('of somebody else')
  const first = world.follow({ ...EVERYTHING, tenantId: 'acme' })
  expect(await next(first)).toEqual({ records: [], lastNumber: 1 })
  await first.return?.()
  await world.writeOf('acme', 'meanwhile')
  const again = world.follow({ ...EVERYTHING, tenantId: 'acme', after: 1 })
  await next(again)
  expect(await objects(again, 1)).toEqual(['meanwhile'])
})

it('ends while it waits, and leaves nobody to be told', async () => {
  await using world = await open()
  const reader = world.follow(EVERYTHING)
  await next(reader)
  const waiting = reader.next()
  await reader.return?.()
  expect(await waiting).toMatchObject({ done: true })
  expect(world.listeners()).toBe(0)
})

async function next(reader: AsyncIterableIterator<AuditBatch>): Promise<AuditBatch> {
  const { value, done } = await reader.next()
  if (done === true) throw new Error('it ended')
  return value
}

async function objects(reader: AsyncIterableIterator<AuditBatch>, count: number): Promise<string[]> {
  const heard: string[] = []
  while (heard.length < count) for (const { object } of (await next(reader)).records) heard.push(object)
  return heard
}

async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-watch-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const log = createLog('core', 'silent')
  const store = stack.use(await openTestStore(`file:${join(folder, 'fornax.db')}`))
  const pen = openAuditPen(folder, log)
  const trail = stack.use(await AuditTrail.open({ store: store.audit, pen, clock: systemClock, log, keptMs: null }))
  let listeners = 0
  const source: AuditSource = {
    lastNumber: () => trail.lastNumber,
    records: (query) => store.audit.auditRecords(query),
    recordsFrom: (number, count, tenantId) => store.audit.auditRecordsFrom(number, count, tenantId),
    onWritten: (act) => {
      listeners += 1
      const cancel = trail.onWritten(act)
      return () => {
        listeners -= 1
        cancel()
      }
    },
  }
  const writeOf = async (tenantId: string | null, ...names: readonly string[]): Promise<void> => {
    for (const object of names) trail.record(fact(tenantId, object))
    await trail.written()
  }
  const owned = stack.move()
  return {
    writeOf,
    write: (...names: readonly string[]) => writeOf(null, ...names),
    follow: (watch: AuditWatch) => watchAudit(source, watch, systemClock),
    listeners: () => listeners,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function fact(tenantId: string | null, object: string): AuditFact {
  return {
    tenantId,
    actor: { kind: 'core' },
    source: null,
    requestId: null,
    action: 'createApplication',
    object,
    outcome: 'done',
    problem: null,
    before: null,
    after: null,
  }
}
