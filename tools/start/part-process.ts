/** One running process of a part, from its launch to its end. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { invariant } from '@fornax/kernel/assert'
import type { Clock } from '@fornax/kernel/clock'
import { parseReady, STOP_EVERYTHING, type Ready } from './part-message.ts'
import type { PartOutput } from './part-output.ts'

export type PartName = 'core' | 'agent' | 'console'

/** What each part runs: arguments of Node, from the root. */
export type PartPrograms = Readonly<Record<PartName, readonly string[]>>

export const PROGRAMS: PartPrograms = {
  core: ['apps/core/src/main.ts'],
  agent: ['apps/agent/src/main.ts'],
  console: ['apps/console/server.ts'],
}

export type PartCommand = {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** `message`: the part tells being asked to end from a plain signal, and does more. */
export type StopBy = 'signal' | 'message'

/** How a process ended, in words that complete "the core …". */
export type PartEnd = { readonly how: string }

export type PartStart =
  | { readonly kind: 'ready'; readonly ready: Ready }
  | { readonly kind: 'failed'; readonly how: string }

/**
 * The child leads a process group of its own: Ctrl-C in the terminal reaches only
 * the supervisor, which then ends the parts in the right order.
 */
export class PartProcess {
  /** Resolves once; never rejects. */
  readonly ended: Promise<PartEnd>
  readonly #child: ChildProcess
  readonly #streams: { readonly stdout: Readable; readonly stderr: Readable }
  readonly #clock: Clock

  constructor(command: PartCommand, output: PartOutput, clock: Clock) {
    this.#clock = clock
    this.#child = spawn(command.file, [...command.args], {
      cwd: command.cwd,
      env: { ...command.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const { stdout, stderr } = this.#child
    invariant(stdout !== null && stderr !== null, 'both streams are pipes')
    this.#streams = { stdout, stderr }
    output.follow(this.#streams)
    this.ended = new Promise((done) => {
      this.#child.once('error', (error) => done({ how: `could not be started (${error.message})` }))
      this.#child.once('exit', (code, signal) =>
        done({ how: signal === null ? `stopped with exit code ${code}` : `was ended by ${signal}` }),
      )
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Waits for the word that it is up. One that stays silent is killed. */
  async started(timeoutMs: number): Promise<PartStart> {
    const silence = Promise.withResolvers<PartStart>()
    const cancel = this.#clock.schedule(timeoutMs, () => {
      this.kill()
      silence.resolve({ kind: 'failed', how: `was not ready after ${timeoutMs / 1000} s` })
    })
    const word = new Promise<PartStart>((done) => {
      this.#child.on('message', (message) => {
        const ready = parseReady(message)
        if (ready !== null) done({ kind: 'ready', ready })
      })
    })
    const end = this.ended.then(async ({ how }): Promise<PartStart> => {
      await this.#outputRead()
      return { kind: 'failed', how }
    })
    return await Promise.race([word, end, silence.promise]).finally(cancel)
  }

  /** Asks it to end, and kills it after its time. What it left in its group goes with it. */
  async stop(by: StopBy, timeoutMs: number): Promise<void> {
    this.#ask(by)
    const cancel = this.#clock.schedule(timeoutMs, () => this.kill())
    await this.ended
    cancel()
    this.kill()
    await this.#outputRead()
  }

  /** Ends it at once, with everything it started in its own group. */
  kill(): void {
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL')
  }

  #ask(by: StopBy): void {
    const { pid } = this.#child
    if (pid === undefined) return
    const signal = (): void => signalGroup(pid, 'SIGTERM')
    if (by === 'signal' || !this.#child.connected) signal()
    else this.#child.send(STOP_EVERYTHING, (error) => error !== null && signal())
  }

  /** Its last words may still be in the pipe; but a pipe that a grandchild holds never ends. */
  async #outputRead(): Promise<void> {
    const { stdout, stderr } = this.#streams
    const enough = Promise.withResolvers<void>()
    const cancel = this.#clock.schedule(LAST_WORDS_MS, enough.resolve)
    await Promise.race([Promise.all([closed(stdout), closed(stderr)]), enough.promise])
    cancel()
    stdout.destroy()
    stderr.destroy()
  }
}

function closed(stream: Readable): Promise<void> {
  return new Promise((done) => (stream.closed ? done() : stream.once('close', () => done())))
}

const LAST_WORDS_MS = 300

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    if (!isGone) throw new Error(`cannot send ${signal} to process group ${pid}`, { cause: error })
  }
}
