/**
 * Prisma's schema engine, as the WebAssembly that Prisma publishes: it tells the difference between the migrations
 * and the models, and what it thinks of a database. It needs neither a download nor a program of its own.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import { SchemaEngine, type DiagnoseMigrationHistoryOutput, type MigrationList } from '@prisma/schema-engine-wasm'
import { Pool, type QueryConfig, type QueryResult } from 'pg'
import type { Provider } from '../../src/store/database.ts'
import { readMigrations } from '../../src/store/migrations.ts'
import { sqliteAdapter } from '../../src/store/sqlite-adapter.ts'
import { SqliteLink } from '../../src/store/sqlite-link.ts'

export const PRISMA_FOLDER = dirname(fileURLToPath(import.meta.resolve('@fornax/prisma/package.json')))

type Question<Answer> = (provider: Provider, adapter: SqlMigrationAwareDriverAdapterFactory) => Promise<Answer>

/** The SQL that is missing from SQLite's migrations; empty when they make exactly the models. */
export function missingSqliteMigration(): Promise<string> {
  return askSqlite(null, missingMigration)
}

/** The same for PostgreSQL, with an empty database to play the migrations on. */
export function missingPostgresMigration(url: string): Promise<string> {
  return askPostgres(url, missingMigration)
}

/** What Prisma's own tools think of the history of a database. */
export function diagnoseSqliteHistory(path: string): Promise<DiagnoseMigrationHistoryOutput> {
  return askSqlite(path, diagnoseHistory)
}

export function diagnosePostgresHistory(url: string): Promise<DiagnoseMigrationHistoryOutput> {
  return askPostgres(url, diagnoseHistory)
}

const NO_FILTER = { externalTables: [], externalEnums: [] }

async function missingMigration(provider: Provider, adapter: SqlMigrationAwareDriverAdapterFactory): Promise<string> {
  const engine = await engineOn(provider, adapter)
  const { stdout } = await engine.diff({
    from: { tag: 'migrations', ...(await migrationList(provider)) },
    to: { tag: 'schemaDatamodel', files: schemaFiles(provider) },
    script: true,
    exitCode: null,
    filters: NO_FILTER,
  })
  return stdout === null || stdout.includes('This is an empty migration') ? '' : stdout
}

async function diagnoseHistory(
  provider: Provider,
  adapter: SqlMigrationAwareDriverAdapterFactory,
): Promise<DiagnoseMigrationHistoryOutput> {
  const engine = await engineOn(provider, adapter)
  const migrationsList = await migrationList(provider)
  return engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters: NO_FILTER })
}

function engineOn(provider: Provider, adapter: SqlMigrationAwareDriverAdapterFactory): Promise<SchemaEngine> {
  const datamodels = schemaFiles(provider).map(({ path, content }): [string, string] => [path, content])
  return SchemaEngine.new({ datamodels }, () => undefined, bindMigrationAwareSqlAdapterFactory(adapter))
}

async function migrationList(provider: Provider): Promise<MigrationList> {
  const migrations = await readMigrations(provider)
  return {
    baseDir: join(PRISMA_FOLDER, provider, 'migrations'),
    lockfile: { path: 'migration_lock.toml', content: `provider = "${provider}"` },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  }
}

function schemaFiles(provider: Provider): { path: string; content: string }[] {
  const models = readdirSync(join(PRISMA_FOLDER, 'models')).map((name) => join('models', name))
  return [join(provider, 'schema.prisma'), ...models].map((name) => {
    const path = join(PRISMA_FOLDER, name)
    return { path, content: readFileSync(path, 'utf8') }
  })
}

/** `path` is the database to ask about; null: an empty one. */
async function askSqlite<Answer>(path: string | null, ask: Question<Answer>): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), 'fornax-schema-'))
  const links: SqliteLink[] = []
  const open = async (file: string): Promise<SqlDriverAdapter> => {
    const link = await SqliteLink.open({ path: file, durability: 'process' })
    links.push(link)
    const adapter = await sqliteAdapter(link).connect()
    return {
      ...adapter,
      // The engine plays a whole migration as one statement,
      executeRaw: ({ sql }) => adapter.executeScript(sql).then(() => 0),
      // and puts a name into the wrong quotes, which this SQLite does not forgive.
      queryRaw: (query) => adapter.queryRaw({ ...query, sql: query.sql.replace(/(= )"(\w+)"/, "$1'$2'") }),
    }
  }
  try {
    return await ask('sqlite', {
      provider: 'sqlite',
      adapterName: 'scratch',
      connect: () => open(path ?? join(folder, 'main.db')),
      connectToShadowDb: () => open(join(folder, 'shadow.db')),
    })
  } finally {
    await Promise.all(links.map((link) => link[Symbol.asyncDispose]()))
    await rm(folder, { recursive: true })
  }
}

async function askPostgres<Answer>(url: string, ask: Question<Answer>): Promise<Answer> {
  const pool = charAsText(new Pool({ connectionString: url }))
  const connect = (): Promise<SqlDriverAdapter> => new PrismaPg(pool).connect()
  try {
    return await ask('postgresql', {
      provider: 'postgres',
      adapterName: 'scratch',
      connect,
      connectToShadowDb: connect,
    })
  } finally {
    await pool.end()
  }
}

const CHAR = 18
const TEXT = 25

/** The adapter refuses the type "char" of PostgreSQL's own tables, which the engine reads. */
function charAsText(pool: Pool): Pool {
  const query = pool.query.bind(pool) as (query: QueryConfig) => Promise<QueryResult>
  const asText = async (asked: QueryConfig): Promise<QueryResult> => {
    const result = await query(asked)
    for (const field of result.fields) if (field.dataTypeID === CHAR) field.dataTypeID = TEXT
    return result
  }
  return Object.assign(pool, { query: asText })
}
