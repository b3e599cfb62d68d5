/**
 * Brings a database to this version, with the migrations that Prisma's tools write and in the table that they keep,
 * so that both may be used on the same database. Each migration is one transaction: a start that fails half-way leaves
 * the database as it was before, or a whole migration further.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unreachable } from '@fornax/kernel/assert'
import type { Database, Provider } from './database.ts'
import { StoreUnavailableError } from './store-error.ts'

export type Migration = { readonly name: string; readonly checksum: string; readonly sql: string }

/** A row of Prisma's table, of those that were not rolled back. */
export type AppliedMigration = { readonly name: string; readonly isFinished: boolean }

export type MigrationPlan =
  | { readonly kind: 'apply'; readonly pending: readonly Migration[] }
  /** It went through migrations that this version does not know. */
  | { readonly kind: 'newer'; readonly names: readonly string[] }
  /** There are tables, and none of them is ours. */
  | { readonly kind: 'foreign'; readonly tables: readonly string[] }
  /** Another tool gave up half-way. */
  | { readonly kind: 'unfinished'; readonly name: string }

const HISTORY = '_prisma_migrations'

/** Decides what to do with a database; `applied` is null when it has no history. */
export function migrationPlan(
  known: readonly Migration[],
  applied: readonly AppliedMigration[] | null,
  tables: readonly string[],
): MigrationPlan {
  const names = new Set(known.map((migration) => migration.name))
  const appliedNames = new Set(applied?.map((migration) => migration.name))
  const unknown = [...appliedNames].filter((name) => !names.has(name))
  const isForeign =
    appliedNames.size > 0 ? unknown.length === appliedNames.size : tables.some((name) => name !== HISTORY)
  if (isForeign) return { kind: 'foreign', tables }
  if (unknown.length > 0) return { kind: 'newer', names: unknown }
  const unfinished = applied?.find((migration) => !migration.isFinished)
  if (unfinished !== undefined) return { kind: 'unfinished', name: unfinished.name }
  return { kind: 'apply', pending: known.filter((migration) => !appliedNames.has(migration.name)) }
}

/** Applies what is missing; fails with a `StoreUnavailableError` when the database is not one for this version. */
export async function migrate(
  database: Database,
  known: readonly Migration[],
  nowMs: number,
): Promise<readonly string[]> {
  if ((await pendingOf(database, known)).length === 0) return []
  return database.whileMigrating(async () => {
    const pending = await pendingOf(database, known) // Another core may have been faster.
    for (const migration of pending) await database.runScript(scriptOf(database.provider, migration, nowMs))
    return pending.map((migration) => migration.name)
  })
}

/** All migrations of this version, oldest first. */
export async function readMigrations(provider: Provider): Promise<readonly Migration[]> {
  const folder = join(
    dirname(fileURLToPath(import.meta.resolve('@fornax/prisma/package.json'))),
    provider,
    'migrations',
  )
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

async function pendingOf(database: Database, known: readonly Migration[]): Promise<readonly Migration[]> {
  const tables = await database.tableNames()
  const applied = tables.includes(HISTORY) ? await appliedMigrations(database) : null
  const plan = migrationPlan(known, applied, tables)
  switch (plan.kind) {
    case 'apply':
      return plan.pending
    case 'newer': {
      const remedy = `Start that version of Fornax, or put back a backup from before it.`
      const message = `The database ${database.label} was made by a newer version of Fornax (${plan.names.join(', ')}).`
      throw new StoreUnavailableError(message, remedy)
    }
    case 'foreign': {
      const remedy = 'Give Fornax a database of its own.'
      const message = `The database ${database.label} belongs to something else (${plan.tables.slice(0, 5).join(', ')}).`
      throw new StoreUnavailableError(message, remedy)
    }
    case 'unfinished': {
      const remedy = `Put back a backup, or finish it with \`prisma migrate resolve\`.`
      const message = `The migration ${plan.name} of the database ${database.label} was not finished.`
      throw new StoreUnavailableError(message, remedy)
    }
    default:
      return unreachable(plan)
  }
}

async function appliedMigrations(database: Database): Promise<readonly AppliedMigration[]> {
  const rows = await database.query(
    `SELECT migration_name, CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END AS is_finished FROM ${HISTORY}
      WHERE rolled_back_at IS NULL`,
    [],
  )
  return rows.map((row) => ({ name: String(row['migration_name']), isFinished: Number(row['is_finished']) === 1 }))
}

/** The names come from our own folders, so that they need no escaping. */
function scriptOf(provider: Provider, migration: Migration, nowMs: number): string {
  const now = provider === 'sqlite' ? `${nowMs}` : `to_timestamp(${nowMs / 1_000})`
  const columns = 'id, checksum, finished_at, migration_name, started_at, applied_steps_count'
  return `${HISTORY_TABLE[provider]};
${migration.sql}
;INSERT INTO ${HISTORY} (${columns})
  VALUES ('${randomUUID()}', '${migration.checksum}', ${now}, '${migration.name}', ${now}, 1);`
}

/** As Prisma's tools create it. */
const HISTORY_TABLE: Readonly<Record<Provider, string>> = {
  sqlite: `CREATE TABLE IF NOT EXISTS ${HISTORY} (id TEXT PRIMARY KEY NOT NULL, checksum TEXT NOT NULL,
    finished_at DATETIME, migration_name TEXT NOT NULL, logs TEXT, rolled_back_at DATETIME,
    started_at DATETIME NOT NULL DEFAULT current_timestamp, applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0)`,
  postgresql: `CREATE TABLE IF NOT EXISTS ${HISTORY} (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`,
}
