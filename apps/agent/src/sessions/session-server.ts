/**
 * What the application inside a pod talks to: a gRPC server on a unix socket of
 * its own. The socket says which pod speaks, whatever is said over it. When this
 * agent was away, the application connects anew and says again what is true.
 */
import { chmodSync, lchownSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Cancel, Clock } from '@fornax/kernel/clock'
import {
  SessionServiceService,
  type ServeRequest,
  type ServeResponse,
  type SessionServiceServer,
} from '@fornax/proto/fornax/session/v1/session'
import type { SessionOrder } from '@fornax/node-model/node-session-state'
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import { SESSION_SOCKET } from '../runtime/runtime.ts'

/** What the application says. */
export type ApplicationListener = {
  hello(running: readonly RunningSession[]): void
  opened(sessionId: string): void
  refused(sessionId: string, message: string): void
  clientsCounted(sessionId: string, clients: number): void
  closed(sessionId: string, message: string): void
  /** It has said nothing for too long, or never came back. */
  silent(silentMs: number): void
}

export type RunningSession = { readonly sessionId: string; readonly clientCount: number; readonly isOpen: boolean }

/** The way to the application. While it is not connected, what is said is lost: its next hello begins anew. */
export type ApplicationLink = AsyncDisposable & {
  open(sessionId: string, order: SessionOrder): void
  close(sessionId: string, graceMs: number): void
  /** The application is about to be frozen: its silence means nothing, and nobody talks to it. */
  suspend(): void
  /** It runs again: its silence counts from now on. `heard` is called with its first word. */
  resume(heard: () => void): void
}

export type SessionServerOptions = {
  readonly podId: string
  readonly folder: string
  readonly owner: { readonly uid: number; readonly gid: number } | null
  readonly clock: Clock
  readonly listener: ApplicationListener
  /** The application was connected before this agent was: its silence counts from now on. */
  readonly isExpected: boolean
}

const HEARTBEAT_INTERVAL_MS = 5_000
/** An application may be busy for a long while; one that is silent for longer is not serving anybody. */
const SILENCE_MAX_MS = 60_000
const MESSAGE_LENGTH_MAX = 1_024

type Stream = ServerDuplexStream<ServeRequest, ServeResponse>

/** Listens in the pod's session folder, which must exist. */
export async function openSessionServer(options: SessionServerOptions): Promise<ApplicationLink> {
  const path = join(options.folder, SESSION_SOCKET)
  rmSync(path, { force: true }) // Left by the agent before us.
  const line = new ApplicationLine(options)
  const server = new Server({ 'grpc.enable_channelz': 0, 'grpc.max_concurrent_streams': 4 })
  const service: SessionServiceServer = { serve: (stream) => line.accept(stream) }
  server.addService(SessionServiceService, service)
  await bind(server, path)
  chmodSync(path, 0o600)
  if (options.owner !== null) lchownSync(path, options.owner.uid, options.owner.gid)
  return {
    open: (sessionId, { data, env }) =>
      line.say({ $case: 'open', value: { sessionId, data: Buffer.from(data), env: { ...env } } }),
    close: (sessionId, graceMs) => line.say({ $case: 'close', value: { sessionId, graceMs } }),
    suspend: () => line.suspend(),
    resume: (heard) => line.resume(heard),
    [Symbol.asyncDispose]: () => {
      line[Symbol.dispose]()
      server.forceShutdown()
      return Promise.resolve()
    },
  }
}

/** The one conversation that counts: a new one takes the place of the one before. */
class ApplicationLine implements Disposable {
  readonly #options: SessionServerOptions
  #stream: Stream | null = null
  #isExpected: boolean
  #isSuspended = false
  #heard: () => void = () => undefined
  #lastHeardMs: number
  #lastTickMs: number
  #cancelTick: Cancel

  constructor(options: SessionServerOptions) {
    this.#options = options
    this.#isExpected = options.isExpected
    this.#lastHeardMs = options.clock.nowMs()
    this.#lastTickMs = this.#lastHeardMs
    this.#cancelTick = this.#tickLater()
  }

