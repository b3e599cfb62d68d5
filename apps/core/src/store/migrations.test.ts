import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { describe, expect, it } from 'vitest'
import { findPostgres, startPostgres } from '../../test/support/postgres.ts'
import {
  diagnosePostgresHistory,
  diagnoseSqliteHistory,
  missingPostgresMigration,
  missingSqliteMigration,
} from '../../test/support/schema-engine.ts'
import { openTestStore, scratchFile } from '../../test/support/store-databases.ts'
import type { Database } from './database.ts'
import { migrate, migrationPlan, readMigrations, type AppliedMigration, type Migration } from './migrations.ts'
import { openPostgres } from './postgres-database.ts'
import { openSqlite } from './sqlite-database.ts'

const programs = findPostgres()

describe('the plan for a database', () => {
  const known = [migration('1_initial'), migration('2_more'), migration('3_most')]
  const applied = (...names: string[]): AppliedMigration[] => names.map((name) => ({ name, isFinished: true }))
  const history = '_prisma_migrations'

  it.each([
    ['an empty one gets everything', null, [], { kind: 'apply', pending: known }],
    ['an empty history counts as none', [], [history], { kind: 'apply', pending: known }],
    ['an older one gets the rest', applied('1_initial'), [history, 'a'], { kind: 'apply', pending: known.slice(1) }],
    [
      'one of this version gets nothing',
      applied(...known.map(({ name }) => name)),
      [history, 'a'],
      { kind: 'apply', pending: [] },
    ],
    ['a newer one is refused', applied('1_initial', '4_new'), [history, 'a'], { kind: 'newer', names: ['4_new'] }],
    ['one with tables and no history is refused', null, ['a'], { kind: 'foreign', tables: ['a'] }],
    ['one with another history is refused', applied('x'), [history, 'a'], { kind: 'foreign', tables: [history, 'a'] }],
    [
      'one that was left half-way is refused',
      [{ name: '1_initial', isFinished: false }],
      [history, 'a'],
      { kind: 'unfinished', name: '1_initial' },
    ],
  ])('%s', (_name, history_, tables, plan) => {
    expect(migrationPlan(known, history_, tables)).toEqual(plan)
  })
})

describe('the migrations', () => {
  it('have the same names for both databases', async () => {
    const names = async (provider: 'sqlite' | 'postgresql'): Promise<string[]> =>
      (await readMigrations(provider)).map(({ name }) => name)
    expect(await names('sqlite')).toEqual(await names('postgresql'))
  })

  it('make exactly the models on SQLite', async () => {
    expect(await missingSqliteMigration()).toBe('')
  })

  it('are known to Prisma as applied on SQLite, after we applied them', async () => {
    const path = await scratchFile()
    await (await openTestStore(`file:${path}`))[Symbol.asyncDispose]()
    expect(await diagnoseSqliteHistory(path)).toEqual(UP_TO_DATE)
  })

  it.skipIf(programs === null)('make exactly the models on PostgreSQL, and are known to Prisma there', async () => {
    await using server = await startPostgres(programs ?? '')
    expect(await missingPostgresMigration(await server.newDatabase())).toBe('')
    const url = await server.newDatabase()
    await (await openTestStore(url))[Symbol.asyncDispose]()
    expect(await diagnosePostgresHistory(url)).toEqual(UP_TO_DATE)
  })
})

describe('a migration that fails', () => {
  const broken = migration('9_broken', 'CREATE TABLE half (a INT); INSERT INTO nowhere VALUES (1)')
  const good = migration('9_broken', 'CREATE TABLE whole (a INT)')

  const leavesNothing = async (database: Database): Promise<void> => {
    const known = await readMigrations(database.provider)
    const names = known.map(({ name }) => name)
    expect(await migrate(database, known, 1)).toEqual(names)
    await expect(migrate(database, [...known, broken], 2)).rejects.toThrow('nowhere')
    expect(await database.tableNames()).not.toContain('half')
    expect(await migrate(database, [...known, good], 3)).toEqual(['9_broken'])
    expect(await migrate(database, [...known, good], 4)).toEqual([])
    expect(await database.tableNames()).toContain('whole')
    await expect(migrate(database, known, 5)).rejects.toThrow('newer version')
  }

  it('leaves nothing behind on SQLite', async () => {
    await using database = await openSqlite(await scratchFile(), 'process')
    await leavesNothing(database)
  })

  it.skipIf(programs === null)('leaves nothing behind on PostgreSQL', async () => {
    await using server = await startPostgres(programs ?? '')
    const log = createLog('test', 'silent')
    await using database = await openPostgres({ url: await server.newDatabase(), clock: systemClock, log })
    await leavesNothing(database)
  })
})

const UP_TO_DATE = { editedMigrationNames: [], failedMigrationNames: [], hasMigrationsTable: true, history: null }

function migration(name: string, sql = ''): Migration {
  return { name, checksum: 'c', sql }
}
