import { chmodSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { scratchFile } from '../../test/support/store-databases.ts'
import { SqliteError, SqliteLink } from './sqlite-link.ts'
import { StoreUnavailableError } from './store-error.ts'

describe('the link to the SQLite worker', () => {
  it.each([
    ['process', 1],
    ['fsync', 2],
  ] as const)('commits so that it survives the end of: %s', async (durability, synchronous) => {
    await using link = await SqliteLink.open({ path: await scratchFile(), durability })
    const settings = await Promise.all(
      ['synchronous', 'journal_mode', 'locking_mode'].map((name) => link.query(`PRAGMA ${name}`, [])),
    )
    expect(settings.map(({ rows }) => rows[0]?.[0])).toEqual([synchronous, 'wal', 'exclusive'])
  })

  it('takes its file and the log of it from everybody else, also where others could read them before', async () => {
    const path = await scratchFile()
    const modes = (): readonly number[] => [path, `${path}-wal`].map((file) => statSync(file).mode & 0o777)
    {
      await using link = await SqliteLink.open({ path, durability: 'process' })
      await link.execute('CREATE TABLE _prisma_migrations (x)', [])
      expect(modes()).toEqual([0o600, 0o600])
    }
    chmodSync(path, 0o644)
    await using link = await SqliteLink.open({ path, durability: 'process' })
    await link.execute('INSERT INTO _prisma_migrations VALUES (1)', [])
    expect(modes()).toEqual([0o600, 0o600])
  })

  it('keeps what others ask for out of a transaction', async () => {
    await using link = await SqliteLink.open({ path: await scratchFile(), durability: 'process' })
    await link.execute('CREATE TABLE t (x)', [])
    const transaction = await link.beginTransaction()
    await transaction.execute('BEGIN', [])
    await transaction.execute('INSERT INTO t VALUES (?)', ['rolled back'])
    const other = link.executeRows('INSERT INTO t VALUES (?)', [['kept'], ['kept as well']])
    await transaction.execute('ROLLBACK', [])
    transaction.end()
    await other
    expect((await link.query('SELECT x FROM t', [])).rows).toEqual([['kept'], ['kept as well']])
  })

  it('writes all rows or none', async () => {
    await using link = await SqliteLink.open({ path: await scratchFile(), durability: 'process' })
    await link.execute('CREATE TABLE t (x NOT NULL)', [])
    await expect(link.executeRows('INSERT INTO t VALUES (?)', [[1], [null], [3]])).rejects.toThrow(SqliteError)
    await expect(link.runScript('INSERT INTO t VALUES (1); INSERT INTO nowhere VALUES (1)')).rejects.toThrow('nowhere')
    expect((await link.query('SELECT x FROM t', [])).rows).toEqual([])
  })

  it('refuses a script that breaks a reference, but only at its end', async () => {
    await using link = await SqliteLink.open({ path: await scratchFile(), durability: 'process' })
    await link.runScript('CREATE TABLE a (id PRIMARY KEY); CREATE TABLE b (a REFERENCES a (id))')
    await link.runScript('INSERT INTO b VALUES (1); INSERT INTO a VALUES (1)')
    await expect(link.runScript('INSERT INTO b VALUES (2)')).rejects.toThrow('foreign_key_check')
    await expect(link.execute('INSERT INTO b VALUES (2)', [])).rejects.toThrow('FOREIGN KEY')
    expect((await link.query('SELECT a FROM b', [])).rows).toEqual([[1]])
  })

  it('answers nothing once it is closed', async () => {
    const link = await SqliteLink.open({ path: await scratchFile(), durability: 'process' })
    await link[Symbol.asyncDispose]()
    await link[Symbol.asyncDispose]()
    await expect(link.query('SELECT 1', [])).rejects.toThrow(StoreUnavailableError)
  })
})
