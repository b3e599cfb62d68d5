/** One run of `npm start` over fake parts, in a data folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { birthOf } from '../run-record.ts'

export type RunOptions = {
  readonly dataDir: string
  /** Behaviours of core, agent and console. */
  readonly parts?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
}

/** A folder that goes when the test ends. */
export function scratchFolder() {
  const path = mkdtempSync(join(tmpdir(), 'fornax-start-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export class FornaxRun implements AsyncDisposable {
  readonly child: ChildProcess
  readonly exitCode: Promise<number | null>
  readonly #dataDir: string
  /** Of a run before this one, on the same folder. */
  readonly #foreignPids: ReadonlySet<number>
  #output = ''

  constructor({ dataDir, parts = [], env = {}, uid }: RunOptions) {
    this.#dataDir = dataDir
    this.#foreignPids = new Set(this.#allPids())
    this.child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'fake-start.ts'), ...parts],
      {
        env: { PATH: process.env['PATH'] ?? '', ...FREE_PORTS, FORNAX_DATA_DIR: dataDir, ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        ...(uid === undefined ? {} : { uid, gid: uid }),
      },
    )
    const streams = [this.child.stdout, this.child.stderr].filter((stream) => stream !== null)
    for (const stream of streams) stream.setEncoding('utf8').on('data', (chunk: string) => (this.#output += chunk))
    // `close` of the child itself never comes when this side closed the channel.
    const ends = [once(this.child, 'exit'), ...streams.map((stream) => once(stream, 'close'))]
    this.exitCode = Promise.all(ends).then(() => this.child.exitCode)
  }

  get output(): string {
    return this.#output
  }

  /** Everything the fake part noted so far, line by line. */
  notes(part: string): string[] {
    const path = join(this.#dataDir, `fake-${part}.txt`)
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
  }

  pids(part: string): number[] {
    return this.notes(part)
      .flatMap((line) => /^pid (\d+)/.exec(line)?.[1] ?? [])
      .map(Number)
  }

  async ready(): Promise<void> {
    await eventually(() => this.#output.includes('Fornax is ready') || this.child.exitCode !== null)
    if (this.child.exitCode !== null) throw new Error(`it ended:\n${this.#output}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exitCode
    for (const pid of this.#allPids()) if (!this.#foreignPids.has(pid)) await gone(pid)
  }

  #allPids(): number[] {
    return ['core', 'agent', 'console'].flatMap((part) => this.pids(part))
  }
}

/** Resolves when the process is gone. */
export function gone(pid: number): Promise<void> {
  return eventually(() => birthOf(pid) === null)
}

/** Waits for something that tells nobody when it happens. */
export async function eventually(isTrue: () => boolean, withinMs = 10_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs
  while (!isTrue()) {
    if (Date.now() > deadlineMs) throw new Error(`not true within ${withinMs} ms: ${isTrue.toString()}`)
    await sleep(10)
  }
}

const FREE_PORTS = { FORNAX_API_PORT: '0', FORNAX_NODELINK_PORT: '0', FORNAX_CONSOLE_PORT: '0' }
