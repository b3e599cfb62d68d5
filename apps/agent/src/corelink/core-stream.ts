/** A stream to a core, as the core link sees it; how frames travel is `grpc-stream.ts`, or a simulation's affair. */
import type { ConnectRequest, ConnectResponse } from '@fornax/proto/fornax/nodelink/v1/nodelink'

export type FrameToCore = NonNullable<ConnectRequest['frame']>
export type FrameFromCore = NonNullable<ConnectResponse['frame']>

/** Why a stream is over. `isRefusal`: the core did not want us, and will hardly change its mind. */
export type StreamEnd = { readonly reason: string; readonly isRefusal: boolean }

/** No stream could be begun: the message says why. `isRefusal` as for a stream. */
export class NoStreamError extends Error {
  override readonly name = 'NoStreamError'
  readonly isRefusal: boolean

  constructor(reason: string, isRefusal: boolean, options?: ErrorOptions) {
    super(reason, options)
    this.isRefusal = isRefusal
  }
}

export type StreamListener = {
  frame(frame: FrameFromCore): void
  /** The core reads again. */
  drained(): void
}

export type CoreStream = {
  /** Never rejects. */
  readonly ended: Promise<StreamEnd>
  /** False: the core does not read as fast as we write. */
  readonly isFree: boolean
  /** False: far too much waits already, and nothing more should be written before it has drained. */
  readonly hasRoom: boolean
  write(frame: FrameToCore): void
  /** Says that nothing follows, and lets what was written arrive. */
  end(): Promise<void>
  /** Cuts the stream; what was not sent is lost. */
  close(): void
}

/** Begins a stream. It may end at once, and then says why; or reject with a `NoStreamError`. */
export type OpenCoreStream = (listener: StreamListener, signal: AbortSignal) => CoreStream | Promise<CoreStream>
