/** Where agents connect: gRPC on the edge, one `NodeConnection` for each stream inside. */
import { X509Certificate } from 'node:crypto'
import { readNodeCertificate, type NodeCertificate } from '@fornax/certificates/peer-certificate'
import { Server, status, type ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import {
  NodeJoinServiceService,
  NodeLinkServiceService,
  type ConnectRequest,
  type ConnectResponse,
  type NodeJoinServiceServer,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { NodeStream, Refusal } from './node-connection.ts'
import type { NodeConnections } from './node-connections.ts'

export type NodeLinkOptions = {
  /** Who takes the streams over. */
  readonly connections: NodeConnections
  readonly credentials: ServerCredentials
  /** How machines become nodes. */
  readonly joining: NodeJoinServiceServer
  /** Why a certificate that TLS lets in does not count; null: it does. */
  readonly refusal: (certificate: NodeCertificate) => Refusal | null
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

/** Agents keep their frames below a quarter of this. */
const FRAME_BYTES_MAX = 4 * 1024 * 1024
const NO_CERTIFICATE: Refusal = {
  code: 'unauthenticated',
  message: 'a certificate of this cluster is needed; a node gets one with a join token',
}
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
    link.#server.addService(NodeJoinServiceService, options.joining)
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

function serve(options: NodeLinkOptions, call: ServerDuplexStream<ConnectRequest, ConnectResponse>): void {
  const { connections, frames = { sent: 0, received: 0 } } = options
  const certificate = certificateOf(call)
  const refusal = certificate === null ? NO_CERTIFICATE : options.refusal(certificate)
  if (certificate === null || refusal !== null) {
    call.on('error', () => undefined)
    const { code, message } = refusal ?? NO_CERTIFICATE
    call.emit('error', { code: CODES[code], details: message })
    return
  }
  const stream: NodeStream = {
    write: (frame) => {
      frames.sent += 1
      return call.write(frame)
    },
    end: () => call.end(),
    fail: ({ code, message }) => call.emit('error', { code: CODES[code], details: message }),
  }
  const connection = connections.open(stream, certificate)
  call.on('data', (request: ConnectRequest) => {
    frames.received += 1
    // Whoever opened a stream and waited with the hello may have been revoked meanwhile.
    const late = connection.nodeName === null ? options.refusal(certificate) : null
    if (late === null) connection.receive(request)
    else connection.refuse(late)
  })
  call.on('drain', () => connection.drained())
  call.on('end', () => {
    connection.closed()
    call.end()
  })
  call.on('cancelled', () => connection.closed())
  call.on('error', () => connection.closed())
}

/** Of a node, and signed by an authority that we trust: everything else TLS does not show. */
function certificateOf(call: ServerDuplexStream<ConnectRequest, ConnectResponse>): NodeCertificate | null {
  const raw = call.getAuthContext().sslPeerCertificate?.raw
  return raw === undefined ? null : readNodeCertificate(new X509Certificate(raw))
}

const CODES: Readonly<Record<Refusal['code'], status>> = {
  unauthenticated: status.UNAUTHENTICATED,
  permissionDenied: status.PERMISSION_DENIED,
  invalidArgument: status.INVALID_ARGUMENT,
  alreadyExists: status.ALREADY_EXISTS,
  resourceExhausted: status.RESOURCE_EXHAUSTED,
  aborted: status.ABORTED,
}

function bind(server: Server, { host, port, credentials }: NodeLinkOptions): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, bound) => {
      if (cause === null) resolve(bound)
      else reject(new NodeLinkUnavailableError(`node link: ${address} cannot be listened on`, { cause }))
    })
  })
}
