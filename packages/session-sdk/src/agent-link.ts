/**
 * The conversation with the agent of this node, over the unix socket that it
 * mounted into the pod. The agent may die and come back at any time, under the
 * same path: this link then connects anew and says again what is true.
 */
import { credentials, type ClientDuplexStream } from '@grpc/grpc-js'
import { sleep, type Clock } from '@fornax/kernel/clock'
import { reconnectBackoffMs } from '@fornax/kernel/reconnect-backoff'
import {
  SessionServiceClient,
  type Hello,
  type ServeRequest,
  type ServeResponse,
} from '@fornax/proto/fornax/session/v1/session'
import { heartbeatIntervalMs, judgePulse } from './link-timing.ts'

/** Something to tell the agent, other than what the link says by itself. */
export type Statement = Extract<
  NonNullable<ServeRequest['message']>,
  { $case: 'opened' | 'refused' | 'clientCount' | 'closed' }
>

/** Something that the agent asks for. */
export type Demand = Extract<NonNullable<ServeResponse['message']>, { $case: 'open' | 'close' }>

/** What the link needs of its owner. */
export type LinkPorts = {
  readonly clock: Clock
  readonly socketPath: string
  /** The truth at the moment of connecting. */
  readonly hello: () => Hello
  readonly onDemand: (demand: Demand) => void
  /** Told once for each time that the agent cannot be reached. */
  readonly onProblem: (problem: Error) => void
}

type Stream = ClientDuplexStream<ServeRequest, ServeResponse>

/** Statements wait for the agent's Welcome. Beyond this the oldest is left out; the agent will ask again. */
const WAITING_STATEMENTS_MAX = 1_024

/** How long an agent that accepted the connection may take to answer a Hello. */
const WELCOME_TIMEOUT_MS = 10_000

/** Keeps talking until it is disposed of. */
export class AgentLink implements AsyncDisposable {
  readonly #ports: LinkPorts
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  /** Null unless an agent has welcomed us: a connection that was only begun may lead nowhere. */
  #stream: Stream | null = null
  #waiting: Statement[] = []
  readonly #counts = new Map<string, number>()
  #countsFlushIsDue = false

  constructor(ports: LinkPorts) {
    this.#ports = ports
    this.#done = this.#keepTalking()
  }

