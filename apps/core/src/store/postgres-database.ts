/** PostgreSQL, through one pool of connections, for Prisma and for what is hot. */
import { PrismaPg } from '@prisma/adapter-pg'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { Pool, type PoolClient } from 'pg'
import type { Column, Database, SqlValue, Table } from './database.ts'
import { explainPostgres, isConnectionLost, isPostgresRowFault, postgresLabel } from './postgres-errors.ts'
import { PatientRetry } from './patient-retry.ts'
import { StoreUnavailableError } from './store-error.ts'

const CONNECTIONS_MAX = 10
const CONNECT_TIMEOUT_MS = 5_000
/** A network that swallows packets must not hold a group of sessions forever. */
const QUERY_TIMEOUT_MS = 30_000
/** How long a group of sessions waits for a server that restarts. */
const PATIENCE_MS = 10_000
/** The number that Prisma's own tools lock while they migrate. */
const MIGRATION_LOCK = 72_707_369

export type PostgresOptions = { readonly url: string; readonly clock: Clock; readonly log: Log }

/** Connects once, to fail early and clearly when the server cannot be used. */
export async function openPostgres({ url, clock, log }: PostgresOptions): Promise<Database> {
  const label = postgresLabel(url)
  const pool = poolOf(url, label)
  pool.on('error', (error) => log.warn({ reason: error.message }, 'an idle connection to PostgreSQL was lost'))
  const explain = (error: unknown): StoreUnavailableError | null => explainPostgres(label, error)
  const explained = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error: unknown) => {
      throw explain(error) ?? error
    })
  const retry = new PatientRetry({ clock, patienceMs: PATIENCE_MS, isWorthIt: isConnectionLost })

  try {
    await pool.query('SELECT 1')
  } catch (error) {
    await pool.end()
    throw explain(error) ?? error
  }
  return {
    provider: 'postgresql',
    label,
    adapter: new PrismaPg(pool, { onPoolError: () => undefined }),
    query: async (sql, args) => {
      const result = await explained(pool.query<Record<string, unknown>>(numbered(sql), [...args]))
      return result.rows
    },
    upsert: (table, rows) => explained(retry.run(() => upsert(pool, table, rows))),
    runScript: (sql) => explained(withClient(pool, (client) => runScript(client, sql))),
    whileMigrating: (work) => explained(withClient(pool, (client) => whileLocked(client, work))),
    tableNames: async () => {
      const { rows } = await explained(pool.query<{ tablename: string }>(TABLE_NAMES))
      return rows.map((row) => row.tablename)
    },
    isRowFault: isPostgresRowFault,
    explain,
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

const TABLE_NAMES = 'SELECT tablename FROM pg_tables WHERE schemaname = current_schema()'

function poolOf(url: string, label: string): Pool {
  try {
    return new Pool({
      connectionString: url,
      application_name: 'fornax',
      max: CONNECTIONS_MAX,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    })
  } catch (error) {
    const remedy = 'It looks like postgresql://user:password@host:5432/database.'
    throw new StoreUnavailableError(`DATABASE_URL cannot be understood (${label}).`, remedy, error)
  }
}

async function upsert(pool: Pool, table: Table, rows: readonly (readonly SqlValue[])[]): Promise<void> {
  const values = table.columns.map(({ type }, index) => rows.map((row) => storable(row[index] ?? null, type)))
  await pool.query({ name: `upsert_${table.name}`, text: upsertSql(table), values })
}

/** One array for each column: half the server's work of the same rows as JSON. */
function upsertSql({ name, columns }: Table): string {
  const names = columns.map((column) => column.name)
  const [key, ...others] = names
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${ARRAY_TYPES[type]}`)
  const taken = columns.map((column) => (column.type === 'json' ? `${column.name}::jsonb` : column.name))
  return `INSERT INTO ${name} (${names.join(', ')}) SELECT ${taken.join(', ')}
    FROM unnest(${arrays.join(', ')}) AS given (${names.join(', ')})
    ON CONFLICT (${key}) DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`
}

const ARRAY_TYPES: Readonly<Record<Column['type'], string>> = {
  text: 'text[]',
  int: 'int[]',
  bigint: 'bigint[]',
  json: 'text[]',
  bytes: 'bytea[]',
}

const UNSTORABLE = /\0|[\ud800-\udfff]/u
const UNSTORABLE_JSON = /\\u(?:0000|d[89a-f])/i

/**
 * PostgreSQL has no character 0 and no half characters. Both come from applications (a last log line, say), and must
 * not keep a session from being recorded: they become the replacement character.
 */
function storable(value: SqlValue, type: Column['type']): SqlValue {
  if (typeof value !== 'string') return value
  if (type !== 'json') return UNSTORABLE.test(value) ? replaced(value) : value
  if (!UNSTORABLE_JSON.test(value)) return value
  return JSON.stringify(JSON.parse(value, (_key, inner: unknown) => cleaned(inner)))
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return replaced(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [replaced(key), inner]))
}

function replaced(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

async function withClient<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  let failure: Error | undefined
  const onError = (error: Error): void => {
    failure = error // The query in flight fails as well, and is heard there.
  }
  client.on('error', onError)
  try {
    return await work(client)
  } catch (error) {
    failure ??= error instanceof Error ? error : new Error('a statement failed', { cause: error })
    throw error
  } finally {
    client.off('error', onError)
    client.release(failure)
  }
}

/** A failed transaction ends with its connection, which is not used again. */
async function runScript(client: PoolClient, sql: string): Promise<void> {
  await client.query('BEGIN')
  await client.query(sql)
  await client.query('COMMIT')
}

async function whileLocked<Result>(client: PoolClient, work: () => Promise<Result>): Promise<Result> {
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
  const result = await work()
  await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK])
  return result
}

function numbered(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => {
    count += 1
    return `$${count}`
  })
}
