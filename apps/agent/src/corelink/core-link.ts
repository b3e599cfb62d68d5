/** Keeps the node connected with its core, for as long as the agent lives. */
import { sleep } from '@fornax/kernel/clock'
import type { Random } from '@fornax/kernel/random'
import { reconnectBackoffMs } from '@fornax/kernel/reconnect-backoff'
import { CoreSession, type CoreSessionWorld } from './core-session.ts'
import {
  NoStreamError,
  type CoreStream,
  type OpenCoreStream,
  type StreamEnd,
  type StreamListener,
} from './core-stream.ts'
import type { NodeIntroduction } from './node-introduction.ts'
import { toHello } from './to-wire.ts'

export type CoreLinkOptions = {
  /** Of the core, for the log. */
  readonly coreAddress: string
  readonly openStream: OpenCoreStream
  readonly introduction: NodeIntroduction
  readonly random: Random
}

/** How long a core may take to hear our last words. */
const LEAVE_MS = 500

/** A problem that lasts is said again after this long, not at every attempt. */
const SAY_AGAIN_MS = 30_000

export class CoreLink implements AsyncDisposable {
  readonly #options: CoreLinkOptions
  readonly #world: CoreSessionWorld
  readonly #stop = new AbortController()
  readonly #accepted = Promise.withResolvers<void>()
  #done: Promise<void> = Promise.resolve()
  #stream: CoreStream | null = null
  #connectedSinceMs: number | null = null
  #saidProblem = { reason: '', atMs: 0 }

  constructor(options: CoreLinkOptions, world: CoreSessionWorld) {
    this.#options = options
    this.#world = world
  }

  /** Since when a core has accepted us; null: none has. */
  get connectedSinceMs(): number | null {
    return this.#connectedSinceMs
  }

  /** Settles when a core has accepted us for the first time. */
  get accepted(): Promise<void> {
    return this.#accepted.promise
  }

  start(): void {
    this.#done = this.#keepConnected()
  }

  /** Lets the last reports arrive, and stays away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    if (this.#connectedSinceMs === null) this.#stream?.close()
    const cancel = this.#world.clock.schedule(LEAVE_MS, () => this.#stream?.close())
    await this.#done
    cancel()
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#stop
    let failures = 0
    while (!signal.aborted) {
      const { wasAccepted, end } = await this.#connectOnce()
      if (signal.aborted) return
      failures = wasAccepted ? 0 : failures + 1
      this.#sayProblem(end)
      const waitMs = reconnectBackoffMs(failures, this.#options.random.nextInt(1_000) / 1_000)
      await sleep(this.#world.clock, waitMs, signal).catch(() => undefined)
    }
  }

  async #connectOnce(): Promise<{ readonly wasAccepted: boolean; readonly end: StreamEnd }> {
    let session: CoreSession | null = null
    const listener: StreamListener = {
      frame: (frame) => session?.receive(frame),
      drained: () => session?.drained(),
    }
    const begun = this.#begin(listener)
    const stream = begun instanceof Promise ? await begun : begun // Without a wait where there is nothing to wait for.
    if (stream instanceof NoStreamError)
      return { wasAccepted: false, end: { reason: stream.message, isRefusal: stream.isRefusal } }
    this.#stream = stream
    session = new CoreSession(this.#world, stream, () => this.#beAccepted())
    const leave = (): void => {
      session?.finish() // A word after the end would cut off those before it.
      void stream.end()
    }
    this.#stop.signal.addEventListener('abort', leave)
    const epochMarks = this.#world.marks.list
    stream.write({ $case: 'hello', value: toHello(this.#options.introduction, { epochMarks }) })
    const end = await stream.ended
    this.#stop.signal.removeEventListener('abort', leave)
    session[Symbol.dispose]()
    stream.close()
    const wasAccepted = this.#connectedSinceMs !== null
    this.#connectedSinceMs = null
    this.#stream = null
    return { wasAccepted, end }
  }

  #begin(listener: StreamListener): CoreStream | Promise<CoreStream | NoStreamError> {
    const opened = this.#options.openStream(listener, this.#stop.signal)
    if (!(opened instanceof Promise)) return opened
    return opened.catch((error: unknown) => {
      if (error instanceof NoStreamError) return error
      // A full disk, a file that makes no sense: somebody mends it while the agent goes on with its pods.
      const reason = error instanceof Error ? error.message : String(error)
      return new NoStreamError(`a stream to the core could not be begun: ${reason}`, false, { cause: error })
    })
  }

  #beAccepted(): void {
    this.#connectedSinceMs = this.#world.clock.nowMs()
    this.#accepted.resolve()
  }

  #sayProblem({ reason, isRefusal }: StreamEnd): void {
    const nowMs = this.#world.clock.nowMs()
    if (reason === this.#saidProblem.reason && nowMs - this.#saidProblem.atMs < SAY_AGAIN_MS) return
    this.#saidProblem = { reason, atMs: nowMs }
    const context = { coreAddress: this.#options.coreAddress, reason }
    if (isRefusal) this.#world.log.error(context, 'the core refuses this node; trying again')
    else this.#world.log.warn(context, 'no connection to the core; trying again')
  }
}
