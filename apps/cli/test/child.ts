/** Processes that a test starts, and how it waits for what they do. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'

export const CHECKOUT = resolve(import.meta.dirname, '../../..')
const BIN = resolve(CHECKOUT, 'apps/cli/bin/fornax.mjs')

export type Outcome = { readonly code: number | null; readonly out: string; readonly err: string }

export type CliOptions = {
  readonly env: Readonly<Record<string, string>>
  readonly folder?: string
  readonly input?: string
}

/** Runs one command to its end. */
export async function runCli(words: readonly string[], options: CliOptions): Promise<Outcome> {
  const child = spawnCli(words, options)
  child.stdin?.end(options.input ?? '')
  const [out, err, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'close')])
  return { code: typeof code === 'number' ? code : null, out, err }
}

export function spawnCli(words: readonly string[], { env, folder }: CliOptions): ChildProcess {
  return spawn(process.execPath, [BIN, ...words], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    cwd: folder ?? '/',
  })
}

/** Everything that a stream says. */
export function textOf(stream: ChildProcess['stdout']): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream)
}

/** A command that goes on, with what it has written so far. */
export class LiveCli implements AsyncDisposable {
  readonly child: ChildProcess
  /** Settles when it has ended, also when that was before anybody asked. */
  readonly ended: Promise<unknown>
  #out = ''
  #err = ''
  #wake = Promise.withResolvers<void>()

  constructor(words: readonly string[], options: CliOptions) {
    this.child = spawnCli(words, options)
    this.ended = once(this.child, 'close')
    this.child.stdout?.on('data', (chunk: Buffer) => this.#heard(() => (this.#out += chunk.toString())))
    this.child.stderr?.on('data', (chunk: Buffer) => this.#heard(() => (this.#err += chunk.toString())))
    this.child.on('close', () => this.#heard(() => undefined))
  }

  get out(): string {
    return this.#out
  }

  get err(): string {
    return this.#err
  }

  /** Waits until its output is as described. */
  async until(isReached: (output: { readonly out: string; readonly err: string }) => boolean): Promise<void> {
    while (!isReached({ out: this.#out, err: this.#err })) {
      if (this.child.exitCode !== null)
        throw new Error(`it ended with ${this.child.exitCode}: ${this.#out}${this.#err}`)
      await this.#wake.promise
    }
  }

  /** Sends a signal, and gives its exit code. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal)
    await this.ended
    return this.child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
  }

  #heard(note: () => void): void {
    note()
    const { resolve: wake } = this.#wake
    this.#wake = Promise.withResolvers<void>()
    wake()
  }
}
