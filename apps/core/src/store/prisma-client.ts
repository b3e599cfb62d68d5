/** The one importer of the generated clients. Everybody else sees one type of client, whatever the database. */
import { PrismaClient as PostgresClient } from '@fornax/prisma/postgresql/client'
import { PrismaClient as SqliteClient, type Prisma } from '@fornax/prisma/sqlite/client'
import type { Database } from './database.ts'

export type Client = SqliteClient
export type Transaction = Prisma.TransactionClient
export type ApplicationRow = Prisma.ApplicationGetPayload<{ include: { scalingPolicy: true } }>
export type VersionRow = Prisma.ApplicationVersionGetPayload<object>
export type PolicyRow = Prisma.ScalingPolicyGetPayload<object>
export type JsonDocument = Prisma.InputJsonObject

/** How long a transaction of a few statements may wait for its turn, and take. */
const TRANSACTION = { maxWait: 10_000, timeout: 10_000 }

export function openClient({ provider, adapter }: Database): Client {
  const options = { adapter, transactionOptions: TRANSACTION, errorFormat: 'minimal' } as const
  if (provider === 'sqlite') return new SqliteClient(options)
  // Both are generated from the same models: they differ in what PostgreSQL can do besides, which we do not use.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return new PostgresClient(options) as unknown as Client
}

/** Two of a kind, where there may be one. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2002'
}
