/** What the two sides of the SQLite worker say to each other. Strictly one request, then its reply. */
import type { SqlValue } from './database.ts'

export type SqliteOpening = { readonly path: string; readonly durability: Durability }

/** What a commit survives: the death of the process, or also of the machine. */
export type Durability = 'process' | 'fsync'

export type SqliteRequest =
  | { readonly kind: 'query'; readonly sql: string; readonly args: readonly SqlValue[] }
  | { readonly kind: 'execute'; readonly sql: string; readonly args: readonly SqlValue[] }
  /** One statement, once for each row, in a transaction. */
  | { readonly kind: 'executeRows'; readonly sql: string; readonly rows: readonly (readonly SqlValue[])[] }
  /** Several statements in a transaction. */
  | { readonly kind: 'script'; readonly sql: string }
  | { readonly kind: 'close' }

export type ResultSet = {
  readonly columns: readonly { readonly name: string; readonly type: string | null }[]
  readonly rows: readonly (readonly SqlValue[])[]
}

/** A query is answered with its rows, a statement with how many it changed, everything else with null. */
export type SqliteAnswer = ResultSet | number | null

export type SqliteReply =
  | { readonly kind: 'done'; readonly answer: SqliteAnswer }
  /** `errcode` is SQLite's extended result code; null when SQLite was never asked. */
  | { readonly kind: 'failed'; readonly message: string; readonly errcode: number | null }
