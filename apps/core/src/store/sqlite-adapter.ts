/** Prisma's way to the SQLite worker: the driver adapter of a connection that somebody else owns. */
import {
  ColumnTypeEnum,
  DriverAdapterError,
  type ArgType,
  type ColumnType,
  type MappedError,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlQueryable,
  type SqlResultSet,
  type Transaction,
} from '@prisma/driver-adapter-utils'
import type { SqlValue } from './database.ts'
import { SqliteError, type SqliteLink, type SqliteStatements, type SqliteTransaction } from './sqlite-link.ts'
import type { ResultSet } from './sqlite-protocol.ts'

const IDENTITY = { provider: 'sqlite', adapterName: 'fornax-node-sqlite' } as const

export function sqliteAdapter(link: SqliteLink): SqlDriverAdapterFactory {
  return { ...IDENTITY, connect: () => Promise.resolve(adapterOf(link)) }
}

function adapterOf(link: SqliteLink): SqlDriverAdapter {
  return {
    ...queryableOf(link),
    executeScript: (script) => guarded(link.runScript(script)),
    startTransaction: async () => {
      const transaction = await guarded(link.beginTransaction())
      try {
        await guarded(transaction.execute('BEGIN IMMEDIATE', []))
      } catch (error) {
        transaction.end()
        throw error
      }
      return transactionOf(transaction)
    },
    getConnectionInfo: () => ({ supportsRelationJoins: false }),
    dispose: () => Promise.resolve(), // Whoever opened the link closes it.
  }
}

/** Prisma sends COMMIT and ROLLBACK as statements, and then says that it did. */
function transactionOf(transaction: SqliteTransaction): Transaction {
  const end = (): Promise<void> => {
    transaction.end()
    return Promise.resolve()
  }
  return { ...queryableOf(transaction), options: { usePhantomQuery: false }, commit: end, rollback: end }
}

function queryableOf(statements: SqliteStatements): SqlQueryable {
  return {
    ...IDENTITY,
    queryRaw: async (query) => toResultSet(await guarded(statements.query(query.sql, argsOf(query)))),
    executeRaw: (query) => guarded(statements.execute(query.sql, argsOf(query))),
  }
}

function argsOf(query: SqlQuery): SqlValue[] {
  return query.args.map((arg, index) => toSqlValue(arg, query.argTypes[index]))
}

function toSqlValue(arg: unknown, type: ArgType | undefined): SqlValue {
  if (arg === null || arg === undefined) return null
  if (typeof arg === 'boolean') return arg ? 1 : 0
  if (arg instanceof Uint8Array || typeof arg === 'number' || typeof arg === 'bigint') return arg
  if (typeof arg !== 'string') throw new TypeError(`not a value of SQLite: ${typeof arg}`)
  switch (type?.scalarType) {
    case 'int':
    case 'float':
      return Number(arg)
    case 'bigint':
      return BigInt(arg)
    case 'bytes':
      return Buffer.from(arg, 'base64')
    default:
      return arg
  }
}

function toResultSet({ columns, rows }: ResultSet): SqlResultSet {
  return {
    columnNames: columns.map((column) => column.name),
    columnTypes: columns.map(({ type }, index) => declaredType(type) ?? foundType(rows, index)),
    rows: rows.map((row) => row.map((value, index) => toPrismaValue(value, columns[index]?.type ?? null))),
  }
}

/** The types that Prisma gives columns on SQLite. */
const DECLARED: Readonly<Record<string, ColumnType>> = {
  TEXT: ColumnTypeEnum.Text,
  INTEGER: ColumnTypeEnum.Int32,
  BIGINT: ColumnTypeEnum.Int64,
  REAL: ColumnTypeEnum.Double,
  BOOLEAN: ColumnTypeEnum.Boolean,
  JSONB: ColumnTypeEnum.Json,
  BLOB: ColumnTypeEnum.Bytes,
  DATETIME: ColumnTypeEnum.DateTime,
}

/** Instants are stored as milliseconds, or as they come. */
function toPrismaValue(value: SqlValue, type: string | null): SqlValue {
  if (type !== 'DATETIME' || typeof value !== 'number') return value
  // oxlint-disable-next-line no-restricted-globals -- formats an instant, and asks for none.
  return new Date(value).toISOString()
}

function declaredType(type: string | null): ColumnType | null {
  return type === null ? null : (DECLARED[type.toUpperCase()] ?? null)
}

/** A computed column has no type of its own; its values have. */
function foundType(rows: ResultSet['rows'], index: number): ColumnType {
  const value = rows.map((row) => row[index]).find((candidate) => candidate !== null)
  if (typeof value === 'string') return ColumnTypeEnum.Text
  if (value instanceof Uint8Array) return ColumnTypeEnum.Bytes
  if (typeof value === 'bigint') return ColumnTypeEnum.Int64
  return Number.isInteger(value ?? 0) ? ColumnTypeEnum.Int32 : ColumnTypeEnum.Double
}

async function guarded<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error
    throw new DriverAdapterError({
      ...toPrismaError(error),
      originalCode: `${error.errcode}`,
      originalMessage: error.message,
    })
  }
}

const UNIQUE = [2067, 1555]
const NOT_NULL = 1299
const FOREIGN_KEY = 787
const BUSY = 5

function toPrismaError(error: SqliteError): MappedError {
  const { errcode, message } = error
  // As in `UNIQUE constraint failed: tenants.name, tenants.id`.
  const fields = (message.split('constraint failed: ')[1]?.split(', ') ?? []).map(
    (name) => name.split('.').at(-1) ?? '',
  )
  if (errcode !== null && UNIQUE.includes(errcode)) return { kind: 'UniqueConstraintViolation', constraint: { fields } }
  if (errcode === NOT_NULL) return { kind: 'NullConstraintViolation', constraint: { fields } }
  if (errcode === FOREIGN_KEY) return { kind: 'ForeignKeyConstraintViolation', constraint: { foreignKey: {} } }
  if (error.primaryCode === BUSY) return { kind: 'SocketTimeout' }
  return { kind: 'sqlite', extendedCode: errcode ?? 1, message }
}
