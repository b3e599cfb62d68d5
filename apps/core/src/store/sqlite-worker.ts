/**
 * The one owner of the database file. Runs in a worker thread, so that neither a commit nor a long read ever holds up
 * the core. The file is locked for as long as this thread lives: the operating system takes the lock back when the
 * process dies, so there are no stale ones.
 */
import { chmodSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { invariant, unreachable } from '@fornax/kernel/assert'
import type { SqlValue } from './database.ts'
import type { ResultSet, SqliteAnswer, SqliteOpening, SqliteReply, SqliteRequest } from './sqlite-protocol.ts'

/** How long to wait for a core that is just leaving. */
const LOCK_WAIT_MS = 1_000
/** Reading a file of this size through takes less than a tenth of a second. */
const CHECKED_BYTES_MAX = 16 * 2 ** 20
const STATEMENTS_MAX = 200
/** What the log is cut back to after it grew beyond that. */
const LOG_BYTES_MAX = 64 * 2 ** 20
const OWNER_ONLY = 0o700
const SQLITE_CORRUPT = 11

/** A failure that SQLite reports as a row, not as an error. */
class IntegrityError extends Error {
  readonly errcode = SQLITE_CORRUPT
}

function serve(): void {
  const port = parentPort
  invariant(port, 'this file runs as a worker')
  const { path, durability }: SqliteOpening = workerData
  let owner: Owner | null = null
  const reply = (work: () => SqliteAnswer): void => port.postMessage(settle(work))
  reply(() => {
    owner = new Owner(path, durability)
    return null
  })
  port.on('message', (request: SqliteRequest) => {
    reply(() => owner?.answer(request) ?? null)
    if (request.kind === 'close') port.close()
  })
}

/** For its owner alone, whatever the folder and the umask are; the log gets the mode of the file. No lock is lost by it. */
function keepPrivate(path: string): void {
  for (const file of [path, `${path}-wal`]) {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.uid === process.geteuid?.() && found !== undefined) chmodSync(file, found.mode & OWNER_ONLY)
  }
}

function settle(work: () => SqliteAnswer): SqliteReply {
  try {
    return { kind: 'done', answer: work() }
  } catch (error) {
    const errcode = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    return {
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
      errcode: errcode ? Number(error.errcode) : null,
    }
  }
}

class Owner {
  readonly #db: DatabaseSync
  /** Prepared statements, least recently used first. */
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string, durability: SqliteOpening['durability']) {
    this.#db = new DatabaseSync(path, { timeout: LOCK_WAIT_MS })
    try {
      this.#begin(path, durability)
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  answer(request: SqliteRequest): SqliteAnswer {
    switch (request.kind) {
      case 'query':
        return this.#query(request.sql, request.args)
      case 'execute':
        return Number(this.#prepared(request.sql).run(...request.args).changes)
      case 'executeRows':
        return this.#transaction(() => {
          const statement = this.#prepared(request.sql)
          for (const row of request.rows) statement.run(...row)
        })
      case 'script':
        return this.#script(request.sql)
      case 'close':
        this.#db.close()
        return null
      default:
        return unreachable(request)
    }
  }

  #begin(path: string, durability: SqliteOpening['durability']): void {
    // Before the first access: then the index of the log lives in this process's memory, not in a file to share.
    this.#db.exec('PRAGMA locking_mode = EXCLUSIVE')
    this.#db.exec('BEGIN EXCLUSIVE; COMMIT')
    if (this.#isOurs()) {
      keepPrivate(path)
      this.#db.exec('PRAGMA journal_mode = WAL')
    }
    this.#db.exec(`PRAGMA synchronous = ${durability === 'fsync' ? 'FULL' : 'NORMAL'}`)
    this.#db.exec('PRAGMA foreign_keys = ON')
    this.#db.exec('PRAGMA temp_store = MEMORY')
    this.#db.exec(`PRAGMA journal_size_limit = ${LOG_BYTES_MAX}`)
    if (statSync(path).size <= CHECKED_BYTES_MAX) this.#check('quick_check')
  }

  /** Somebody else's database is refused in a moment, and must stay as it is. */
  #isOurs(): boolean {
    const tables = this.#db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
    return tables.length === 0 || tables.some(({ name }) => name === '_prisma_migrations')
  }

  #query(sql: string, args: readonly SqlValue[]): ResultSet {
    const statement = this.#prepared(sql)
    const columns = statement.columns().map(({ name, type }) => ({ name, type }))
    // A row is an array, as asked for, and the library's types say an object: this is true of both.
    const rows = statement.all(...args).map((row) => Object.values(row))
    return { columns, rows }
  }

  /** A migration may build a table anew, so that references hold only at its end. */
  #script(sql: string): null {
    this.#db.exec('PRAGMA foreign_keys = OFF')
    try {
      return this.#transaction(() => {
        this.#db.exec(sql)
        this.#check('foreign_key_check')
      })
    } finally {
      this.#db.exec('PRAGMA foreign_keys = ON')
    }
  }

  #transaction(work: () => void): null {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
      return null
    } catch (error) {
      // A full disk has already rolled back.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #check(pragma: 'quick_check' | 'foreign_key_check'): void {
    const faults = this.#db
      .prepare(`PRAGMA ${pragma}`)
      .all()
      .filter((row) => row['quick_check'] !== 'ok')
    if (faults.length > 0) throw new IntegrityError(`${pragma}: ${JSON.stringify(faults.slice(0, 3))}`)
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    const statement = known ?? this.#db.prepare(sql)
    if (known === undefined) statement.setReturnArrays(true)
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > STATEMENTS_MAX) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest)
        break
      }
    }
    return statement
  }
}

// Last, because a class does not exist before its line.
serve()
