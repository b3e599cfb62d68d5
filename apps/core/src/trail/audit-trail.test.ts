/** The rules of SPEC.md, on a real database that somebody else writes to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock, type Clock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { describe, expect, it, vi } from 'vitest'
import { openTestStore } from '../../test/support/store-databases.ts'
import { openAuditPen } from './audit-pen.ts'
import type { AuditFact, AuditRecord, AuditStore, ChainPoint } from './audit-record.ts'
import { AuditTrail, type AuditVerdict } from './audit-trail.ts'

const silent = createLog('core', 'silent')

describe('the chain', () => {
  it('T1: is whole when nobody touched it, over several lives of a core', async () => {
    using place = scratch()
    await place.during((trail) => many(trail, 1_200))
    await place.during((trail) => many(trail, 7))
    expect(await place.verify()).toEqual({ count: 1_207, firstNumber: 1, lastNumber: 1_207, problem: null })
  })

  it.each([
    [
      'a changed object',
      `UPDATE audit_records SET object = 'application/other' WHERE number = 7`,
      'record 7 was changed',
    ],
    ['a changed time', 'UPDATE audit_records SET at_ms = at_ms + 1 WHERE number = 7', 'record 7 was changed'],
    ['a changed outcome', `UPDATE audit_records SET outcome = 'done' WHERE number = 20`, 'record 20 was changed'],
    ['a record that is gone', 'DELETE FROM audit_records WHERE number = 7', 'record 7 is missing'],
    ['the first one gone', 'DELETE FROM audit_records WHERE number = 1', 'record 1 is missing'],
    [
      'two that changed places',
      'UPDATE audit_records SET number = CASE number WHEN 7 THEN -8 ELSE -7 END WHERE number IN (7, 8);' +
        'UPDATE audit_records SET number = -number WHERE number < 0',
      'record 7 was changed',
    ],
    ['the newest gone', 'DELETE FROM audit_records WHERE number > 15', 'records 16 to 20 are missing at the end'],
    ['a seal of somebody else', `UPDATE audit_records SET seal = 'AAAA' WHERE number = 20`, 'the seal of record 20'],
    ['a seal that is gone', 'UPDATE audit_records SET seal = NULL WHERE number = 20', 'are not sealed'],
  ])('T1, T2, T3: shows %s', async (_what, sql, problem) => {
    using place = scratch()
    await place.during((trail) => many(trail, 20))
    place.change(sql)
    expect((await place.verify()).problem).toContain(problem)
    // A core that goes on afterwards does not cover it up.
    await place.during((trail) => many(trail, 3))
    expect((await place.verify()).problem).not.toBeNull()
  })

  it('T2: shows one that was made anew from a changed record on, because nobody else can seal it', async () => {
    using place = scratch()
    await place.during((trail) => many(trail, 20))
    using forger = scratch()
    await forger.during(async (trail) => {
      for (let number = 1; number <= 20; number += 1) trail.record(fact(number === 7 ? 'forged' : `app-${number}`))
      await trail.written()
    })
    place.replaceBy(forger)
    expect((await place.verify()).problem).toContain('the seal of record 20')
  })

  it('T4: lets old records go, seals where it begins now, and shows a base that was moved', async () => {
    using place = scratch()
    let aheadMs = 0
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
    await place.during((trail) => many(trail, 20), { clock })
    aheadMs = 100_000
    await place.during((trail) => many(trail, 5), { clock })
    await place.during(async () => place.until(() => place.count() === 5), { clock, keptMs: 50_000 })
    expect(await place.verify()).toEqual({ count: 5, firstNumber: 21, lastNumber: 25, problem: null })
    place.change('DELETE FROM audit_records WHERE number = 21')
    expect((await place.verify()).problem).toBe('record 21 is missing')
    place.change(`UPDATE audit_base SET number = 21`)
    expect((await place.verify()).problem).toContain('the base at 21 is not signed')
  })
})

it('T4: is whole to one who verifies while old records go', async () => {
  using place = scratch()
  let aheadMs = 0
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
  await place.during((trail) => many(trail, 20), { clock })
  aheadMs = 100_000
  await place.during((trail) => many(trail, 5), { clock })
  await using store = await openTestStore(`file:${place.database}`)
  const pen = openAuditPen(place.folder, silent)
  // Retention begins when the verifier has read the base.
  const bases = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  let asked = 0
  const racing: AuditStore = {
    ...store.audit,
    auditBase: async () => {
      const base = await store.audit.auditBase()
      asked += 1
      if (asked > 1) return base
      begun.resolve()
      await bases.promise
      return base
    },
  }
  await using verifier = await AuditTrail.open({ store: racing, pen, clock, log: silent, keptMs: null })
  const verdict = verifier.verify()
  await begun.promise
  {
    await using cleaner = await AuditTrail.open({ store: store.audit, pen, clock, log: silent, keptMs: 50_000 })
    await eventually(async () => (await store.audit.auditBase()) !== null)
    await cleaner.written()
  }
  bases.resolve()
  expect(await verdict).toEqual({ count: 5, firstNumber: 21, lastNumber: 25, problem: null })
})

it('T2: is verified while records keep coming, which are written in groups all the time', async () => {
  using place = scratch()
  await using store = await openTestStore(`file:${place.database}`)
  const groups: number[] = []
  const busy: AuditStore = {
    ...store.audit,
    addAuditRecords: async (records: readonly AuditRecord[]) => {
      groups.push(records.length)
      trail.record(fact('meanwhile'))
      await store.audit.addAuditRecords(records)
      setImmediate(() => trail.record(fact('a little later')))
    },
  }
  const pen = openAuditPen(place.folder, silent)
  await using trail = await AuditTrail.open({ store: busy, pen, clock: systemClock, log: silent, keptMs: null })
  for (let number = 1; number <= 30; number += 1) trail.record(fact(`app-${number}`))
  const verdict = await trail.verify()
  expect(verdict.problem).toBeNull()
  expect(verdict.count).toBeGreaterThanOrEqual(30)
  await eventually(async () => groups.length > 5)
  expect(groups.slice(0, 6)).toEqual([30, 2, 2, 2, 2, 2])
})

it('T8: loses nothing that comes while the database writes', async () => {
  using place = scratch()
  await using store = await openTestStore(`file:${place.database}`)
  let isFirst = true
  const busy: AuditStore = {
    ...store.audit,
    addAuditRecords: async (records: readonly AuditRecord[]) => {
      if (isFirst) for (const name of ['second', 'third']) trail.record(fact(name))
      isFirst = false
      await store.audit.addAuditRecords(records)
    },
  }
  const pen = openAuditPen(place.folder, silent)
  await using trail = await AuditTrail.open({ store: busy, pen, clock: systemClock, log: silent, keptMs: null })
  trail.record(fact('first'))
  await trail.written()
  await trail.written()
  const written = await store.audit.auditRecordsFrom(1, 10)
  expect(written.map(({ object }) => object)).toEqual(['first', 'second', 'third'].map((name) => `application/${name}`))
})

it.each(['', '{"number":', '{"number":"x"}'])(
  'T3: a core starts with a head that was torn to %j, and says so',
  async (torn) => {
    using place = scratch()
    await openAuditPen(place.folder, silent).noteHead({ number: 7, hash: 'f'.repeat(64) })
    writeFileSync(join(place.folder, 'audit-head.json'), torn)
    const log = createLog('core', 'silent')
    const error = vi.spyOn(log, 'error')
    expect(openAuditPen(place.folder, log).head).toBeNull()
    expect(error).toHaveBeenCalledOnce()
  },
)

it('T8: goes on while the disk takes its time for the head, which is noted whole before the end', async () => {
  using place = scratch()
  await using store = await openTestStore(`file:${place.database}`)
  const pen = openAuditPen(place.folder, silent)
  const disk = Promise.withResolvers<void>()
  const noted: number[] = []
  const slow = {
    ...pen,
    noteHead: async (head: ChainPoint) => {
      noted.push(head.number)
      await disk.promise
      await pen.noteHead(head)
    },
  }
  {
    await using trail = await AuditTrail.open({
      store: store.audit,
      pen: slow,
      clock: systemClock,
      log: silent,
      keptMs: null,
    })
    for (let number = 1; number <= 3; number += 1) {
      trail.record(fact(`app-${number}`))
      await trail.written()
    }
    expect(noted).toEqual([1])
    disk.resolve()
  }
  expect(noted).toEqual([1, 3])
  expect(openAuditPen(place.folder, silent).head?.number).toBe(3)
})

it('T8: counts what found no room while the database failed, and writes the count down', async () => {
  using place = scratch()
  const store = await openTestStore(`file:${place.database}`)
  let isBroken = true
  const breaking: AuditStore = {
    ...store.audit,
    addAuditRecords: (records: readonly AuditRecord[]) =>
      isBroken ? Promise.reject(new Error('broken')) : store.audit.addAuditRecords(records),
  }
  const pen = openAuditPen(place.folder, silent)
  const log = createLog('core', 'silent')
  const trail = await AuditTrail.open({ store: breaking, pen, clock: systemClock, log, keptMs: null })
  for (let number = 0; number < 65_536 + 3; number += 1) trail.record(fact('x'))
  isBroken = false
  await trail.written()
  const [dropped] = await store.audit.auditRecordsFrom(501, 1)
  expect(dropped).toMatchObject({ action: 'dropRecords', after: '{"dropped":3}' })
  expect((await trail.verify()).problem).toBeNull()
  await trail[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 10_000
  while (!(await isTrue())) {
    if (Date.now() > endMs) throw new Error(`never came true: ${isTrue.toString()}`)
    await new Promise((done) => setTimeout(done, 10))
  }
}

function fact(name: string): AuditFact {
  return {
    tenantId: 'ten-1',
    actor: { kind: 'viewer', id: 'tok-1', role: 'admin' },
    source: '127.0.0.1',
    requestId: null,
    action: 'createApplication',
    object: `application/${name}`,
    outcome: 'refused',
    problem: 'ApplicationNameTaken',
    before: null,
    after: { name },
  }
}

async function many(trail: AuditTrail, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) trail.record(fact(`app-${number}`))
  await trail.written()
}

function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-trail-'))
  const database = join(folder, 'fornax.db')
  const withDatabase = <T>(act: (open: DatabaseSync) => T): T => {
    const open = new DatabaseSync(database)
    try {
      return act(open)
    } finally {
      open.close()
    }
  }
  const during = async <T>(
    act: (trail: AuditTrail) => Promise<T>,
    { clock = systemClock, keptMs = null }: { clock?: Clock; keptMs?: number | null } = {},
  ): Promise<T> => {
    await using store = await openTestStore(`file:${database}`)
    counting = async () => (await store.audit.auditRecordsFrom(0, 10_000)).length
    const options = { store: store.audit, pen: openAuditPen(folder, silent), clock, log: silent, keptMs }
    await using trail = await AuditTrail.open(options)
    return await act(trail)
  }
  let counting: () => Promise<number> = async () => 0
  let counted = -1
  return {
    folder,
    database,
    during,
    verify: (): Promise<AuditVerdict> => during((trail) => trail.verify()),
    change: (sql: string) => withDatabase((open) => open.exec(sql)),
    count: () => counted,
    until: async (isTrue: () => boolean): Promise<void> => {
      const endMs = Date.now() + 10_000
      for (counted = await counting(); !isTrue(); counted = await counting()) {
        if (Date.now() > endMs) throw new Error(`never came true: ${isTrue.toString()} (${counted})`)
        await new Promise((done) => setTimeout(done, 10))
      }
    },
    replaceBy: (other: { readonly database: string }) =>
      withDatabase((open) =>
        open.exec(
          `ATTACH '${other.database}' AS other; DELETE FROM audit_records;
           INSERT INTO audit_records SELECT * FROM other.audit_records`,
        ),
      ),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
