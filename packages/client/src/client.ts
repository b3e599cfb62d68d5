/**
 * A typed client of the GraphQL API, for browsers and for Node: requests over HTTP (or over the socket), subscriptions
 * and watches over one WebSocket. Problems in payloads are data; everything else that goes wrong is a ClientError.
 */
import { abortable } from '@fornax/kernel/abortable'
import { systemClock, type Clock } from '@fornax/kernel/clock'
import { ClientError, isRecord } from './client-error.ts'
import { requestOverHttp } from './http-transport.ts'
import type { Identified, LiveCollection, WatchEvent } from './live-collection.ts'
import { SocketTransport, type ReadOptions } from './socket-transport.ts'
import type { OperationPayload, TypedDocument } from './typed-document.ts'
import { follow, type WatchAttempt, type WatchUpdate } from './watch.ts'

export type ClientOptions = {
  /** The address of the API, with or without the path `/graphql`. */
  readonly url: string
  readonly token?: string | null | undefined
  readonly fetch?: typeof globalThis.fetch
  /** Default: the platform's own. */
  readonly webSocketImpl?: unknown
  /** What queries and mutations travel over; default: HTTP. */
  readonly requestsOver?: 'http' | 'socket'
  readonly clock?: Clock
  readonly random?: () => number
  /** How often to ask the server on the socket whether it is there, and how long it may take to answer; default 10 s. */
  readonly pingEveryMs?: number
  /**
   * How long the socket stays open after its last operation; default 1 s. It spares who asks again and again a new
   * connection each time, and keeps a process that is done alive for as long.
   */
  readonly lingerMs?: number
}

export type CallOptions = { readonly signal?: AbortSignal | undefined }

export type SubscribeOptions = CallOptions & {
  /** How many events may wait for the reader; default 1,000. */
  readonly limit?: number
  /** Told for each event that was given up for a newer one; without it, a reader that is too slow gets an error. */
  readonly onDropped?: () => void
}

export type WatchOptions<T> = CallOptions & {
  /** What is known already, as from a list: the watch continues from there. */
  readonly from?: LiveCollection<T>
}

/** What the watch documents of this package ask for: `event` with the fields of one of three members. */
export type RawWatchEvent<T> =
  | { readonly resourceVersion: string; readonly isLast: boolean; readonly items: readonly T[] }
  | { readonly resourceVersion: string; readonly removedIds: readonly string[]; readonly upserted: readonly T[] }
  | { readonly resourceVersion: string }

type WatchDocument<T, TVariables> = TypedDocument<{ readonly event: RawWatchEvent<T> }, TVariables>
type Resumable = { readonly after?: string | null | undefined }

const DEFAULT_LIMIT = 1_000
const DEFAULT_PING_MS = 10_000
const DEFAULT_LINGER_MS = 1_000

export type Client = AsyncDisposable & {
  readonly url: string
  request<TResult, TVariables extends object>(
    document: TypedDocument<TResult, TVariables>,
    variables: TVariables,
    options?: CallOptions,
  ): Promise<TResult>
  /** Each event until the server completes; a lost connection is an error. */
  subscribe<TResult, TVariables extends object>(
    document: TypedDocument<TResult, TVariables>,
    variables: TVariables,
    options?: SubscribeOptions,
  ): AsyncIterableIterator<TResult>
  /** A live collection that outlives lost connections, and ends with the client. */
  watch<T extends Identified, TVariables extends Resumable>(
    document: WatchDocument<T, TVariables>,
    variables: TVariables,
    options?: WatchOptions<T>,
  ): AsyncIterableIterator<WatchUpdate<T>>
}

/** Connects to nothing yet: that happens with the first call. */
export function createClient(options: ClientOptions): Client {
  const url = toEndpoint(options.url)
  const clock = options.clock ?? systemClock
  const target = { url, token: options.token ?? null }
  const { pingEveryMs = DEFAULT_PING_MS, lingerMs = DEFAULT_LINGER_MS, webSocketImpl } = options
  const socket = lazily(() => new SocketTransport({ ...target, clock, pingEveryMs, lingerMs, webSocketImpl }))
  const disposed = new AbortController() // A watch would connect anew.
  const http = { ...target, fetch: options.fetch ?? globalThis.fetch.bind(globalThis) }

  const watchOnce = <T>(document: TypedDocument<{ readonly event: RawWatchEvent<T> }, never>, variables: object) =>
    async function* subscribe({ after, signal, onConnected }: WatchAttempt): AsyncGenerator<WatchEvent<T>> {
      const payload = toPayload(document, { ...variables, after })
      const unlisten = socket.get().onceConnected(onConnected)
      try {
        for await (const data of socket.get().read(payload, { signal, limit: DEFAULT_LIMIT }))
          yield toWatchEvent(asResult(document, url, data).event)
      } finally {
        unlisten()
      }
    }

  async function* readTyped<TResult>(
    document: TypedDocument<TResult, never>,
    variables: object,
    how: ReadOptions,
  ): AsyncGenerator<TResult> {
    for await (const data of socket.get().read(toPayload(document, variables), how)) yield asResult(document, url, data)
  }

  return {
    url,
    request: async (document, variables, { signal } = {}) => {
      const payload = toPayload(document, variables)
      const isOverSocket = options.requestsOver === 'socket'
      const data = isOverSocket ? socket.get().request(payload, signal) : requestOverHttp(http, payload, signal)
      return asResult(document, url, await data)
    },
    subscribe: (document, variables, { signal, limit = DEFAULT_LIMIT, onDropped } = {}) => {
      return abortable((returned) => {
        const either = signal === undefined ? returned : AbortSignal.any([returned, signal])
        return readTyped(document, variables, { signal: either, limit, onDropped })
      })
    },
    watch: (document, variables, { signal, from } = {}) => {
      const ports = { subscribe: watchOnce(document, variables), clock, random: options.random ?? Math.random, url }
      return abortable((returned) =>
        follow(ports, from ?? null, AbortSignal.any([returned, disposed.signal, ...(signal ? [signal] : [])])),
      )
    },
    [Symbol.asyncDispose]: async () => {
      disposed.abort()
      await socket.peek()?.close()
    },
  }
}

function toEndpoint(url: string): string {
  const trimmed = url.replace(/\/+$/, '')
  return trimmed.endsWith('/graphql') ? trimmed : `${trimmed}/graphql`
}

function toPayload(document: { toString(): string }, variables: object): OperationPayload {
  return { query: document.toString(), variables: { ...variables } }
}

/** The border: the document says what the data is, and the server keeps to its schema. */
function asResult<TResult>(document: TypedDocument<TResult, never>, url: string, data: unknown): TResult {
  if (isResult(document, data)) return data
  throw new ClientError({ kind: 'unexpectedAnswer', url, status: 200, message: 'the data is not an object' })
}

function isResult<TResult>(_document: TypedDocument<TResult, never>, data: unknown): data is TResult {
  return isRecord(data)
}

function toWatchEvent<T>(raw: RawWatchEvent<T>): WatchEvent<T> {
  if ('isLast' in raw) return { kind: 'snapshot', ...raw }
  if ('removedIds' in raw) return { kind: 'changes', ...raw }
  return { kind: 'bookmark', ...raw }
}

function lazily<T>(make: () => T): { get(): T; peek(): T | null } {
  let made: T | null = null
  return { get: () => (made ??= make()), peek: () => made }
}
