/**
 * A command line tool that stays: `nft -i` and `ip -batch -` read commands from
 * their input, so a rule costs a fraction of a millisecond instead of a process.
 *
 * Neither tool says when it is done, and both say nothing when all went well.
 * So each piece of work is followed by a word that the tool does not know: what
 * it writes before complaining about that word is what went wrong.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
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

/** How much work may wait. A node has at most a few thousand pods; more than this means that the tool hangs. */
const WAITING_MAX = 10_000

type Work = {
  readonly lines: readonly string[]
  readonly settle: (failure: Error | null) => void
}

/** Runs work one after the other. The tool is started when needed, and again when it has died. */
export class CommandShell implements AsyncDisposable {
  readonly #tool: ShellTool
  readonly #waiting: Work[] = []
  #current: { readonly work: Work; readonly reply: RegExp } | null = null
  #process: ChildProcessWithoutNullStreams | null = null
  #heard = ''
  #count = 0

  constructor(tool: ShellTool) {
    this.#tool = tool
  }

  /** Rejects with what the tool said when it said anything. */
  run(lines: readonly string[]): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(new Error(`${this.#tool.program} has fallen behind by ${WAITING_MAX} commands`))
    }
    return new Promise((resolve, reject) => {
      const settle = (failure: Error | null): void => (failure === null ? resolve() : reject(failure))
      this.#waiting.push({ lines, settle })
      this.#begin()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process
    if (child === null) return
    const exited = new Promise((resolve) => child.once('close', resolve))
    child.stdin.end()
    await exited
  }

  #begin(): void {
    if (this.#current !== null) return
    const work = this.#waiting.shift()
    if (work === undefined) return
    this.#process ??= this.#start()
    this.#count += 1
    const word = `fxend${this.#count}` // Short enough for the name of a device.
    this.#current = { work, reply: this.#tool.closingReply(word) }
    this.#process.stdin.write(`${[...work.lines, this.#tool.closingLine(word)].join('\n')}\n`)
  }

  #start(): ChildProcessWithoutNullStreams {
    // One stream for both outputs, so that a complaint never overtakes the one before it.
    const command = ['-c', 'exec "$0" "$@" 2>&1', this.#tool.program, ...this.#tool.args]
    const child = spawn('sh', command, { stdio: 'pipe', env: TOOL_ENVIRONMENT })
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    child.stdin.on('error', () => {}) // 'close' tells the whole story.
    child.once('close', (code) => this.#left(`${this.#tool.program} ended with ${code}: ${this.#heard}`))
    child.once('error', (problem) => this.#left(`${this.#tool.program} could not be started: ${problem.message}`))
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
    const { work } = this.#current ?? {}
    this.#current = null
    work?.settle(failure)
    this.#begin()
  }
}
