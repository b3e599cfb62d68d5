/** One gRPC stream to a core, with a connection of its own: nothing of a failed attempt lives on. */
import {
  NodeLinkServiceClient,
  type ConnectRequest,
  type ConnectResponse,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { status, type ChannelCredentials, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js'
import { NoStreamError, type CoreStream, type FrameToCore, type StreamEnd, type StreamListener } from './core-stream.ts'
import type { IdentityKeeper } from './identity-keeper.ts'
import { LINK_OPTIONS } from './join-client.ts'

const FRAME_BYTES_MAX = 64 * 1024 * 1024
/** Frames that wait for a core that does not read. */
const WAITING_FRAMES_MAX = 1_024

/** Begins a stream with a connection of its own, and shows who this node is. Rejects as `OpenCoreStream` does. */
export async function openGrpcStream(
  { coreAddress, identity, ledgerId }: GrpcStreamOptions,
  listener: StreamListener,
  signal: AbortSignal,
): Promise<CoreStream> {
  const shown = await identity.credentials(ledgerId)
  if (signal.aborted) throw new NoStreamError('this agent ends', false)
  const stream = new GrpcStream(coreAddress, shown, {
    ...listener,
    frame: (frame) => {
      if (frame.$case === 'hello') identity.believed()
      listener.frame(frame)
    },
    drained: () => listener.drained(),
  })
  void stream.ended.then(({ isOfIdentity }) => isOfIdentity && identity.doubted())
  return stream
}

export type GrpcStreamOptions = {
  /** As `host:port`. */
  readonly coreAddress: string
  readonly identity: IdentityKeeper
  readonly ledgerId: string
}

class GrpcStream implements CoreStream {
  readonly ended: Promise<GrpcEnd>
  readonly #client: NodeLinkServiceClient
  readonly #call: ClientDuplexStream<ConnectRequest, ConnectResponse>

  constructor(address: string, shown: ChannelCredentials, listener: StreamListener) {
    this.#client = new NodeLinkServiceClient(address, shown, {
      ...LINK_OPTIONS,
      'grpc.max_receive_message_length': FRAME_BYTES_MAX,
    })
    this.#call = this.#client.connect()
    this.ended = endOf(this.#call)
    this.#call.on('data', ({ frame }: ConnectResponse) => frame !== undefined && listener.frame(frame))
    this.#call.on('drain', () => listener.drained())
  }

  get isFree(): boolean {
    return !this.#call.writableNeedDrain
  }

  get hasRoom(): boolean {
    return this.#call.writableLength < WAITING_FRAMES_MAX
  }

  write(frame: FrameToCore): void {
    this.#call.write({ frame })
  }

  async end(): Promise<void> {
    this.#call.end()
    await this.ended
  }

  close(): void {
    this.#call.cancel()
    this.#client.close()
  }
}

const REFUSALS: readonly status[] = [
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.INVALID_ARGUMENT,
  status.ALREADY_EXISTS,
  status.UNIMPLEMENTED,
]

/** `isOfIdentity`: the core did not believe who we are, or we not who it is. */
type GrpcEnd = StreamEnd & { readonly isOfIdentity: boolean }

const DOUBTS: readonly status[] = [status.UNAUTHENTICATED, status.PERMISSION_DENIED]
/** What TLS says of a certificate that it does not trust. */
const DISTRUST = /certificate|self-signed|unable to verify|alert/i

function endOf(call: ClientDuplexStream<ConnectRequest, ConnectResponse>): Promise<GrpcEnd> {
  return new Promise((resolve) => {
    call.on('error', (error: ServiceError) => {
      const reason = error.details === '' ? error.message : error.details
      const isDistrusted = error.code === status.UNAVAILABLE && DISTRUST.test(reason)
      const isOfIdentity = DOUBTS.includes(error.code) || isDistrusted
      resolve({ reason, isRefusal: REFUSALS.includes(error.code), isOfIdentity })
    })
    call.on('end', () => resolve({ reason: 'the core ended the connection', isRefusal: false, isOfIdentity: false }))
  })
}
