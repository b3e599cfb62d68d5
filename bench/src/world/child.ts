/** A process that the bench starts: waited for, spoken to over its channel, and gone at the end whatever happens. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { invariant } from '@fornax/kernel/assert'

export const ROOT = resolve(import.meta.dirname, '../../..')

export type ChildOptions = {
  /** In words, for messages. */
  readonly name: string
  /** From the root, with the arguments of Node before it and its own after it. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What it is told to end, also when the bench is interrupted. Default: that it is to stop. */
  readonly farewell?: object
  /** Whether everything that it prints is kept, and not only the end of it. */
  readonly keepsOutput?: true
}

const SAID_PIECES_MAX = 100
const STOP_MS = 20_000

const running = new Set<Child>()

/** Ends every process that still runs. Whoever waits for one of them then hears that it has ended. */
export async function endEveryChild(): Promise<void> {
  await Promise.all(Array.from(running, (child) => child[Symbol.asyncDispose]()))
}

export class Child implements AsyncDisposable {
  readonly name: string
  readonly #process: ChildProcess
  readonly #farewell: object
  readonly #said: string[] = []
  readonly #gone: Promise<string>
  #isStopping = false

  constructor({ name, args, env = {}, farewell = { type: 'stop' }, keepsOutput }: ChildOptions) {
    this.name = name
    this.#farewell = farewell
    this.#process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#said.push(bytes.toString())
        if (this.#said.length > SAID_PIECES_MAX && !keepsOutput) this.#said.shift()
      })
    running.add(this)
    this.#gone = new Promise((done) => {
      this.#process.once('error', (error) => done(`could not be started (${error.message})`))
      this.#process.once('exit', (code, signal) => done(signal === null ? `ended with code ${code}` : `got ${signal}`))
    })
    void this.#gone.then(() => running.delete(this))
  }

  get pid(): number {
    invariant(this.#process.pid !== undefined, `${this.name} has been started`)
    return this.#process.pid
  }

  /** What it printed, or the end of it. */
  get said(): string {
    return this.#said.join('')
  }

  send(message: object): void {
    if (this.#process.connected) this.#process.send(message)
  }

  /** Every message of this type from now on, until it is cancelled. */
  onMessage(type: string, hear: (message: object) => void): () => void {
    const listen = (message: unknown): void => {
      if (isMessage(message, type)) hear(message)
    }
    this.#process.on('message', listen)
    return () => void this.#process.off('message', listen)
  }

  /** The first message of this type from now on; rejects when the process ends before. */
  async message(type: string): Promise<object> {
    const { promise, resolve: resolveMessage } = Promise.withResolvers<object>()
    const cancel = this.onMessage(type, resolveMessage)
    try {
      return await Promise.race([promise, this.#failed()])
    } finally {
      cancel()
    }
  }

  /** As a crash would: nothing is said, nothing is tidied. */
  async kill(): Promise<void> {
    this.#isStopping = true
    this.#process.kill('SIGKILL')
    await this.#gone
  }

  /** Asks it to end, and waits until it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver()) return
    this.#isStopping = true
    if (this.#process.connected) this.send(this.#farewell)
    else this.#process.kill('SIGTERM')
    const late = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS)
    await this.#gone
    clearTimeout(late)
    // What it wrote last arrives after its end.
    if (this.#process.stdout?.readable) await once(this.#process, 'close').catch(() => undefined)
  }

  async #failed(): Promise<never> {
    const how = await this.#gone
    throw new Error(this.#isStopping ? `${this.name} was stopped` : `${this.name} ${how}:\n${this.said}`)
  }

  #isOver(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null || this.#process.pid === undefined
  }
}

function isMessage(message: unknown, type: string): message is object {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === type
}
