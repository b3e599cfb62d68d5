/**
 * What the store needs of a database beside Prisma: migrations, the few reads that must be fast, and group commits.
 * One implementation for each provider: `sqlite-database.ts` and `postgres-database.ts`.
 */
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'

export type Provider = 'sqlite' | 'postgresql'

export type SqlValue = string | number | bigint | null | Uint8Array

/** A row as the driver gives it; parsed by `…-rows.ts`. */
export type Row = Readonly<Record<string, unknown>>

/** A table that is written in groups. */
export type Table = {
  readonly name: string
  /** The first is the primary key. */
  readonly columns: readonly Column[]
}

export type Column = { readonly name: string; readonly type: 'text' | 'int' | 'bigint' | 'json' | 'bytes' }

export type Database = AsyncDisposable & {
  readonly provider: Provider
  /** As people know it, without a password: for messages. */
  readonly label: string
  /** Through which Prisma's client reaches this database. Disposing the client leaves the database open. */
  readonly adapter: SqlDriverAdapterFactory
  /** Runs one statement; every `?` in it is an argument. */
  query(sql: string, args: readonly SqlValue[]): Promise<readonly Row[]>
  /** Writes all rows, or none; settles when they are durable. A row with a known key replaces the one before. */
  upsert(table: Table, rows: readonly (readonly SqlValue[])[]): Promise<void>
  /** Runs several statements as one transaction; constraints between tables are checked at its end. */
  runScript(sql: string): Promise<void>
  /** Runs `work` while no other core, and no Prisma, migrates this database. */
  whileMigrating<Result>(work: () => Promise<Result>): Promise<Result>
  /** The names of the tables there are. */
  tableNames(): Promise<readonly string[]>
  /** Whether it is the rows that were refused, and not the database that failed. */
  isRowFault(error: unknown): boolean
  /** What an error says about the database; null when it says nothing about it. */
  explain(error: unknown): Error | null
}
