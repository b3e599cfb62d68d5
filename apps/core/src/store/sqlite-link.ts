/** The core's side of the SQLite worker: one request at a time, in the order of asking. */
import { Worker } from 'node:worker_threads'
import { invariant } from '@fornax/kernel/assert'
import { StoreUnavailableError } from './store-error.ts'
import type { ResultSet, SqliteAnswer, SqliteOpening, SqliteReply, SqliteRequest } from './sqlite-protocol.ts'
import type { SqlValue } from './database.ts'
import { Turns } from './turns.ts'

/** What SQLite answered with; `errcode` is its extended result code, null when it was never asked. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError'
  readonly errcode: number | null

  constructor(message: string, errcode: number | null) {
    super(message)
    this.errcode = errcode
  }

  /** The result code without its extension. */
  get primaryCode(): number | null {
    return this.errcode === null ? null : this.errcode & 255
  }
}

/** Statements that go to the worker; of a transaction, or on their own. */
export type SqliteStatements = {
  query(sql: string, args: readonly SqlValue[]): Promise<ResultSet>
  execute(sql: string, args: readonly SqlValue[]): Promise<number>
}

/** Holds the connection until `end`. It begins and ends its transaction itself. */
export type SqliteTransaction = SqliteStatements & { end(): void }

type Waiting = { resolve(answer: SqliteAnswer): void; reject(error: Error): void }

export class SqliteLink implements SqliteStatements, AsyncDisposable {
  readonly #worker: Worker
  readonly #turns = new Turns()
  #waiting: Waiting | null = null
  /** Why nothing can be asked any more. */
  #ended: Error | null = null

  /** Opens the file and locks it; fails with what SQLite says. */
  static async open(opening: SqliteOpening): Promise<SqliteLink> {
    const link = new SqliteLink(opening)
    try {
      await new Promise<unknown>((resolve, reject) => {
        link.#waiting = { resolve, reject }
      })
      return link
    } catch (error) {
      await link[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(opening: SqliteOpening) {
    this.#worker = new Worker(new URL('sqlite-worker.ts', import.meta.url), {
      workerData: opening,
      name: 'sqlite',
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.on('message', (reply: SqliteReply) => this.#settle(reply))
    this.#worker.on('error', (cause) => this.#end(cause))
    this.#worker.on('exit', () => this.#end(undefined))
  }

  query(sql: string, args: readonly SqlValue[]): Promise<ResultSet> {
    return this.#turns.take(() => this.#query(sql, args))
  }

  execute(sql: string, args: readonly SqlValue[]): Promise<number> {
    return this.#turns.take(() => this.#execute(sql, args))
  }

  async executeRows(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    await this.#turns.take(() => this.#ask({ kind: 'executeRows', sql, rows }))
  }

  async runScript(sql: string): Promise<void> {
    await this.#turns.take(() => this.#ask({ kind: 'script', sql }))
  }

  /** Everybody else waits until it ends: what they write must not be part of it. */
  async beginTransaction(): Promise<SqliteTransaction> {
    const end = await this.#turns.begin()
    return {
      query: (sql, args) => this.#query(sql, args),
      execute: (sql, args) => this.#execute(sql, args),
      end,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === null) await this.#turns.take(() => this.#ask({ kind: 'close' }))
    await this.#worker.terminate()
  }

  async #query(sql: string, args: readonly SqlValue[]): Promise<ResultSet> {
    const answer = await this.#ask({ kind: 'query', sql, args })
    invariant(typeof answer === 'object' && answer !== null, 'a query is answered with rows')
    return answer
  }

  async #execute(sql: string, args: readonly SqlValue[]): Promise<number> {
    const answer = await this.#ask({ kind: 'execute', sql, args })
    invariant(typeof answer === 'number', 'a statement is answered with the number of rows')
    return answer
  }

  #ask(request: SqliteRequest): Promise<SqliteAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended)
      invariant(this.#waiting === null, 'one request at a time')
      this.#waiting = { resolve, reject }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a worker, not a window.
      this.#worker.postMessage(request)
    })
  }

  #settle(reply: SqliteReply): void {
    const waiting = this.#waiting
    this.#waiting = null
    if (reply.kind === 'done') waiting?.resolve(reply.answer)
    else waiting?.reject(new SqliteError(reply.message, reply.errcode))
  }

  #end(cause: unknown): void {
    this.#ended ??= new StoreUnavailableError(
      'The thread that owns the database ended.',
      'Start the core again.',
      cause,
    )
    this.#waiting?.reject(this.#ended)
    this.#waiting = null
  }
}
