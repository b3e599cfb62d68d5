/** An agent's side of the session service: a real gRPC server on a real unix socket, driven by a test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import {
  SessionServiceService,
  type Hello,
  type ServeRequest,
  type ServeResponse,
} from '@fornax/proto/fornax/session/v1/session'
import { serve, type ServeOptions, type SessionServer } from '../src/session-sdk.ts'

type Stream = ServerDuplexStream<ServeRequest, ServeResponse>
type Word = NonNullable<ServeRequest['message']>
type WordValue = { [W in Word as W['$case']]: W['value'] }

/** A pod's side: a folder for the socket, and the application in it. Gone with its test. */
export async function scratchPod(): Promise<ScratchPod> {
  const folder = await mkdtemp(join(tmpdir(), 'fornax-sdk-'))
  const scope = new AsyncDisposableStack()
  scope.defer(() => rm(folder, { recursive: true, force: true }))
  const socketPath = join(folder, 'session.sock')
  return {
    socketPath,
    serve: (options) => scope.use(serve({ ...options, socketPath })),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  }
}

type ScratchPod = AsyncDisposable & {
  readonly socketPath: string
  /** Starts the application, until the end of the test. */
  readonly serve: (options: Omit<ServeOptions, 'socketPath'>) => SessionServer
}

/** Listens until it is disposed of, which looks like `kill -9` to the application. */
export async function scratchAgent(socketPath: string, heartbeatIntervalMs = 60_000): Promise<ScratchAgent> {
  await rm(socketPath, { force: true })
  const agent = new ScratchAgent(heartbeatIntervalMs)
  await agent.listen(socketPath)
  return agent
}

/** One life of an agent: it reads one word after the other, in the order in which the application said them. */
export class ScratchAgent implements AsyncDisposable {
  readonly #server = new Server()
  readonly #heartbeatIntervalMs: number
  readonly #words: Word[] = []
  readonly #readers: ((word: Word) => void)[] = []
  #stream: Stream | null = null

  constructor(heartbeatIntervalMs: number) {
    this.#heartbeatIntervalMs = heartbeatIntervalMs
    this.#server.addService(SessionServiceService, { serve: (stream: Stream) => this.#serve(stream) })
  }

  async listen(socketPath: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const answer = (problem: Error | null): void => (problem === null ? resolve() : reject(problem))
      this.#server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), answer)
    })
  }

  /** The next word of the application, whatever it is. */
  next(): Promise<Word> {
    const word = this.#words.shift()
    if (word !== undefined) return Promise.resolve(word)
    return new Promise((resolve) => this.#readers.push(resolve))
  }

  /** The next word, which must be of this kind. */
  async expect<K extends Word['$case']>(kind: K): Promise<WordValue[K]> {
    const word = await this.next()
    if (word.$case !== kind) throw new Error(`expected ${kind}, heard ${JSON.stringify(word)}`)
    return word.value as WordValue[K]
  }

  /** The hello of a connection, welcomed. */
  async meet(): Promise<Hello> {
    const hello = await this.expect('hello')
    this.say({ $case: 'welcome', value: { podId: 'pod-a', heartbeatIntervalMs: this.#heartbeatIntervalMs } })
    return hello
  }

  say(message: NonNullable<ServeResponse['message']>): void {
    this.#stream?.write({ message })
  }

  open(sessionId: string, data: Uint8Array = new Uint8Array(), env: Record<string, string> = {}): void {
    this.say({ $case: 'open', value: { sessionId, data: Buffer.from(data), env } })
  }

  close(sessionId: string, graceMs = 1_000): void {
    this.say({ $case: 'close', value: { sessionId, graceMs } })
  }

  /** Ends the connection and stays. */
  hangUp(): void {
    this.#stream?.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown()
    // Its listener takes the socket's file away when it closes, which must not be the file of a successor.
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()))
  }

  #serve(stream: Stream): void {
    this.#stream = stream
    stream.on('error', () => {}) // The application left; the next one says hello.
    stream.on('data', ({ message }: ServeRequest) => {
      if (message === undefined) return
      const reader = this.#readers.shift()
      if (reader === undefined) this.#words.push(message)
      else reader(message)
    })
  }
}
