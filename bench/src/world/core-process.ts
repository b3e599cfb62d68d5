/** The core, as it is shipped: its own process, production settings, a database of its own in a scratch folder. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type Client } from '@fornax/client/client'
import { z } from 'zod'
import type { BenchRun } from '../bench-run.ts'
import type { LoadTarget } from '../load/load-job.ts'
import { readProcessUse, type ProcessUse } from '../measure/process-use.ts'
import { Child } from './child.ts'
import { createScratchDatabase, type ScratchDatabase } from './scratch-database.ts'

const readyMessage = z.object({ api: z.string(), nodeLink: z.string() })
const PROFILE_INTERVAL_US = '500'

export class CoreProcess implements AsyncDisposable {
  readonly dataFolder: string
  readonly token = randomBytes(16).toString('hex')
  readonly #run: BenchRun
  readonly #nodeArgs: readonly string[]
  #child: Child | null = null
  #database: ScratchDatabase | null = null
  #client: Client | null = null
  #api = new URL('http://127.0.0.1:0')
  #nodeLink = '127.0.0.1:0'
  #begunAtMs = 0

  private constructor(run: BenchRun, dataFolder: string, nodeArgs: readonly string[]) {
    this.#run = run
    this.dataFolder = dataFolder
    this.#nodeArgs = nodeArgs
    mkdirSync(dataFolder, { recursive: true })
    for (const name of ['join-token', 'admin-token']) writeFileSync(join(dataFolder, name), this.token, { mode: 0o600 })
  }

  /** Ready to serve. `nodeArgs` are given to Node. */
  static async start(run: BenchRun, dataFolder: string, nodeArgs: readonly string[] = []): Promise<CoreProcess> {
    const core = new CoreProcess(run, dataFolder, nodeArgs)
    if (run.databaseUrl !== null) core.#database = await createScratchDatabase(run.databaseUrl)
    try {
      await core.begin()
      return core
    } catch (error) {
      await core[Symbol.asyncDispose]()
      throw error
    }
  }

  get client(): Client {
    return (this.#client ??= createClient({ url: this.#api.href, token: this.token }))
  }

  get pid(): number {
    return this.#running().pid
  }

  get nodeLink(): string {
    return this.#nodeLink
  }

  get joinTokenFile(): string {
    return join(this.dataFolder, 'join-token')
  }

  target(transport: LoadTarget['transport']): LoadTarget {
    return { host: this.#api.hostname, port: Number(this.#api.port), token: this.token, transport }
  }

  use(): ProcessUse {
    return readProcessUse(this.#running().pid)
  }

  /** Its numbers, as Prometheus would read them. */
  async metrics(): Promise<string> {
    const answer = await fetch(new URL('/metrics', this.#api), { signal: this.#run.signal })
    return answer.text()
  }

  /** How long its process has been there, on the clock by which V8 tells of its collections. */
  get ageMs(): number {
    return performance.now() - this.#begunAtMs
  }

  /** What it printed; all of it when it was started with arguments for Node. */
  get said(): string {
    return this.#running().said
  }

  /** Starts it, on the ports that it had before. Settles when it serves. */
  async begin(): Promise<void> {
    const { profileFolder } = this.#run
    const profiling =
      profileFolder === null
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-interval=${PROFILE_INTERVAL_US}`]
    this.#begunAtMs = performance.now()
    this.#child = new Child({
      name: 'the core',
      ...(this.#nodeArgs.length > 0 && { keepsOutput: true as const }),
      args: [...this.#nodeArgs, ...profiling, 'apps/core/src/main.ts'],
      env: {
        NODE_ENV: 'production',
        FORNAX_DATA_DIR: this.dataFolder,
        FORNAX_API_PORT: this.#api.port === '' ? '0' : this.#api.port,
        FORNAX_NODELINK_PORT: this.#nodeLink.split(':').at(-1) ?? '0',
        LOG_LEVEL: 'warn',
        ...(this.#database === null ? {} : { DATABASE_URL: this.#database.url }),
      },
    })
    const { api, nodeLink } = readyMessage.parse(await this.#child.message('ready'))
    this.#api = new URL(api)
    this.#nodeLink = nodeLink
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.#running().kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]()
    await this.#child?.[Symbol.asyncDispose]()
    await this.#database?.[Symbol.asyncDispose]()
  }

  #running(): Child {
    if (this.#child === null) throw new Error('the core has not been started')
    return this.#child
  }
}
