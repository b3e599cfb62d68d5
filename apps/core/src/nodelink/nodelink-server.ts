/** Where agents connect: gRPC on the edge, one `NodeConnection` for each stream inside. */
import { Server, ServerCredentials, status, type ServerDuplexStream } from '@grpc/grpc-js'
import {
  NodeLinkServiceService,
  type ConnectRequest,
  type ConnectResponse,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { NodeStream, Refusal } from './node-connection.ts'
import type { NodeConnections } from './node-connections.ts'

export type NodeLinkOptions = {
  /** Who takes the streams over. */
  readonly connections: NodeConnections
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** Counted up, for whoever watches the core. */
  readonly frames?: FrameCounts
}

/** Of all streams since the start. */
export type FrameCounts = { sent: number; received: number }

/** The port cannot be listened on. */
export class NodeLinkUnavailableError extends Error {
  override readonly name = 'NodeLinkUnavailableError'
}

/** A frame of ours holds at most a few hundred reports; this much is never needed. */
const FRAME_BYTES_MAX = 32 * 1024 * 1024
/** Only finds connections that are dead: which node is too silent, its lease decides. */
const KEEPALIVE_MS = 10_000
const KEEPALIVE_TIMEOUT_MS = 20_000

export class NodeLinkServer implements AsyncDisposable {
  readonly #server: Server
  readonly #connections: NodeConnections
  #port = 0

  private constructor(connections: NodeConnections) {
    this.#connections = connections
    this.#server = new Server({
      'grpc.max_receive_message_length': FRAME_BYTES_MAX,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    })
  }

  /** Throws a `NodeLinkUnavailableError` when the port cannot be had. */
  static async listen(options: NodeLinkOptions): Promise<NodeLinkServer> {
    const link = new NodeLinkServer(options.connections)
    link.#server.addService(NodeLinkServiceService, {
      connect: (call: ServerDuplexStream<ConnectRequest, ConnectResponse>) => serve(options, call),
    })
    link.#port = await bind(link.#server, options)
    return link
  }

  /** The port that was taken. */
  get port(): number {
    return this.#port
  }

  /** Ends every stream, and listens no longer. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#connections[Symbol.dispose]()
    await new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => resolve())
      this.#server.forceShutdown()
    })
  }
}

function serve(
  { connections, frames = { sent: 0, received: 0 } }: NodeLinkOptions,
  call: ServerDuplexStream<ConnectRequest, ConnectResponse>,
): void {
  const stream: NodeStream = {
    write: (frame) => {
      frames.sent += 1
      return call.write(frame)
    },
    end: () => call.end(),
    fail: (refusal) => call.emit('error', { code: CODES[refusal.code], details: refusal.message }),
  }
  const connection = connections.open(stream)
  call.on('data', (request: ConnectRequest) => {
    frames.received += 1
    connection.receive(request)
  })
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
