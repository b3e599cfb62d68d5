/** A raw WebSocket that speaks graphql-transport-ws only as far as a test says. */
import { once } from 'node:events'
import { WebSocket, type ClientOptions } from 'ws'
import type { GraphqlServer } from '../../src/graphql/server.ts'
import { bearer } from './test-server.ts'

export type Message = {
  readonly type: string
  readonly id?: string
  readonly payload?:
    | { readonly data?: Record<string, unknown>; readonly errors?: readonly unknown[] }
    | readonly unknown[]
}

export class TestSocket implements AsyncDisposable {
  readonly #socket: WebSocket
  readonly #received: Message[] = []
  #wake = Promise.withResolvers<void>()
  /** The code and reason with which the server closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      this.#received.push(JSON.parse(Buffer.isBuffer(data) ? data.toString() : ''))
      this.#wake.resolve()
    })
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    void this.closed.then(() => this.#wake.resolve())
  }

  /** The subprotocol that both agreed to. */
  get protocol(): string {
    return this.#socket.protocol
  }

  /** Everything received and not taken yet. */
  get waiting(): readonly Message[] {
    return this.#received
  }

  send(message: object | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } })
  }

  /** The next message; fails when the socket closes first. */
  async next(): Promise<Message> {
    for (;;) {
      const message = this.#received.shift()
      if (message) return message
      if (this.#socket.readyState === WebSocket.CLOSED) throw new Error('the socket closed before the next message')
      await this.#wake.promise
      this.#wake = Promise.withResolvers()
    }
  }

  /** The data of the next message, which must be a `next`. */
  async nextData(): Promise<unknown> {
    const message = await this.next()
    if (message.type !== 'next') throw new Error(`expected data, got ${JSON.stringify(message)}`)
    return Object(message.payload).data
  }

  /** Asks for a pong, and waits for it: everything sent before has been looked at by then. */
  async settle(): Promise<void> {
    this.send({ type: 'ping' })
    while ((await this.next()).type !== 'pong');
  }

  /** Stops reading, as a client that is too slow. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Goes away without a word. */
  drop(): void {
    this.#socket.terminate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    this.#socket.resume()
    this.#socket.close()
    const closed = await Promise.race([this.closed, new Promise((resolve) => setTimeout(resolve, 1_000, null))])
    if (closed === null) this.#socket.terminate()
  }
}

export async function openSocket(
  server: Pick<GraphqlServer, 'url'>,
  options: ClientOptions & { readonly subprotocols?: readonly string[]; readonly path?: string } = {},
): Promise<TestSocket> {
  const { subprotocols = ['graphql-transport-ws'], path = '/graphql', ...rest } = options
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, [...subprotocols], rest)
  const opened = new TestSocket(socket)
  await once(socket, 'open')
  return opened
}

/** A socket that has said who it is: the operator of acme unless told otherwise. */
export async function connect(
  server: Pick<GraphqlServer, 'url'>,
  authorization = bearer('acme', 'operator'),
): Promise<TestSocket> {
  const socket = await openSocket(server)
  socket.send({ type: 'connection_init', payload: { authorization } })
  const { type } = await socket.next()
  if (type !== 'connection_ack') throw new Error(`expected connection_ack, got ${type}`)
  return socket
}
