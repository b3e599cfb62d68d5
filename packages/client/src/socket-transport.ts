/**
 * GraphQL over one WebSocket (`graphql-transport-ws`), shared by all operations of a client. The socket opens with
 * the first operation and stays for a moment after the last. Nothing is tried again here: who can resume does.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import { CloseCode, createClient, type Client as SocketClient } from 'graphql-ws/client'
import { ClientError, failureOf, failureOfErrors, isRecord, type ClientFailure } from './client-error.ts'
import { Inbox } from './inbox.ts'
import type { OperationPayload } from './typed-document.ts'

const ACKNOWLEDGE_TIMEOUT_MS = 10_000
/** graphql-ws has names of its own for the two refusals: we see servers use either. */
const REFUSALS: readonly number[] = [CloseCode.Unauthorized, CloseCode.Forbidden]

export type SocketTarget = {
  readonly url: string
  readonly token: string | null
  readonly webSocketImpl: unknown
  readonly clock: Clock
  /** How often to ask the server whether it is there, and how long it may think about it. */
  readonly pingEveryMs: number
  /** How long the socket stays open for the next operation. */
  readonly lingerMs: number
}

export type ReadOptions = {
  readonly signal?: AbortSignal | undefined
  /** How many events may wait for the reader. */
  readonly limit: number
  /** Told for each event that was given up for a newer one; without it, a reader that is too slow fails. */
  readonly onDropped?: (() => void) | undefined
}

export class SocketTransport {
  readonly #target: SocketTarget
  readonly #client: SocketClient
  readonly #connectedListeners = new Set<() => void>()
  #isConnected = false
  #cancelPongTimeout: Cancel | null = null

  constructor(target: SocketTarget) {
    this.#target = target
    this.#client = createClient({
      url: toSocketUrl(target.url),
      connectionParams: target.token === null ? {} : { authorization: `Bearer ${target.token}` },
      webSocketImpl: target.webSocketImpl,
      retryAttempts: 0,
      lazyCloseTimeout: target.lingerMs,
      keepAlive: target.pingEveryMs,
      connectionAckWaitTimeout: ACKNOWLEDGE_TIMEOUT_MS,
      on: {
        connected: () => this.#connected(),
        ping: (isReceived) => this.#pinged(isReceived),
        pong: (isReceived) => this.#ponged(isReceived),
        closed: () => this.#closed(),
      },
    })
  }

  /** The data of the one answer to an operation. Rejects with a ClientError, or with the signal's reason. */
  request(payload: OperationPayload, signal: AbortSignal | undefined): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const fail = (failure: ClientFailure, cause: unknown): void => reject(new ClientError(failure, { cause }))
    if (signal?.aborted) return Promise.reject(asError(signal.reason))
    const unsubscribe = this.#client.subscribe<unknown>(
      { ...payload },
      {
        next: ({ data, errors }) => (hasErrors(errors) ? fail(failureOfErrors(errors), errors) : resolve(data)),
        error: (error) => fail(this.#failureOf(error), error),
        complete: () => fail(this.#unreachable('it ended without an answer'), undefined),
      },
    )
    const leave = (): void => {
      reject(asError(signal?.reason))
      unsubscribe()
    }
    signal?.addEventListener('abort', leave, { once: true })
    return promise.finally(() => signal?.removeEventListener('abort', leave))
  }

  /** The data of each event. Ends quietly when the server completes, or the signal aborts. */
  async *read(payload: OperationPayload, options: ReadOptions): AsyncGenerator {
    const inbox = new Inbox<unknown>(options.limit)
    const leave = (): void => inbox.end({ kind: 'completed' })
    if (options.signal?.aborted) return
    options.signal?.addEventListener('abort', leave, { once: true })
    const unsubscribe = this.#client.subscribe<unknown>(
      { ...payload },
      {
        next: (answer) => this.#receive(answer, inbox, options),
        error: (error) => this.#fail(inbox, this.#failureOf(error), error),
        complete: leave,
      },
    )
    try {
      yield* inbox.read()
    } finally {
      options.signal?.removeEventListener('abort', leave)
      unsubscribe()
    }
  }

  /** Calls back once the server has accepted the connection: at once when it has already. */
  onceConnected(listener: () => void): () => void {
    if (this.#isConnected) listener()
    else this.#connectedListeners.add(listener)
    return () => this.#connectedListeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#cancelPongTimeout?.()
    await this.#client.dispose()
  }

  #receive(
    answer: { readonly data?: unknown; readonly errors?: readonly unknown[] | undefined },
    inbox: Inbox<unknown>,
    options: ReadOptions,
  ): void {
    if (hasErrors(answer.errors)) return this.#fail(inbox, failureOfErrors(answer.errors), answer.errors)
    if (inbox.offer(answer.data)) return
    if (options.onDropped === undefined) return this.#fail(inbox, { kind: 'tooSlow', limit: options.limit }, undefined)
    inbox.dropOldest()
    options.onDropped()
    inbox.offer(answer.data)
  }

  #fail(inbox: Inbox<unknown>, failure: ClientFailure, cause: unknown): void {
    inbox.end({ kind: 'failed', error: new ClientError(failure, { cause }) })
  }

  /** graphql-ws hands on what it has: a list of GraphQL errors, a close event, or an error event. */
  #failureOf(error: unknown): ClientFailure {
    if (Array.isArray(error)) return failureOfErrors(error)
    if (!isRecord(error) || typeof error['code'] !== 'number') return failureOf(error, this.#target.url)
    const reason = typeof error['reason'] === 'string' ? error['reason'] : ''
    if (REFUSALS.includes(error['code']))
      return { kind: 'unauthenticated', message: reason === '' ? 'the server refused the token' : reason }
    return this.#unreachable(`the connection was closed (${error['code']}${reason === '' ? '' : ` ${reason}`})`)
  }

  #unreachable(message: string): ClientFailure {
    return { kind: 'unreachable', url: this.#target.url, message }
  }

  #connected(): void {
    this.#isConnected = true
    for (const listener of this.#connectedListeners) listener()
    this.#connectedListeners.clear()
  }

  #closed(): void {
    this.#isConnected = false
    this.#cancelPongTimeout?.()
    this.#cancelPongTimeout = null
  }

  #pinged(isReceived: boolean): void {
    if (isReceived) return
    this.#cancelPongTimeout?.()
    this.#cancelPongTimeout = this.#target.clock.schedule(this.#target.pingEveryMs, () => this.#client.terminate())
  }

  #ponged(isReceived: boolean): void {
    if (isReceived) this.#cancelPongTimeout?.()
  }
}

function hasErrors(errors: readonly unknown[] | undefined): errors is readonly unknown[] {
  return errors !== undefined && errors.length > 0
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}

function toSocketUrl(url: string): string {
  return url.replace(/^http/, 'ws')
}
