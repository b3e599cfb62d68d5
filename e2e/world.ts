/**
 * The real thing: `npm start` on free ports and a scratch data folder, with a core,
 * an agent and a console of its own, ended with everything that it started.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient, type Client } from '@fornax/client/client'

const ROOT = resolve(import.meta.dirname, '..')
const STOP_WITHIN_MS = 15_000

/** A running Fornax. */
export type World = {
  readonly console: string
  readonly token: string
  /** The API, for an operator. */
  readonly client: Client
  /** As `kill -9` does. The supervisor starts it again by itself. */
  killCore(): void
  /** Simulated nodes that join this core; all of them are connected when it resolves, and gone when it is disposed. */
  simulate(options: SimulateOptions): Promise<AsyncDisposable>
}

export type SimulateOptions = { readonly nodes: number; readonly cpuMillis?: number }

/** Starts a world; the console must have been built, or is built now. */
export async function startWorld(): Promise<World & AsyncDisposable> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fornax-e2e-'))
  const supervisor = spawn(process.execPath, ['tools/start/main.ts'], {
    cwd: ROOT,
    env: { ...process.env, ...ownSettings(dataDir) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = async (): Promise<void> => {
    await stop(supervisor)
    rmSync(dataDir, { recursive: true, force: true })
  }
  const failure = await untilReady(supervisor)
  if (failure !== null) {
    await end()
    throw new Error(`Fornax did not start:\n${failure}`)
  }
  const ready = readJson(join(dataDir, 'ready.json')) as {
    console: string
    api: string
    nodeLink: string
    tokenFile: string
  }
  const token = readFileSync(ready.tokenFile, 'utf8').trim()
  const client = createClient({ url: ready.api, token })
  return {
    console: ready.console,
    token,
    client,
    killCore: () => {
      const parts = readJson(join(dataDir, 'parts.json')) as { name: string; pid: number }[]
      const core = parts.find(({ name }) => name === 'core')
      if (core === undefined) throw new Error('there is no core to kill')
      process.kill(core.pid, 'SIGKILL')
    },
    simulate: ({ nodes, cpuMillis = 12_000 }) =>
      startSimulation([`--nodes=${nodes}`, `--cpu-millis=${cpuMillis}`], {
        FORNAX_DATA_DIR: dataDir,
        FORNAX_CORE_ADDRESS: ready.nodeLink,
        FORNAX_JOIN_TOKEN_FILE: join(dataDir, 'join-token'),
        LOG_LEVEL: 'error',
      }),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await end()
    },
  }
}

async function startSimulation(args: readonly string[], settings: Record<string, string>): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, ['apps/agent/src/simulate/main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ready = new Promise<void>((done, fail) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready') done()
    })
    child.once('exit', (code) => fail(new Error(`the simulated nodes ended with ${code}`)))
  })
  await ready
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
      await ended
      clearTimeout(impatience)
    },
  }
}

function ownSettings(dataDir: string): Record<string, string> {
  return {
    FORNAX_DATA_DIR: dataDir,
    FORNAX_CONSOLE_PORT: '0',
    FORNAX_API_PORT: '0',
    FORNAX_NODELINK_PORT: '0',
    FORNAX_RUNTIME: 'process',
    FORNAX_NODE_NAME: 'e2e',
  }
}

/** Null when it is ready, else all that it said before it ended. */
async function untilReady(supervisor: ChildProcess): Promise<string | null> {
  const said: string[] = []
  const ready = new Promise<null>((done) => {
    for (const stream of [supervisor.stdout, supervisor.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (line) => {
        said.push(line)
        if (line.includes('Fornax is ready')) done(null)
      })
    }
  })
  return await Promise.race([ready, once(supervisor, 'close').then(() => said.join('\n'))])
}

/** As Ctrl-C does; without patience when that takes too long. */
async function stop(supervisor: ChildProcess): Promise<void> {
  if (supervisor.exitCode !== null || supervisor.signalCode !== null) return
  const ended = once(supervisor, 'exit')
  supervisor.kill('SIGINT')
  const impatience = setTimeout(() => supervisor.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(impatience)
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
