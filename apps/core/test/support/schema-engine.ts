/**
 * Prisma's schema engine, as the WebAssembly that Prisma publishes: it tells the difference between the migrations
 * and the models, and needs neither a download nor a program of its own.
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
import { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import type { Provider } from '../../src/store/database.ts'
import { readMigrations } from '../../src/store/migrations.ts'
import { sqliteAdapter } from '../../src/store/sqlite-adapter.ts'
import { SqliteLink } from '../../src/store/sqlite-link.ts'

export const PRISMA_FOLDER = dirname(fileURLToPath(import.meta.resolve('@fornax/prisma/package.json')))

/** The SQL that is missing from the migrations; empty when they make exactly the models. */
export async function missingMigration(
  provider: Provider,
  adapter: SqlMigrationAwareDriverAdapterFactory,
): Promise<string> {
  const files = schemaFiles(provider)
  const datamodels = files.map(({ path, content }): [string, string] => [path, content])
  const bound = bindMigrationAwareSqlAdapterFactory(adapter)
  const schemaEngine = await SchemaEngine.new({ datamodels }, () => undefined, bound)
  const migrations = await readMigrations(provider)
  const { stdout } = await schemaEngine.diff({
    from: {
      tag: 'migrations',
      baseDir: join(PRISMA_FOLDER, provider, 'migrations'),
      lockfile: { path: 'migration_lock.toml', content: `provider = "${provider}"` },
      shadowDbInitScript: '',
      migrationDirectories: migrations.map(({ name, sql }) => ({
        path: name,
        migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
      })),
    },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  })
  return stdout === null || stdout.includes('This is an empty migration') ? '' : stdout
}

/** The same for SQLite, which needs no server. */
export async function missingSqliteMigration(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fornax-schema-'))
  const links: SqliteLink[] = []
  const connect = async (): Promise<SqlDriverAdapter> => {
    const link = await SqliteLink.open({ path: join(folder, `${links.length}.db`), durability: 'process' })
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
    return await missingMigration('sqlite', {
      provider: 'sqlite',
      adapterName: 'scratch',
      connect,
      connectToShadowDb: connect,
    })
  } finally {
    await Promise.all(links.map((link) => link[Symbol.asyncDispose]()))
    await rm(folder, { recursive: true })
  }
}

/** The same for PostgreSQL, with a database to play the migrations on. */
export async function missingPostgresMigration(url: string): Promise<string> {
  const pool = charAsText(new pg.Pool({ connectionString: url }))
  const connect = (): Promise<SqlDriverAdapter> => new PrismaPg(pool).connect()
  try {
    return await missingMigration('postgresql', {
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
function charAsText(pool: pg.Pool): pg.Pool {
  const query = pool.query.bind(pool) as (query: pg.QueryConfig) => Promise<pg.QueryResult>
  const asText = async (asked: pg.QueryConfig): Promise<pg.QueryResult> => {
    const result = await query(asked)
    for (const field of result.fields) if (field.dataTypeID === CHAR) field.dataTypeID = TEXT
    return result
  }
  return Object.assign(pool, { query: asText })
}

function schemaFiles(provider: Provider): { path: string; content: string }[] {
  const models = readdirSync(join(PRISMA_FOLDER, 'models')).map((name) => join('models', name))
  return [join(provider, 'schema.prisma'), ...models].map((name) => {
    const path = join(PRISMA_FOLDER, name)
    return { path, content: readFileSync(path, 'utf8') }
  })
}
