/** Opens the database that a URL names, brought to this version. */
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { HistoryStore } from '../history/history-store.ts'
import { DatabaseHistory } from './database-history.ts'
import type { Session } from '../sessions/session.ts'
import type { Database } from './database.ts'
import { migrate, readMigrations } from './migrations.ts'
import { openPostgres } from './postgres-database.ts'
import { PrismaStore } from './prisma-store.ts'
import { openSqlite } from './sqlite-database.ts'
import type { Durability } from './sqlite-protocol.ts'
import { StoreUnavailableError } from './store-error.ts'

export type OpenStoreOptions = {
  /** `postgresql://…`, or `file:` and the path of the embedded database, which is made when it is missing. */
  readonly databaseUrl: string
  /** What a commit of the embedded database survives. PostgreSQL decides itself, by its own settings. */
  readonly durability: Durability
  readonly clock: Clock
  readonly log: Log
  /** Told of each group of session rows that is durable. */
  readonly sessionsWritten?: (rows: readonly Session[]) => void
}

/** The store, and what was. */
export type OpenedStore = PrismaStore & { readonly history: HistoryStore }

/** Throws a `StoreUnavailableError` when the database cannot be used. Then nothing has changed in it. */
export async function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  const { databaseUrl, durability, clock, log } = options
  if (databaseUrl.startsWith('file:')) {
    const database = await openSqlite(sqlitePath(databaseUrl), durability)
    return storeOn(database, options, () => database.discardIfNew())
  }
  if (/^postgres(ql)?:/.test(databaseUrl)) {
    const database = await openPostgres({ url: databaseUrl, clock, log })
    return storeOn(database, options, async () => database[Symbol.asyncDispose]())
  }
  const remedy =
    'It begins with postgresql:// or with file: and a path. Without it, the database is in the data folder.'
  throw new StoreUnavailableError('DATABASE_URL names no database that Fornax knows.', remedy)
}

async function storeOn(
  database: Database,
  { clock, log, sessionsWritten }: OpenStoreOptions,
  giveUp: () => Promise<void>,
): Promise<OpenedStore> {
  try {
    const applied = await migrate(database, await readMigrations(database.provider), clock.nowMs())
    if (applied.length > 0)
      log.info({ database: database.label, migrations: applied }, 'the database was brought up to date')
    return Object.assign(new PrismaStore(database, clock, sessionsWritten), { history: new DatabaseHistory(database) })
  } catch (error) {
    await giveUp()
    throw error
  }
}

/** Taken as it is: the path of a data folder may hold anything. */
function sqlitePath(url: string): string {
  return url.slice('file:'.length).replace(/^\/\/(?=\/)/, '')
}