  /** Tells the agent, now or when it is back. Never waits, and never grows without bound. */
  say(statement: Statement): void {
    if (statement.$case === 'clientCount') return this.#sayCount(statement.value)
    this.#counts.delete(statement.value.sessionId)
    if (this.#stream !== null) this.#stream.write({ message: statement })
    else this.#waiting = [...this.#waiting, statement].slice(-WAITING_STATEMENTS_MAX)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  /** Counts can change thousands of times a second; only the latest of each session is worth a message. */
  #sayCount({ sessionId, clients }: { sessionId: string; clients: number }): void {
    this.#counts.set(sessionId, clients)
    if (this.#countsFlushIsDue) return
    this.#countsFlushIsDue = true
    queueMicrotask(() => {
      this.#countsFlushIsDue = false
      this.#flushCounts()
    })
  }

  #flushCounts(): void {
    if (this.#stream === null || this.#stream.writableNeedDrain) return // Said at the Welcome, or at 'drain'.
    for (const [sessionId, clients] of this.#counts) {
      this.#stream.write({ message: { $case: 'clientCount', value: { sessionId, clients } } })
    }
    this.#counts.clear()
  }

  async #keepTalking(): Promise<void> {
    let failures = 0
    while (!this.#stop.signal.aborted) {
      const { wasWelcomed, problem } = await this.#converse()
      if (this.#stop.signal.aborted) return
      if (wasWelcomed || failures === 0) this.#ports.onProblem(problem)
      failures = wasWelcomed ? 0 : failures + 1
      await sleep(this.#ports.clock, reconnectBackoffMs(failures, Math.random()), this.#stop.signal).catch(() => {})
    }
  }

  /** One connection, from Hello to its end. */
  async #converse(): Promise<{ readonly wasWelcomed: boolean; readonly problem: Error }> {
    // A client of its own for each attempt: nothing of a connection that failed, its backoff least of all, lives on.
    const client = new SessionServiceClient(`unix:${this.#ports.socketPath}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_channelz': 0,
      'grpc.service_config_disable_resolution': 1,
    })
    const stream = client.serve()
    const pulse = new Pulse(this.#ports.clock, stream)
    const leave = (): void => stream.cancel()
    this.#stop.signal.addEventListener('abort', leave)
    try {
      const ended = endOf(stream)
      stream.on('data', ({ message }: ServeResponse) => this.#receive(stream, pulse, message))
      stream.on('drain', () => this.#flushCounts())
      this.#sayHello(stream)
      const problem = await ended
      return { wasWelcomed: pulse.wasWelcomed, problem }
    } finally {
      this.#stream = null
      this.#stop.signal.removeEventListener('abort', leave)
      pulse.end()
      client.close()
    }
  }

  #sayHello(stream: Stream): void {
    // The Hello tells what is open and by how many clients it is used. It cannot tell why something has ended.
    this.#counts.clear()
    this.#waiting = this.#waiting.filter((statement) => statement.$case !== 'opened')
    stream.write({ message: { $case: 'hello', value: this.#ports.hello() } })
  }

  #receive(stream: Stream, pulse: Pulse, message: ServeResponse['message']): void {
    if (message === undefined) return // A newer agent's word that this SDK does not know.
    pulse.heard(message)
    if (message.$case === 'open' || message.$case === 'close') this.#ports.onDemand(message)
    if (message.$case !== 'welcome') return
    this.#stream = stream
    for (const statement of this.#waiting.splice(0)) stream.write({ message: statement })
    this.#flushCounts()
  }
}

/** The heartbeats of one connection, in both directions. */
class Pulse {
  readonly #clock: Clock
  readonly #stream: Stream
  #intervalMs = WELCOME_TIMEOUT_MS
  #lastTickMs: number
  #lastHeardMs: number
  #agentBeats = false
  #cancelTick: () => void
  wasWelcomed = false

  constructor(clock: Clock, stream: Stream) {
    this.#clock = clock
    this.#stream = stream
    this.#lastTickMs = clock.nowMs()
    this.#lastHeardMs = this.#lastTickMs
    this.#cancelTick = clock.schedule(this.#intervalMs, () => this.#tick())
  }

  heard(message: NonNullable<ServeResponse['message']>): void {
    this.#lastHeardMs = this.#clock.nowMs()
    if (message.$case === 'heartbeat') this.#agentBeats = true
    if (message.$case !== 'welcome') return
    this.wasWelcomed = true
    this.#intervalMs = heartbeatIntervalMs(message.value.heartbeatIntervalMs)
    this.#lastTickMs = this.#lastHeardMs
    this.#cancelTick()
    this.#cancelTick = this.#clock.schedule(this.#intervalMs, () => this.#tick())
  }

  end(): void {
    this.#cancelTick()
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs()
    const verdict = judgePulse({
      nowMs,
      lastTickMs: this.#lastTickMs,
      intervalMs: this.#intervalMs,
      lastHeardMs: this.#lastHeardMs,
      agentBeats: this.#agentBeats,
    })
    if (verdict === 'silent' || (!this.wasWelcomed && verdict === 'alive')) {
      this.#stream.cancel()
      return
    }
    if (verdict === 'clockJumped') this.#lastHeardMs = nowMs
    this.#lastTickMs = nowMs
    // A beat in a full pipe would only make it fuller: what already waits there says that we are alive.
    if (this.wasWelcomed && !this.#stream.writableNeedDrain) {
      this.#stream.write({ message: { $case: 'heartbeat', value: {} } })
    }
    this.#cancelTick = this.#clock.schedule(this.#intervalMs, () => this.#tick())
  }
}

/** Resolves when a stream is over, with the reason. Listens at once, or an early error would be nobody's. */
function endOf(stream: Stream): Promise<Error> {
  return new Promise((resolve) => {
    stream.on('error', (cause: Error) => resolve(new Error('the connection to the agent is lost', { cause })))
    stream.on('end', () => resolve(new Error('the agent ended the connection')))
  })
}
