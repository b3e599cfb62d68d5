/**
 * A command line tool that stays: `nft -i` and `ip -batch -` read commands from
 * their input, so a rule costs a fraction of a millisecond instead of a process.
 *
 * Neither tool says when it is done, and both say nothing when all went well.
 * So each piece of work is followed by a word that the tool does not know: what
 * it writes before complaining about that word is what went wrong.
 *
 * `nft -i` is made for people, and keeps every line it has read for them. So a tool
 * is let go after some thousand pieces of work, and another one goes on.
 *
 * A tool that does not answer is ended. Whoever waited hears of it, and cannot know
 * whether it was done. The next work begins when the tool is gone, so that it is not
 * overtaken by what the kernel may still be doing for that one.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { systemClock, type Cancel } from '@fornax/kernel/clock'
import { TOOL_ENVIRONMENT } from './run-tool.ts'

export type ShellTool = {
  readonly program: string
  readonly args: readonly string[]
  /** A line that the tool certainly complains about, quoting the word. */
  readonly closingLine: (word: string) => string
  /** The complaint about the closing line; group 1 is everything before it. */
  readonly closingReply: (word: string) => RegExp
}

/** nftables: one line is one transaction. */
export const NFT: ShellTool = {
  program: 'nft',
  args: ['-i'],
  closingLine: (word) => word,
  closingReply: (word) => new RegExp(`^([^]*)Error: [^\\n]*\\n${word}\\n *\\^+\\n`),
}

/** iproute2: goes on after a command that failed. */
export const IP: ShellTool = {
  program: 'ip',
  args: ['-force', '-batch', '-'],
  closingLine: (word) => `link show dev ${word}`,
  closingReply: (word) => new RegExp(`^([^]*)Device "${word}" does not exist\\.\\nCommand failed -:\\d+\\n`),
}

/** `nft -i` keeps some 300 bytes of each, so this is 1.5 MB. */
const WORK_PER_PROCESS_MAX = 5_000
/** There it finds no file of what was typed before, and can make none. */
const SHELL_ENVIRONMENT = { ...TOOL_ENVIRONMENT, HOME: '/dev/null' }

/** A line takes about a millisecond. */
const WORK_LIMIT_MS = 10_000

/** What no tool says. */
const NOTHING = /(?!)/

/** How much work may wait. A node has at most a few thousand pods; more than this means that the tool hangs. */
const WAITING_MAX = 10_000

type Work = {
  readonly lines: readonly string[]
  readonly settle: (failure: Error | null) => void
}

type Current = { readonly work: Work; readonly reply: RegExp; readonly cancelLimit: Cancel }

export type ShellLimits = {
  /** After how much work the tool is started anew. */
  readonly workPerProcess?: number
  /** After how many milliseconds without an answer it is ended. */
  readonly workMs?: number
}

/** Runs work one after the other. The tool is started when needed, and again when it has died. */
export class CommandShell implements AsyncDisposable {
  readonly #tool: ShellTool
  readonly #waiting: Work[] = []
  #current: Current | null = null
  #process: ChildProcessWithoutNullStreams | null = null
  readonly #ending = new Set<Promise<unknown>>()
  #heard = ''
  #count = 0
  readonly #limits: Required<ShellLimits>
  /** Whoever waits for the end of all work, after which no more is taken. */
  #closing: PromiseWithResolvers<void> | null = null

  constructor(tool: ShellTool, { workPerProcess = WORK_PER_PROCESS_MAX, workMs = WORK_LIMIT_MS }: ShellLimits = {}) {
    this.#tool = tool
    this.#limits = { workPerProcess, workMs }
  }

  /** Rejects with what the tool said when it said anything. */
  run(lines: readonly string[]): Promise<void> {
    const { program } = this.#tool
    if (this.#closing !== null) return Promise.reject(new Error(`${program} has been let go`))
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(new Error(`${program} has fallen behind by ${WAITING_MAX} commands`))
    }
    return new Promise((resolve, reject) => {
      const settle = (failure: Error | null): void => (failure === null ? resolve() : reject(failure))
      this.#waiting.push({ lines, settle })
      this.#begin()
    })
  }

  /** Does what it was told already, and takes nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= Promise.withResolvers()
    if (this.#current !== null) await this.#closing.promise
    if (this.#process !== null) this.#letGo(this.#process)
    await Promise.all(this.#ending)
  }

  #begin(): void {
    if (this.#current !== null) return
    const work = this.#waiting.shift()
    if (work === undefined) return
    if (this.#process !== null && this.#count % this.#limits.workPerProcess === 0) this.#letGo(this.#process)
    const child = (this.#process ??= this.#start())
    this.#count += 1
    const word = `fxend${this.#count}` // Short enough for the name of a device.
    const cancelLimit = systemClock.schedule(this.#limits.workMs, () => this.#endIfSilent(child, work))
    this.#current = { work, reply: this.#tool.closingReply(word), cancelLimit }
    if (child.pid === undefined) return // 'error' tells why.
    child.stdin.write(`${[...work.lines, this.#tool.closingLine(word)].join('\n')}\n`)
  }

  /** Ends a tool that has not answered, unless its answer is there and waits to be read. */
  #endIfSilent(child: ChildProcessWithoutNullStreams, work: Work): void {
    systemClock.schedule(0, () => {
      if (this.#current?.work !== work) return
      this.#current = { ...this.#current, reply: NOTHING } // Too late: its end settles the work.
      this.#heard = `no answer within ${this.#limits.workMs} ms\n${this.#heard}`
      child.kill('SIGKILL')
    })
  }

  /** It ends when it has read all that it was told, and is ended when it does not. */
  #letGo(child: ChildProcessWithoutNullStreams): void {
    const cancelLimit = systemClock.schedule(this.#limits.workMs, () => child.kill('SIGKILL'))
    const ended = new Promise<void>((resolve) => child.once('close', resolve)).then(cancelLimit)
    this.#ending.add(ended)
    void ended.then(() => this.#ending.delete(ended))
    child.stdin.end()
    this.#process = null
  }

  #start(): ChildProcessWithoutNullStreams {
    // One stream for both outputs, so that a complaint never overtakes the one before it.
    const command = ['-c', 'exec "$0" "$@" 2>&1', this.#tool.program, ...this.#tool.args]
    const child = spawn('sh', command, { stdio: 'pipe', env: SHELL_ENVIRONMENT })
    const { program } = this.#tool
    // One that was let go has nothing more to say.
    const isOurs = (): boolean => this.#process === child
    child.once('error', ({ message }) => void (isOurs() && this.#left(`${program} could not be started: ${message}`)))
    if (child.pid === undefined) return child // It may not even have streams.
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (isOurs() && this.#hear(text)))
    child.stdin.on('error', () => {}) // 'close' tells the whole story.
    child.once('close', (code, signal) => {
      if (isOurs()) this.#left(`${program} ended with ${code ?? signal}: ${this.#heard}`)
    })
    return child
  }

  #hear(text: string): void {
    this.#heard += text
    const answer = this.#current?.reply.exec(this.#heard)
    if (answer === null || answer === undefined) return
    this.#heard = ''
    const words = (answer[1] ?? '').trim()
    this.#settle(words === '' ? null : new Error(`${this.#tool.program}: ${words}`))
  }

  #left(why: string): void {
    this.#process = null
    this.#heard = ''
    this.#settle(new Error(why))
  }

  #settle(failure: Error | null): void {
    const { work, cancelLimit } = this.#current ?? {}
    this.#current = null
    cancelLimit?.()
    work?.settle(failure)
    this.#begin()
    if (this.#current === null) this.#closing?.resolve()
  }
}
