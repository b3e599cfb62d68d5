/** One gRPC stream to a core, with a connection of its own: nothing of a failed attempt lives on. */
import {
  NodeLinkServiceClient,
  type ConnectRequest,
  type ConnectResponse,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { credentials, status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js'
import type { CoreStream, FrameToCore, StreamEnd, StreamListener } from './core-stream.ts'

const FRAME_BYTES_MAX = 64 * 1024 * 1024
/** Frames that wait for a core that does not read. */
const WAITING_FRAMES_MAX = 1_024

/** Begins a stream with a connection of its own. */
export function openGrpcStream(address: string, listener: StreamListener): CoreStream {
  return new GrpcStream(address, listener)
}

class GrpcStream implements CoreStream {
  readonly ended: Promise<StreamEnd>
  readonly #client: NodeLinkServiceClient
  readonly #call: ClientDuplexStream<ConnectRequest, ConnectResponse>

  constructor(address: string, listener: StreamListener) {
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
