/** A small core on a real socket: speaks the node link, keeps what a node says, and decides nothing. */
import {
  NodeLinkServiceService,
  type Command,
  type CommandBatch,
  type ConnectRequest,
  type ConnectResponse,
  type CoreHello,
  type LogChunk,
  type NodeHello,
  type NodeLinkServiceServer,
  type NodeState,
  type PodReport,
  type ReadLog,
  type Report,
  type SessionReport,
  type UsageReport,
} from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { Server, ServerCredentials, status, type ServerDuplexStream } from '@grpc/grpc-js'

type Stream = ServerDuplexStream<ConnectRequest, ConnectResponse>
export type Order = NonNullable<Command['command']>

const PATIENCE_MS = 15_000

export class FakeCore implements AsyncDisposable {
  readonly coreId = 'cor-fake'
  readonly joinToken = 'a-token-for-tests'
  epoch = 1
  readonly hellos: NodeHello[] = []
  readonly states: NodeState[] = []
  readonly reports: { readonly revision: number; readonly report: NonNullable<Report['report']> }[] = []
  readonly refusals: number[] = []
  readonly logChunks: LogChunk[] = []
  readonly usages: UsageReport[] = []
  /** What is true, as far as the node said. */
  readonly pods = new Map<string, PodReport>()
  readonly sessions = new Map<string, SessionReport>()
  /** Reports whose revision was not the next one. */
  readonly gaps: string[] = []
  heartbeats = 0
  times: Pick<CoreHello, 'heartbeatIntervalMs' | 'leaseMs' | 'usageIntervalMs'> = {
    heartbeatIntervalMs: 200,
    leaseMs: 5_000,
    usageIntervalMs: 0,
  }
  #server: Server | null = null
  #stream: Stream | null = null
  #revision: number | null = null
  #partial: NodeState[] = []
  #port = 0
  readonly #waiting = new Set<() => void>()

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  get revision(): number | null {
    return this.#revision
  }

  get isConnected(): boolean {
    return this.#stream !== null
  }

  /** Listens, at the port of before if there was one. */
  async start(): Promise<void> {
    const server = new Server({ 'grpc.enable_channelz': 0 })
    const service: NodeLinkServiceServer = { connect: (stream) => this.#accept(stream) }
    server.addService(NodeLinkServiceService, service)
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.#port}`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      )
    })
    this.#server = server
  }

  /** Dies without a word. */
  async stop(): Promise<void> {
    // A forced shutdown alone lets streams live on; a process that dies does not.
    this.#stream?.emit('error', { code: status.UNAVAILABLE, details: 'the core died' })
    this.#server?.forceShutdown()
    this.#server = null
    this.#stream = null
    this.#revision = null
    await Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  command(...orders: readonly Order[]): void {
    this.send({ epoch: this.epoch, commands: orders.map((command) => ({ command })) })
  }

  send(batch: CommandBatch): void {
    this.write({ $case: 'commands', value: batch })
  }

  readLog(order: ReadLog): void {
    this.write({ $case: 'readLog', value: order })
  }

  write(frame: NonNullable<ConnectResponse['frame']>): void {
    if (this.#stream === null) throw new Error('no node is connected')
    this.#stream.write({ frame })
  }

  /** The first value that is something, looked for after each frame. */
  until<T>(look: () => T | undefined | null | false, what = 'what was awaited'): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error(`${what} did not happen: ${look.toString()}\n${this.#story()}`))
      }, PATIENCE_MS)
      const check = (): void => {
        const value = look()
        if (value === undefined || value === null || value === false) return
        clearTimeout(late)
        this.#waiting.delete(check)
        resolve(value)
      }
      this.#waiting.add(check)
      check()
    })
  }

  pod(podId: string, phase: number): Promise<PodReport> {
    return this.until(() => {
      const pod = this.pods.get(podId)
      return pod?.phase === phase ? pod : null
    }, `pod ${podId} in phase ${phase}`)
  }

  session(sessionId: string, phase: number): Promise<SessionReport> {
    return this.until(() => {
      const session = this.sessions.get(sessionId)
      return session?.phase === phase ? session : null
    }, `session ${sessionId} in phase ${phase}`)
  }

  /** The phases that were reported of a session, in order. */
  phasesOf(sessionId: string): number[] {
    return this.reports.flatMap(({ report }) =>
      report.$case === 'session' && report.value.sessionId === sessionId ? [report.value.phase] : [],
    )
  }

  #accept(stream: Stream): void {
    stream.on('data', ({ frame }: ConnectRequest) => {
      if (frame !== undefined) this.#receive(stream, frame)
      for (const check of this.#waiting) check()
    })
    stream.on('end', () => stream.end())
    stream.on('error', () => undefined)
    stream.on('close', () => {
      if (this.#stream !== stream) return
      this.#stream = null
      this.#revision = null
      for (const check of this.#waiting) check()
    })
  }

  #receive(stream: Stream, frame: NonNullable<ConnectRequest['frame']>): void {
    switch (frame.$case) {
      case 'hello':
        this.#welcome(stream, frame.value)
        return
      case 'state':
        this.#keepState(frame.value)
        return
      case 'reports':
        for (const [index, { report }] of frame.value.reports.entries())
          if (report !== undefined) this.#keepReport(frame.value.firstRevision + index, report)
        return
      case 'epochRefused':
        this.refusals.push(frame.value.highestEpoch)
        return
      case 'usage':
        this.usages.push(frame.value)
        return
      case 'logChunk':
        this.logChunks.push(frame.value)
        return
      case 'heartbeat':
        this.heartbeats += 1
        return
      case 'image':
        return
    }
  }

  #welcome(stream: Stream, hello: NodeHello): void {
    this.hellos.push(hello)
    if (hello.joinToken !== this.joinToken) {
      stream.emit('error', { code: status.UNAUTHENTICATED, details: 'wrong token' })
      return
    }
    this.#stream = stream
    this.#revision = null
    const value = { coreId: this.coreId, epoch: this.epoch, cores: [], ...this.times }
    stream.write({ frame: { $case: 'hello', value } })
    const beat = setInterval(
      () => stream.write({ frame: { $case: 'heartbeat', value: {} } }),
      value.heartbeatIntervalMs,
    )
    stream.on('close', () => clearInterval(beat))
  }

  #keepState(part: NodeState): void {
    this.#partial.push(part)
    if (!part.isLast) return
    const parts = this.#partial
    this.#partial = []
    this.pods.clear()
    this.sessions.clear()
    for (const pod of parts.flatMap(({ pods }) => pods)) this.pods.set(pod.podId, pod)
    for (const session of parts.flatMap(({ sessions }) => sessions)) this.sessions.set(session.sessionId, session)
    this.#revision = part.revision
    this.states.push({ ...part, pods: [...this.pods.values()], sessions: [...this.sessions.values()] })
  }

  #keepReport(revision: number, report: NonNullable<Report['report']>): void {
    if (revision !== (this.#revision ?? Number.NaN) + 1) this.gaps.push(`${revision} after ${this.#revision}`)
    this.#revision = revision
    this.reports.push({ revision, report })
    if (report.$case === 'pod') this.pods.set(report.value.podId, report.value)
    else this.sessions.set(report.value.sessionId, report.value)
  }

  #story(): string {
    const told = this.reports.slice(-20).map(({ revision, report }) => `${revision} ${JSON.stringify(report.value)}`)
    return [`connected: ${this.isConnected}`, ...told].join('\n')
  }
}
