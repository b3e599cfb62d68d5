/**
 * The ledger of a real node: one SQLite file with one owner. In WAL mode with
 * `synchronous = NORMAL` a commit survives the death of the process; what a
 * power cut takes from it, it takes from the pods as well.
 */
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { unreachable } from '@fornax/kernel/assert'
import { newId } from '@fornax/kernel/ids'
import type { NodeSession } from '@fornax/node-model/node-session-state'
import { epochMarksRow, podRow, sessionRow, versionRow } from './ledger-rows.ts'
import { LedgerFullError, type Ledger, type LedgerChange, type LedgerContents } from './ledger.ts'

/** Raised with every change of the tables. A file of a newer number is not touched. */
const FORMAT = 1

const TABLES = `
  CREATE TABLE node (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE versions (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE pods (id TEXT PRIMARY KEY, phase TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE sessions (id TEXT PRIMARY KEY, phase TEXT NOT NULL, body TEXT NOT NULL, data BLOB);
  CREATE TABLE port_rests (port INTEGER PRIMARY KEY, until_ms INTEGER NOT NULL);
  PRAGMA user_version = ${FORMAT};
`

export type OpenLedgerResult =
  | { readonly kind: 'opened'; readonly ledger: Ledger }
  /** The file could not be read: it was put aside, and the node begins anew. */
  | { readonly kind: 'replaced'; readonly ledger: Ledger; readonly keptAs: string; readonly why: string }
  /** Nothing was changed. `problem` says what to do. */
  | { readonly kind: 'refused'; readonly problem: string }

