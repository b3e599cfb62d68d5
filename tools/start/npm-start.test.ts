/** `npm start` itself, as a user runs it: npm, the real core, a real agent, pods. The console is the browser tests' part. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ROOT } from '../setup/prepare.ts'
import { eventually, scratchFolder } from './test/fornax-run.ts'

const PATIENCE_MS = 60_000

describe('npm start', () => {
  it(
    'opens a session on a pod, survives the death of each part, and leaves nothing behind',
    { timeout: 180_000 },
    async () => {
      using folder = scratchFolder()
      await using fornax = await NpmStart.ready(folder.path)
      const url = await fornax.openSession()
      expect((await fetch(url)).status).toBe(200)
      // The dump of a crash is all that a process knows, secrets too. Pods have it from their agent.
      const ours = processesThatName(folder.path).filter((pid) => pid !== String(fornax.npm.pid))
      const dumping = ours.filter((pid) => coreDumpLimitOf(pid) !== '0')
      expect(dumping.map((pid) => readOrNothing(`/proc/${pid}/cmdline`))).toEqual([])
      for (const part of ['core', 'agent']) {
        const before = fornax.pidOf(part)
        process.kill(before, 'SIGKILL')
        await eventually(() => fornax.hasOther(part, before), PATIENCE_MS)
        expect((await fetch(url)).status).toBe(200)
      }
      await eventually(() => fornax.output.includes('starting it again (1 of 3'), PATIENCE_MS)
      fornax.npm.kill('SIGINT')
      await fornax.gone()
      expect(existsSync(join(folder.path, 'ready.json'))).toBe(false)
    },
  )

  it.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'ends, pods too, when npm gets %s',
    { timeout: 120_000 },
    async (signal) => {
      using folder = scratchFolder()
      await using fornax = await NpmStart.ready(folder.path)
      await fornax.openSession()
      fornax.npm.kill(signal)
      await fornax.gone()
    },
  )
})

class NpmStart implements AsyncDisposable {
  readonly npm
  readonly #dataDir: string
  output = ''

  private constructor(dataDir: string) {
    this.#dataDir = dataDir
    const env = {
      ...process.env,
      FORNAX_DATA_DIR: dataDir,
      FORNAX_API_PORT: '0',
      FORNAX_NODELINK_PORT: '0',
      FORNAX_CONSOLE: 'off',
      FORNAX_RUNTIME: 'process',
    }
    this.npm = spawn('npm', ['start'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    for (const stream of [this.npm.stdout, this.npm.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk))
  }

  static async ready(dataDir: string): Promise<NpmStart> {
    const fornax = new NpmStart(dataDir)
    await eventually(() => fornax.output.includes('Fornax is ready') || fornax.npm.exitCode !== null, PATIENCE_MS)
    if (fornax.npm.exitCode !== null) throw new Error(`npm start ended:\n${fornax.output}`)
    return fornax
  }

  /** The address of a session of the example. */
  async openSession(): Promise<string> {
    const { api, tokenFile } = z.object({ api: z.string(), tokenFile: z.string() }).parse(this.#read('ready.json'))
    const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
    const query = 'mutation { openSession(input: { application: "hello" }) { session { endpoints { url } } } }'
    const headers = { 'content-type': 'application/json', authorization }
    const response = await fetch(`${api}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    const session = z.object({ endpoints: z.tuple([z.object({ url: z.string() })]) })
    const shape = z.object({ data: z.object({ openSession: z.object({ session }) }) })
    return shape.parse(await response.json()).data.openSession.session.endpoints[0].url
  }

  pidOf(part: string): number {
    return this.#pids().get(part) ?? 0
  }

  /** Whether the part runs as another process than it did. */
  hasOther(part: string, before: number): boolean {
    const pid = this.#pids().get(part)
    return pid !== undefined && pid !== before
  }

  /** Waits until no process is left that knows of this data folder. */
  async gone(): Promise<void> {
    if (this.npm.exitCode === null && this.npm.signalCode === null) await once(this.npm, 'exit')
    await eventually(() => processesThatName(this.#dataDir).length === 0, PATIENCE_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.npm.kill('SIGTERM')
    await this.gone()
  }

  #pids(): Map<string, number> {
    const parts = z.array(z.object({ name: z.string(), pid: z.number() })).parse(this.#read('parts.json'))
    return new Map(parts.map(({ name, pid }) => [name, pid]))
  }

  #read(file: string): unknown {
    return JSON.parse(readFileSync(join(this.#dataDir, file), 'utf8'))
  }
}

/** In its arguments or its environment: parts have it in one, pods' shims in the other. */
function processesThatName(folder: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry) || entry === String(process.pid)) return false
    return ['cmdline', 'environ'].some((file) => readOrNothing(`/proc/${entry}/${file}`).includes(folder))
  })
}

/** In bytes; of a process that has just ended there is none. */
function coreDumpLimitOf(pid: string): string {
  return /^Max core file size +\S+ +(\S+)/m.exec(readOrNothing(`/proc/${pid}/limits`))?.[1] ?? '0'
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
