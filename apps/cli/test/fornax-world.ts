/** A real core in a process and a data folder of its own, as `npm start` would leave it for the command line. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createClient, type Client } from '@fornax/client/client'
import { z } from 'zod'
import { CHECKOUT, LiveCli, runCli, type CliOptions, type Outcome } from './child.ts'

export const ADMIN_TOKEN = 'the-admin-token-of-the-test'
const readyMessage = z.object({ type: z.literal('ready'), api: z.string(), nodeLink: z.string() })

type Core = { readonly process: ChildProcess; readonly api: string; readonly nodeLink: string }

export class FornaxWorld implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'fornax-cli-'))
  #core: Core | null = null
  #agent: ChildProcess | null = null

  /** With a core that serves. */
  static async start(): Promise<FornaxWorld> {
    const world = new FornaxWorld()
    writeFileSync(join(world.folder, 'admin-token'), `${ADMIN_TOKEN}\n`)
    writeFileSync(join(world.folder, 'join-token'), 'the-join-token-of-the-test\n')
    await world.startCore()
    return world
  }

  get core(): Core {
    if (this.#core === null) throw new Error('there is no core now')
    return this.#core
  }

  /** On the ports it had before. */
  async startCore(): Promise<void> {
    const earlier = this.#core
    const child = fork(resolve(CHECKOUT, 'apps/core/src/main.ts'), {
      env: {
        PATH: process.env['PATH'] ?? '',
        FORNAX_DATA_DIR: this.folder,
        FORNAX_API_PORT: earlier === null ? '0' : new URL(earlier.api).port,
        FORNAX_NODELINK_PORT: earlier === null ? '0' : (earlier.nodeLink.split(':').at(-1) ?? '0'),
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const { api, nodeLink } = await messageOf(child, readyMessage)
    this.#core = { process: child, api, nodeLink }
    const ready = { console: null, api, nodeLink, tokenFile: join(this.folder, 'admin-token'), pid: child.pid }
    writeFileSync(join(this.folder, 'ready.json'), JSON.stringify(ready))
  }

  async killCore(): Promise<void> {
    await end(this.core.process, 'SIGKILL')
  }

  /** A node that runs pods as processes of this user. */
  async startAgent(nodeName: string): Promise<void> {
    this.#agent = fork(resolve(CHECKOUT, 'apps/agent/src/main.ts'), {
      env: {
        PATH: process.env['PATH'] ?? '',
        FORNAX_DATA_DIR: this.folder,
        FORNAX_CORE_ADDRESS: this.core.nodeLink,
        FORNAX_NODE_NAME: nodeName,
        FORNAX_RUNTIME: 'process',
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    await messageOf(this.#agent, z.object({ type: z.literal('ready') }))
  }

  /** Runs a command as a person in the data folder's surroundings would. */
  cli(words: readonly string[], options: Partial<CliOptions> = {}): Promise<Outcome> {
    return runCli(words, this.#options(options))
  }

  live(words: readonly string[], options: Partial<CliOptions> = {}): LiveCli {
    return new LiveCli(words, this.#options(options))
  }

  client(): Client {
    return createClient({ url: this.core.api, token: ADMIN_TOKEN })
  }

  write(name: string, content: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, content)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Ctrl-C of an agent ends its pods; everything else would leave them.
    if (this.#agent !== null) await end(this.#agent, 'SIGINT')
    if (this.#core !== null) await end(this.#core.process, 'SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }

  #options(options: Partial<CliOptions>): CliOptions {
    return { folder: this.folder, ...options, env: { FORNAX_DATA_DIR: this.folder, ...options.env } }
  }
}

async function messageOf<T>(child: ChildProcess, schema: z.ZodType<T>): Promise<T> {
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`a part ended with ${String(code)} before it was ready`)
  })
  for (;;) {
    const [message]: unknown[] = await Promise.race([once(child, 'message'), exited])
    const parsed = schema.safeParse(message)
    if (!parsed.success) continue
    exited.catch(() => undefined)
    return parsed.data
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
