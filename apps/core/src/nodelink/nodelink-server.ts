/** Where agents connect: gRPC on the edge, one `NodeConnection` for each stream inside. */
import { Server, ServerCredentials, status, type ServerDuplexStream } from '@grpc/grpc-js'
import {
  NodeLinkServiceService,
  type ConnectRequest,
  type ConnectResponse,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { NodeCommand } from '../fleet/node-command.ts'
import type { NodeIntroduction } from '../nodes/node.ts'
import { NodeConnection, type ConnectionPorts, type NodeStream, type Refusal } from './node-connection.ts'

export type NodeLinkOptions = Omit<ConnectionPorts, 'join' | 'left'> & {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly nodeConnected: (introduction: NodeIntroduction) => 'accepted' | 'nameTaken'
  readonly nodeDisconnected: (nodeName: string) => void
}

/** The port cannot be listened on. */
export class NodeLinkUnavailableError extends Error {
  override readonly name = 'NodeLinkUnavailableError'
}

/** A frame of ours holds at most a few hundred reports; this much is never needed. */
const FRAME_BYTES_MAX = 32 * 1024 * 1024
const KEEPALIVE_MS = 5_000

export class NodeLinkServer implements AsyncDisposable {
  readonly #server: Server
  readonly #connections = new Map<string, NodeConnection>()
  #port = 0

  private constructor() {
    this.#server = new Server({
      'grpc.max_receive_message_length': FRAME_BYTES_MAX,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_MS,
    })
  }

  /** Throws a `NodeLinkUnavailableError` when the port cannot be had. */
  static async listen(options: NodeLinkOptions): Promise<NodeLinkServer> {
    const link = new NodeLinkServer()
    const ports: ConnectionPorts = {
      ...options,
      join: (connection, introduction) => link.#join(connection, introduction, options),
      left: (connection) => link.#left(connection, options),
    }
    link.#server.addService(NodeLinkServiceService, {
      connect: (call: ServerDuplexStream<ConnectRequest, ConnectResponse>) => serve(ports, call),
    })
    link.#port = await bind(link.#server, options)
    return link
  }

  /** The port that was taken. */
  get port(): number {
    return this.#port
  }

  /** Puts a command on the node's stream; without one it is dropped. */
  tell(nodeName: string, command: NodeCommand): void {
    this.#connections.get(nodeName)?.send(command)
  }

  connection(nodeName: string): NodeConnection | null {
    return this.#connections.get(nodeName) ?? null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections.values()) connection.end()
    await new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => resolve())
      this.#server.forceShutdown()
    })
  }

  #join(
    connection: NodeConnection,
    introduction: NodeIntroduction,
    options: NodeLinkOptions,
  ): 'accepted' | 'nameTaken' {
    const verdict = options.nodeConnected(introduction)
    if (verdict === 'nameTaken') return verdict
    const before = this.#connections.get(introduction.name)
    this.#connections.set(introduction.name, connection)
    before?.refuse({ code: 'aborted', message: 'the node has connected anew' })
    return verdict
  }

  /** The stream that a newer one replaced ends without a word to the fleet. */
  #left(connection: NodeConnection, options: NodeLinkOptions): void {
    const { nodeName } = connection
    if (nodeName === null || this.#connections.get(nodeName) !== connection) return
    this.#connections.delete(nodeName)
    options.nodeDisconnected(nodeName)
  }
}

function serve(ports: ConnectionPorts, call: ServerDuplexStream<ConnectRequest, ConnectResponse>): void {
  const stream: NodeStream = {
    write: (frame) => call.write(frame),
    end: () => call.end(),
    fail: (refusal) => call.emit('error', { code: CODES[refusal.code], details: refusal.message }),
  }
  const connection = new NodeConnection(ports, stream)
  call.on('data', (request: ConnectRequest) => connection.receive(request))
  call.on('drain', () => connection.drained())
  call.on('end', () => {
    connection.closed()
    call.end()
  })
  call.on('cancelled', () => connection.closed())
  call.on('error', () => connection.closed())
}

const CODES: Readonly<Record<Refusal['code'], status>> = {
  unauthenticated: status.UNAUTHENTICATED,
  invalidArgument: status.INVALID_ARGUMENT,
  alreadyExists: status.ALREADY_EXISTS,
  resourceExhausted: status.RESOURCE_EXHAUSTED,
  aborted: status.ABORTED,
}

function bind(server: Server, { host, port }: NodeLinkOptions): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (cause, bound) => {
      if (cause === null) resolve(bound)
      else reject(new NodeLinkUnavailableError(`node link: ${address} cannot be listened on`, { cause }))
    })
  })
}