/** Opens the ledger at a path, or makes it. */
export function openSqliteLedger(path: string): OpenLedgerResult {
  try {
    return { kind: 'opened', ledger: new SqliteLedger(path) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const code = sqliteCodeOf(error)
    if (error instanceof BrokenLedgerError || BROKEN_CODES.includes(code)) return replace(path, why)
    if (code === SQLITE_BUSY)
      return { kind: 'refused', problem: `another agent uses ${path}; stop it, or use another data folder` }
    if (error instanceof NewerLedgerError) return { kind: 'refused', problem: why }
    return { kind: 'refused', problem: `${path} cannot be opened (${why}); check that its folder is writable` }
  }
}

const SQLITE_BUSY = 5
const SQLITE_FULL = 13
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const BROKEN_CODES: readonly number[] = [11, 26]

function sqliteCodeOf(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : 0
  return typeof code === 'number' ? code & 0xff : 0
}

function replace(path: string, why: string): OpenLedgerResult {
  let count = 1
  while (existsSync(`${path}.broken-${count}`)) count += 1
  const keptAs = `${path}.broken-${count}`
  renameSync(path, keptAs)
  rmSync(`${path}-wal`, { force: true })
  rmSync(`${path}-shm`, { force: true })
  return { kind: 'replaced', ledger: new SqliteLedger(path), keptAs, why }
}

class NewerLedgerError extends Error {
  override readonly name = 'NewerLedgerError'
}

/** It can be opened, but makes no sense. */
class BrokenLedgerError extends Error {
  override readonly name = 'BrokenLedgerError'
}

class SqliteLedger implements Ledger {
  readonly #database: DatabaseSync
  readonly #statements: Statements

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    try {
      prepareFile(this.#database, path)
      this.#statements = prepareStatements(this.#database)
      this.load()
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  load(): LedgerContents {
    try {
      return this.#read()
    } catch (cause) {
      throw new BrokenLedgerError('it holds rows that make no sense', { cause })
    }
  }

  #read(): LedgerContents {
    const node = new Map(this.#rows('SELECT name, value FROM node').map((row) => [row['name'], row['value']]))
    const ledgerId = node.get('ledgerId')
    if (typeof ledgerId !== 'string') throw new BrokenLedgerError('it has no id')
    return {
      ledgerId,
      revision: Number(node.get('revision')),
      epochMarks: epochMarksRow.parse(JSON.parse(String(node.get('epochMarks')))),
      versions: this.#rows('SELECT body FROM versions').map((row) => versionRow.parse(bodyOf(row))),
      pods: this.#rows('SELECT body FROM pods').map((row) => podRow.parse(bodyOf(row))),
      sessions: this.#rows('SELECT body, data FROM sessions').map(toSession),
      portRests: this.#rows('SELECT port, until_ms FROM port_rests').map((row) => ({
        port: Number(row['port']),
        untilMs: Number(row['until_ms']),
      })),
    }
  }

  commit(changes: readonly LedgerChange[], revision: number): void {
    this.#statements.begin.run()
    try {
      for (const change of changes) write(this.#statements, change)
      this.#statements.setNode.run('revision', String(revision))
      this.#statements.commit.run()
    } catch (cause) {
      // A full disk has already rolled back.
      if (this.#database.isTransaction) this.#statements.rollback.run()
      if (sqliteCodeOf(cause) === SQLITE_FULL) throw new LedgerFullError('there is no room for the ledger', { cause })
      throw new Error('writing the ledger', { cause })
    }
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #rows(query: string): Record<string, SQLOutputValue>[] {
    return this.#database.prepare(query).all()
  }
}

function prepareFile(database: DatabaseSync, path: string): void {
  // For its owner alone, whatever the folder and the umask are; the log that stands beside it is made like it.
  for (const file of [path, `${path}-wal`]) if (existsSync(file)) chmodSync(file, 0o600)
  // One owner: the lock is held until the process ends, however it ends.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec('BEGIN IMMEDIATE; COMMIT')
  const format = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (format > FORMAT) throw new NewerLedgerError(`${path} was written by a newer agent; start that one`)
  if (format === FORMAT) return
  const found = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables']
  if (found !== 0) throw new BrokenLedgerError('it is not a ledger')
  database.exec(`BEGIN; ${TABLES}`)
  const insert = database.prepare('INSERT INTO node VALUES (?, ?)')
  for (const [name, value] of Object.entries({ ledgerId: newId('led'), revision: '0', epochMarks: '[]' }))
    insert.run(name, value)
  database.exec('COMMIT')
}

function prepareStatements(database: DatabaseSync) {
  return {
    begin: database.prepare('BEGIN'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    setNode: database.prepare('UPDATE node SET value = ?2 WHERE name = ?1'),
    putVersion: database.prepare('INSERT OR REPLACE INTO versions VALUES (?, ?)'),
    removeVersion: database.prepare('DELETE FROM versions WHERE id = ?'),
    putPod: database.prepare('INSERT OR REPLACE INTO pods VALUES (?, ?, ?)'),
    removePod: database.prepare('DELETE FROM pods WHERE id = ?'),
    putSession: database.prepare('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)'),
    removeSession: database.prepare('DELETE FROM sessions WHERE id = ?'),
    putPortRest: database.prepare('INSERT OR REPLACE INTO port_rests VALUES (?, ?)'),
    removePortRest: database.prepare('DELETE FROM port_rests WHERE port = ?'),
  } satisfies Record<string, StatementSync>
}

type Statements = ReturnType<typeof prepareStatements>

function write(statements: Statements, change: LedgerChange): void {
  switch (change.kind) {
    case 'putPod':
      statements.putPod.run(change.row.pod.podId, change.row.pod.phase, JSON.stringify(change.row))
      return
    case 'removePod':
      statements.removePod.run(change.podId)
      return
    case 'putSession':
      writeSession(statements, change.session)
      return
    case 'removeSession':
      statements.removeSession.run(change.sessionId)
      return
    case 'putVersion':
      statements.putVersion.run(change.version.versionId, JSON.stringify(change.version))
      return
    case 'removeVersion':
      statements.removeVersion.run(change.versionId)
      return
    case 'putEpochMarks':
      statements.setNode.run('epochMarks', JSON.stringify(change.marks))
      return
    case 'putPortRest':
      statements.putPortRest.run(change.rest.port, change.rest.untilMs)
      return
    case 'removePortRest':
      statements.removePortRest.run(change.port)
      return
    default:
      unreachable(change)
  }
}

function writeSession(statements: Statements, session: NodeSession): void {
  const { order, ...rest } = session
  const body = JSON.stringify({ ...rest, env: order === null ? null : order.env })
  statements.putSession.run(session.sessionId, session.phase, body, order === null ? null : order.data)
}

function toSession(row: Record<string, SQLOutputValue>): NodeSession {
  const { env, ...rest } = sessionRow.parse(bodyOf(row))
  const data = row['data']
  if (env === null) return { ...rest, order: null }
  return { ...rest, order: { env, data: data instanceof Uint8Array ? data : new Uint8Array() } }
}

function bodyOf(row: Record<string, SQLOutputValue>): unknown {
  return JSON.parse(String(row['body']))
}