  accept(stream: Stream): void {
    stream.on('error', () => this.#lose(stream)) // A line that breaks is no error: the application comes back.
    stream.on('end', () => {
      stream.end()
      this.#lose(stream)
    })
    stream.on('data', (request: ServeRequest) => this.#receive(stream, request.message))
  }

  say(message: NonNullable<ServeResponse['message']>): void {
    this.#stream?.write({ message })
  }

  suspend(): void {
    this.#isSuspended = true
    this.#heard = () => undefined
  }

  /** A beat at once: the application must not take our silence for our end. */
  resume(heard: () => void): void {
    this.#heard = heard
    if (!this.#isSuspended) return
    this.#isSuspended = false
    this.#lastHeardMs = this.#options.clock.nowMs()
    if (this.#stream?.writableNeedDrain === false) this.say({ $case: 'heartbeat', value: {} })
  }

  [Symbol.dispose](): void {
    this.#cancelTick()
    this.#stream?.end()
    this.#stream = null
  }

  #receive(stream: Stream, message: ServeRequest['message']): void {
    if (message === undefined) return // A newer SDK's word that this agent does not know.
    this.#lastHeardMs = this.#options.clock.nowMs()
    this.#noteHeard()
    if (message.$case === 'hello') {
      // Each hello is answered with all that is open: repeated by one that does not read, it would fill our memory.
      if (stream === this.#stream) return
      this.#welcome(stream)
    }
    if (stream === this.#stream) tell(this.#options.listener, message)
  }

  /** What was on its way when the application was frozen is no word of one that runs again. */
  #noteHeard(): void {
    if (this.#isSuspended) return
    const heard = this.#heard
    this.#heard = () => undefined
    heard()
  }

  #welcome(stream: Stream): void {
    if (this.#stream !== null && this.#stream !== stream) this.#stream.end()
    this.#stream = stream
    this.#isExpected = true
    this.say({
      $case: 'welcome',
      value: { podId: this.#options.podId, heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS },
    })
  }

  #lose(stream: Stream): void {
    if (this.#stream === stream) this.#stream = null
  }

  #tickLater(): Cancel {
    return this.#options.clock.schedule(HEARTBEAT_INTERVAL_MS, () => {
      this.#tick(this.#options.clock.nowMs())
      this.#cancelTick = this.#tickLater()
    })
  }

  #tick(nowMs: number): void {
    // This process slept, or the clock was set: silence in between proves nothing.
    if (nowMs - this.#lastTickMs > 2 * HEARTBEAT_INTERVAL_MS || nowMs < this.#lastTickMs) this.#lastHeardMs = nowMs
    this.#lastTickMs = nowMs
    if (this.#isSuspended) this.#lastHeardMs = nowMs
    const silentMs = nowMs - this.#lastHeardMs
    if (this.#isExpected && silentMs > SILENCE_MAX_MS) {
      this.#isExpected = false // Said once.
      this.#options.listener.silent(silentMs)
    }
    if (!this.#isSuspended && this.#stream?.writableNeedDrain === false) this.say({ $case: 'heartbeat', value: {} })
  }
}

function tell(listener: ApplicationListener, message: NonNullable<ServeRequest['message']>): void {
  switch (message.$case) {
    case 'hello':
      listener.hello(message.value.sessions)
      return
    case 'opened':
      listener.opened(message.value.sessionId)
      return
    case 'refused':
      listener.refused(message.value.sessionId, message.value.message.slice(0, MESSAGE_LENGTH_MAX))
      return
    case 'clientCount':
      listener.clientsCounted(message.value.sessionId, message.value.clients)
      return
    case 'closed':
      listener.closed(message.value.sessionId, message.value.message.slice(0, MESSAGE_LENGTH_MAX))
      return
    default: // A heartbeat: to be heard was all.
  }
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve()
      else reject(new Error(`the session socket ${path} could not be opened`, { cause: error }))
    })
  })
}
