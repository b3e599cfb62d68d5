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
}

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
  const ready = readJson(join(dataDir, 'ready.json')) as { console: string; api: string; tokenFile: string }
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
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await end()
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
