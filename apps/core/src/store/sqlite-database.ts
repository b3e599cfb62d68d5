/** The embedded database: one file, owned by one worker of one process. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Database, Row, Table } from './database.ts'
import { driverErrorOf } from './driver-error.ts'
import { StoreUnavailableError } from './store-error.ts'
import { sqliteAdapter } from './sqlite-adapter.ts'
import { SqliteError, SqliteLink } from './sqlite-link.ts'
import type { Durability, ResultSet } from './sqlite-protocol.ts'

export type SqliteDatabase = Database & {
  /** Takes back a file that was made by this opening: nothing half done is left behind. */
  discardIfNew(): Promise<void>
}

/** Opens or creates the file. Fails with a `StoreUnavailableError` when it cannot be used. */
export async function openSqlite(path: string, durability: Durability): Promise<SqliteDatabase> {
  const isNew = !existsSync(path) || statSync(path).size === 0
  try {
    mkdirSync(dirname(path), { recursive: true })
    // SQLite itself would open what may only be read, and fail later.
    accessSync(dirname(path), constants.R_OK | constants.W_OK | constants.X_OK)
    if (!isNew) accessSync(path, constants.R_OK | constants.W_OK)
    const link = await SqliteLink.open({ path, durability })
    writeOwner(path)
    return databaseOf(link, path, isNew)
  } catch (error) {
    if (isNew && !isLocked(error)) removeFiles(path)
    throw explain(path, error) ?? error
  }
}

function databaseOf(link: SqliteLink, path: string, isNew: boolean): SqliteDatabase {
  const close = async (): Promise<void> => {
    await link[Symbol.asyncDispose]()
    rmSync(ownerFile(path), { force: true })
  }
  return {
    provider: 'sqlite',
    label: path,
    adapter: sqliteAdapter(link),
    query: async (sql, args) => toRows(await explained(path, link.query(sql, args))),
    upsert: (table, rows) => explained(path, link.executeRows(upsertSql(table), rows)),
    runScript: (sql) => explained(path, link.runScript(sql)),
    whileMigrating: (work) => work(), // Nobody else has the file.
    tableNames: async () => {
      const { rows } = await explained(path, link.query(TABLE_NAMES, []))
      return rows.map(([name]) => String(name))
    },
    isRowFault,
    explain: (error) => explain(path, error),
    discardIfNew: async () => {
      await close()
      if (isNew) removeFiles(path)
    },
    [Symbol.asyncDispose]: close,
  }
}

const TABLE_NAMES = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`

function upsertSql({ name, columns }: Table): string {
  const names = columns.map((column) => column.name)
  const [key, ...others] = names
  return `INSERT INTO ${name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
    ON CONFLICT (${key}) DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`
}

function toRows({ columns, rows }: ResultSet): Row[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])))
}

async function explained<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw explain(path, error) ?? error
  }
}

const ROW_FAULTS = [18, 19, 20] // TOOBIG, CONSTRAINT, MISMATCH

/** A value that SQLite does not know never gets as far as a result code. */
function isRowFault(error: unknown): boolean {
  return error instanceof SqliteError && (error.primaryCode === null || ROW_FAULTS.includes(error.primaryCode))
}

function isLocked(error: unknown): boolean {
  return error instanceof SqliteError && (error.primaryCode === 5 || error.primaryCode === 6)
}

function explain(path: string, error: unknown): StoreUnavailableError | null {
  if (error instanceof StoreUnavailableError) return error
  if (error instanceof SqliteError) return explainCode(path, error)
  const { code, message } = driverErrorOf(error)
  switch (code) {
    case null:
      return null
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return notWritable(path, error)
    case 'ENOSPC':
    case 'EDQUOT':
      return full(path, error)
    default:
      // Through Prisma's client, SQLite's codes come as text.
      return /^\d+$/.test(code) ? explainCode(path, new SqliteError(message, Number(code))) : null
  }
}

function explainCode(path: string, error: SqliteError): StoreUnavailableError | null {
  switch (error.primaryCode) {
    case 5:
    case 6: {
      const remedy = `Stop that process first, or choose another data folder. Only one core can use this database.`
      return new StoreUnavailableError(`The database ${path} is in use${readOwner(path)}.`, remedy, error)
    }
    case 3:
    case 8:
    case 14:
    case 23:
      return notWritable(path, error)
    case 11:
    case 26: {
      const remedy = `Put back a backup of it, or move it away to begin with an empty database.`
      return new StoreUnavailableError(`The database ${path} is damaged: ${error.message}.`, remedy, error)
    }
    case 13:
      return full(path, error)
    case 10: {
      const remedy = `Look at the disk: it is full, gone or failing. The system's log says more.`
      return new StoreUnavailableError(
        `The database ${path} cannot be read or written: ${error.message}.`,
        remedy,
        error,
      )
    }
    default:
      return null
  }
}

function notWritable(path: string, cause: unknown): StoreUnavailableError {
  const remedy = `Let this user write to the folder ${dirname(path)} and to the files in it, or choose another data folder.`
  return new StoreUnavailableError(`The database ${path} cannot be opened for writing.`, remedy, cause)
}

function full(path: string, cause: unknown): StoreUnavailableError {
  const remedy = `Free some space on it, or choose a data folder on another disk.`
  return new StoreUnavailableError(`The disk of the database ${path} is full.`, remedy, cause)
}

/** Says who has the file, for the message to the second one. The lock itself is the operating system's. */
function ownerFile(path: string): string {
  return `${path}-owner`
}

function writeOwner(path: string): void {
  writeFileSync(ownerFile(path), `${process.pid}\n`)
}

function readOwner(path: string): string {
  try {
    return ` by process ${readFileSync(ownerFile(path), 'utf8').trim()}`
  } catch {
    return ' by another process' // It is just opening the file.
  }
}

function removeFiles(path: string): void {
  try {
    for (const suffix of ['', '-wal', '-shm', '-journal', '-owner']) rmSync(`${path}${suffix}`, { force: true })
  } catch {
    // Where nothing may be removed, nothing was made.
  }
}
