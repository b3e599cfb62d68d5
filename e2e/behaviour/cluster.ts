/**
 * A real core and real agents as processes of their own, on free ports and a scratch folder, that can be killed
 * and started again one by one. Pods run on the process runtime, unless a test says otherwise.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createClient, type Client } from '@fornax/client/client'
import type { FaultNetwork } from './faults/fault-network.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

/** How long anything that should come true may take on a busy machine before a test gives up. */
const LOOPBACK = '127.0.0.1'
const SAID_MAX = 200

export type ClusterOptions = {
  readonly nodes?: readonly string[]
  readonly runtime?: 'process' | 'bubblewrap'
  /** Of a containerd, on which agents run images. */
  readonly containerdSocket?: string
  readonly databaseUrl?: string
  /** Of every part; otherwise warnings and worse. */
  readonly logLevel?: 'trace'
  /** Of the core, besides those of every cluster. */
  readonly coreSettings?: Readonly<Record<string, string>>
  /** Without one, everything is on loopback. */
  readonly network?: FaultNetwork
  /** Where agents keep what is theirs, by node; otherwise under the folder of the cluster. */
  readonly folders?: Readonly<Record<string, string>>
}

export class Cluster implements AsyncDisposable {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'fornax-behaviour-'))
  readonly token = randomBytes(16).toString('hex')
  readonly #options: ClusterOptions
  readonly #parts = new Map<string, ChildProcess>()
  /** The last that every part said, all of its lives. */
  readonly #said = new Map<string, string[]>()
  #apiPort = '0'
  #nodeLinkPort = '0'
  #client: Client | null = null

  private constructor(options: ClusterOptions) {
    this.#options = options
    mkdirSync(this.dataDir, { recursive: true })
    for (const name of ['join-token', 'admin-token'])
      writeFileSync(join(this.dataDir, name), this.token, { mode: 0o600 })
  }

  /** A core and its nodes, all ready. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options)
    try {
      await cluster.startCore()
      for (const name of options.nodes ?? ['node-a']) await cluster.startAgent(name)
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  get client(): Client {
    if (this.#client === null) throw new Error('the core has not been started')
    return this.#client
  }

  get apiUrl(): string {
    return `http://${this.#options.network?.coreHost ?? LOOPBACK}:${this.#apiPort}/graphql`
  }

  async startCore(): Promise<void> {
    const { network } = this.#options
    const ready = await this.#spawn('core', [process.execPath, 'apps/core/src/main.ts'], {
      FORNAX_HOST: network?.coreHost ?? LOOPBACK,
      FORNAX_API_PORT: this.#apiPort,
      FORNAX_NODELINK_PORT: this.#nodeLinkPort,
      NODE_ENV: 'production',
      ...(this.#options.databaseUrl === undefined ? {} : { DATABASE_URL: this.#options.databaseUrl }),
      ...this.#options.coreSettings,
    })
    this.#apiPort = new URL(ready.api ?? '').port
    this.#nodeLinkPort = ready.nodeLink?.split(':').at(-1) ?? ''
    this.#client ??= createClient({ url: this.apiUrl, token: this.token })
  }

  /** `program`: another program than the agent's own, with its arguments. */
  async startAgent(
    name: string,
    program: readonly string[] = ['apps/agent/src/main.ts'],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const place = this.#options.network?.place(name)
    const command = [process.execPath, ...program]
    await this.#spawn(name, place?.command(command) ?? command, {
      FORNAX_HOST: place?.host ?? LOOPBACK,
      FORNAX_DATA_DIR: this.folderOf(name),
      FORNAX_NODE_NAME: name,
      FORNAX_CORE_ADDRESS: place?.coreAddress(Number(this.#nodeLinkPort)) ?? `${LOOPBACK}:${this.#nodeLinkPort}`,
      FORNAX_JOIN_TOKEN_FILE: join(this.dataDir, 'join-token'),
      FORNAX_RUNTIME: this.#options.runtime ?? 'process',
      FORNAX_CONTAINERD_SOCKET: this.#options.containerdSocket ?? '',
      ...settings,
    })
  }

  /** The data folder of a node's agent. */
  folderOf(name: string): string {
    return this.#options.folders?.[name] ?? join(this.dataDir, name)
  }

  /** The nodes whose agents were started. */
  get nodeNames(): readonly string[] {
    return [...this.#parts.keys()].filter((name) => name !== 'core')
  }

  /** The last that everybody said, for whoever looks into a failure. */
  said(): string {
    return [...this.#said].map(([name, lines]) => `--- ${name}\n${lines.join('')}`).join('\n')
  }

  /** As a crash would: nothing is said, nothing is tidied. */
  async kill(name: string): Promise<void> {
    const part = this.#parts.get(name)
    if (!part || part.exitCode !== null || part.signalCode !== null) return
    part.kill('SIGKILL')
    await once(part, 'exit')
  }

  /** Freezes a part, as a machine that is cut off looks from outside; `SIGCONT` lets it go on. */
  signal(name: string, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#parts.get(name)?.kill(signal)
  }

  pidOf(name: string): number | undefined {
    return this.#parts.get(name)?.pid
  }

  /** Says something to a part, over the channel that it was started with. */
  tell(name: string, words: object): void {
    this.#parts.get(name)?.send(words)
  }

  /** Settles when a part has ended, with the signal that ended it. */
  async ended(name: string): Promise<NodeJS.Signals | null> {
    const part = this.#parts.get(name)
    if (part !== undefined && this.isRunning(name)) await once(part, 'exit')
    return part?.signalCode ?? null
  }

  isRunning(name: string): boolean {
    const part = this.#parts.get(name)
    return part !== undefined && part.exitCode === null && part.signalCode === null
  }

  /** Ends everything, pods too: agents are started again where they were killed, so that they can. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]()
    for (const name of this.nodeNames) if (!this.isRunning(name)) await this.startAgent(name).catch(() => undefined)
    await Promise.all([...this.#parts].map(([, part]) => stop(part)))
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 })
  }

  async #spawn(name: string, command: readonly string[], settings: Record<string, string>): Promise<Ready> {
    const [program = '', ...args] = command
    const part = spawn(program, args, {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        FORNAX_DATA_DIR: this.dataDir,
        FORNAX_API_PORT: '0',
        FORNAX_NODELINK_PORT: '0',
        LOG_LEVEL: this.#options.logLevel ?? 'warn',
        // Whoever starts again starts faster.
        NODE_COMPILE_CACHE: join(this.dataDir, 'compile-cache'),
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#parts.set(name, part)
    const said = this.#said.get(name) ?? []
    this.#said.set(name, said)
    for (const stream of [part.stdout, part.stderr])
      stream?.on('data', (bytes: Buffer) => {
        said.push(bytes.toString())
        if (said.length > SAID_MAX) said.shift()
      })
    const ready = await Promise.race([once(part, 'message').then(([message]) => message as Ready), once(part, 'exit')])
    if (Array.isArray(ready)) throw new Error(`${name} did not start:\n${said.join('')}`)
    return ready
  }
}

type Ready = { readonly api?: string; readonly nodeLink?: string }

async function stop(part: ChildProcess): Promise<void> {
  if (part.exitCode !== null || part.signalCode !== null) return
  part.kill('SIGCONT')
  if (part.connected) part.send({ type: 'stop', pods: 'end' })
  else part.kill('SIGINT')
  const late = setTimeout(() => part.kill('SIGKILL'), 8_000)
  await once(part, 'exit')
  clearTimeout(late)
}
