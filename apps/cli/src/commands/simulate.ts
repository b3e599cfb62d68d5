/** `fornax simulate`: simulated nodes for a core that runs, in a process of their own, until Ctrl-C. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { isRecord } from '@fornax/client/client-error'
import { CliError } from '../cli-error.ts'
import { findNodeLink } from '../connection.ts'
import type { Terminal } from '../terminal.ts'

export type SimulateFlags = {
  readonly nodes: number
  readonly prefix: string
  readonly createTime: number
  readonly atOnce: number
  readonly sessionTime: number
  readonly core?: string
}

type Surroundings = { readonly terminal: Terminal; readonly checkout: string; readonly signal: AbortSignal }

const TELL_EVERY = 100
/** A core that is there accepts the first node sooner. */
const SILENCE_MS = 3_000

export async function simulateNodes(surroundings: Surroundings, flags: SimulateFlags): Promise<void> {
  const { terminal, checkout, signal } = surroundings
  const link = await findNodeLink(flags.core, { env: terminal.env, folder: terminal.folder, checkout })
  terminal.err(`${count(flags.nodes)} join the core at ${link.address}…\n`)
  const child = spawn(process.execPath, [join(checkout, 'apps/agent/src/simulate/main.ts'), ...argsOf(flags)], {
    env: {
      ...terminal.env,
      FORNAX_CORE_ADDRESS: link.address,
      FORNAX_JOIN_TOKEN_FILE: link.joinTokenFile,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  // A terminal sends Ctrl-C to both; a signal to this process alone is handed on. Pods end with their nodes.
  const stop = (): void => void (child.connected && child.send({ type: 'stop', pods: 'end' }))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop() // While the core was looked for.
  const story = new Story(terminal, flags.nodes)
  story.follow(child)
  const cancel = terminal.clock.schedule(SILENCE_MS, () => story.mentionSilence(link.address))
  try {
    const how = await endOf(child)
    if (!signal.aborted) throw new CliError(`the simulated nodes ${how}`, story.lastWords)
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new CliError(`the simulated nodes could not be started: ${cause.message}`, null, { cause })),
    )
    child.once('close', (code, by) => resolve(by === null ? `ended with code ${code}` : `were ended by ${by}`))
  })
}

function argsOf({ nodes, prefix, createTime, atOnce, sessionTime }: SimulateFlags): string[] {
  const values = {
    nodes,
    prefix,
    'create-ms': createTime,
    'stop-ms': createTime,
    'at-once': atOnce,
    'session-ms': sessionTime,
  }
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`)
}

/** What the process says, in words for the person. */
class Story {
  readonly #terminal: Terminal
  readonly #nodes: number
  readonly #said = new Set<string>()
  #accepted = 0
  #lastWords: string | null = null

  constructor(terminal: Terminal, nodes: number) {
    this.#terminal = terminal
    this.#nodes = nodes
  }

  /** What it wrote last to the error output; null: nothing. */
  get lastWords(): string | null {
    return this.#lastWords
  }

  follow(child: ChildProcess): void {
    child.on('message', (message) => this.#hear(message))
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#read(line))
  }

  mentionSilence(address: string): void {
    if (this.#accepted === 0)
      this.#say(`no node was accepted yet: is there a core at ${address}? (--core names another)`)
  }

  #hear(message: unknown): void {
    if (!isRecord(message)) return
    if (message['type'] === 'progress') this.#progress(Number(message['accepted']))
    if (message['type'] !== 'ready') return
    this.#say(`${count(this.#nodes)} ${this.#nodes === 1 ? 'is' : 'are'} connected; Ctrl-C ends them`)
    this.#say('only applications with "toleratesSimulated: true" get pods on them, and get them nowhere else')
  }

  #progress(accepted: number): void {
    this.#accepted = accepted
    if (accepted % TELL_EVERY === 0 && accepted < this.#nodes) this.#say(`${accepted} of ${count(this.#nodes)}`)
  }

  /** The log of the nodes, of which a thousand may say the same. */
  #read(line: string): void {
    const words = wordsOf(line)
    if (this.#said.has(words)) return
    this.#said.add(words)
    this.#lastWords = words
    this.#say(words)
  }

  #say(line: string): void {
    this.#terminal.err(`${line}\n`)
  }
}

function wordsOf(line: string): string {
  try {
    const entry: unknown = JSON.parse(line)
    if (!isRecord(entry)) return line
    return [entry['msg'], entry['reason']].filter((part) => typeof part === 'string').join(': ')
  } catch {
    return line // Not of the log.
  }
}

function count(nodes: number): string {
  return nodes === 1 ? '1 simulated node' : `${nodes} simulated nodes`
}
