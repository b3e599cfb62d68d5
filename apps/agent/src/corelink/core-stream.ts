/** One gRPC stream to a core, with a connection of its own: nothing of a failed attempt lives on. */
import {
  NodeLinkServiceClient,
  type ConnectRequest,
  type ConnectResponse,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { credentials, status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js'

export type FrameToCore = NonNullable<ConnectRequest['frame']>
export type FrameFromCore = NonNullable<ConnectResponse['frame']>

/** Why a stream is over. `isRefusal`: the core did not want us, and will hardly change its mind. */
export type StreamEnd = { readonly reason: string; readonly isRefusal: boolean }

const FRAME_BYTES_MAX = 64 * 1024 * 1024
/** Frames that wait for a core that does not read. */
const WAITING_FRAMES_MAX = 1_024

export class CoreStream {
  readonly ended: Promise<StreamEnd>
  readonly #client: NodeLinkServiceClient
  readonly #call: ClientDuplexStream<ConnectRequest, ConnectResponse>

  constructor(address: string, listener: { frame(frame: FrameFromCore): void; drained(): void }) {
    this.#client = new NodeLinkServiceClient(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_channelz': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.max_receive_message_length': FRAME_BYTES_MAX,
    })
    this.#call = this.#client.connect()
    this.ended = endOf(this.#call)
    this.#call.on('data', ({ frame }: ConnectResponse) => frame !== undefined && listener.frame(frame))
    this.#call.on('drain', () => listener.drained())
  }

  /** False: the core does not read as fast as we write. */
  get isFree(): boolean {
    return !this.#call.writableNeedDrain
  }

  /** False: far too much waits already, and nothing more should be written before it has drained. */
  get hasRoom(): boolean {
    return this.#call.writableLength < WAITING_FRAMES_MAX
  }

  write(frame: FrameToCore): void {
    this.#call.write({ frame })
  }

  /** Says that nothing follows, and lets what was written arrive. */
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

function endOf(call: ClientDuplexStream<ConnectRequest, ConnectResponse>): Promise<StreamEnd> {
  return new Promise((resolve) => {
    call.on('error', (error: ServiceError) =>
      resolve({
        reason: error.details === '' ? error.message : error.details,
        isRefusal: REFUSALS.includes(error.code),
      }),
    )
    call.on('end', () => resolve({ reason: 'the core ended the connection', isRefusal: false }))
  })
}
