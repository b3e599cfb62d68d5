/** The agent as a process of its own, to be killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { processesWithVariable, readProcess } from '../../src/runtime/process/process-table.ts'
import { openRuntimes } from '../../src/runtime/open-runtimes.ts'
import { FakeCore } from './fake-core.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

export class AgentProcessWorld implements AsyncDisposable {
  readonly core: FakeCore
  readonly dataDir: string
  output = ''
  readonly #children: ChildProcess[] = []

  private constructor(core: FakeCore, dataDir: string) {
    this.core = core
    this.dataDir = dataDir
  }

  static async create(): Promise<AgentProcessWorld> {
    const core = new FakeCore()
    await core.start()
    const dataDir = await mkdtemp(join(tmpdir(), 'fornax-agent-process-'))
    await writeFile(join(dataDir, 'join-token'), core.joinToken)
    await writeFile(join(dataDir, 'node-ca.pem'), core.authority ?? '')
    return new AgentProcessWorld(core, dataDir)
  }

  /** Starts the agent, and waits until its state has come. */
  async start(): Promise<void> {
    const states = this.core.states.length
    this.launch()
    await this.core.until(() => this.core.states.length > states, 'a full state')
  }

  /** Starts the agent. */
  launch(env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
      env: {
        PATH: process.env['PATH'] ?? '',
        FORNAX_DATA_DIR: this.dataDir,
        FORNAX_CORE_ADDRESS: this.core.address,
        FORNAX_RUNTIME: 'process',
        FORNAX_NODE_NAME: 'node-1',
        LOG_LEVEL: 'warn',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (bytes: Buffer) => (this.output += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (this.output += bytes.toString()))
    this.#children.push(child)
    return child
  }

  /** Ends the agent that was launched last, and says with which exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#children.pop()
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exited = exitOf(child)
    child.kill(signal)
    return await exited
  }

  /** The processes of a pod's command, shims apart. */
  processesOf(podId: string): number[] {
    const all = processesWithVariable('FORNAX_POD_ID', podId).filter((entry) => !entry.isZombie)
    return all.filter((entry) => entry.pid !== entry.sessionId).map((entry) => entry.pid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#children.length > 0) await this.end('SIGKILL')
    await this.core[Symbol.asyncDispose]()
    const log = createLog('agent', 'silent')
    const where = { dataDir: join(this.dataDir, 'agent'), host: '127.0.0.1', path: '' }
    const options = { ...where, hiddenFolders: [], containerdSocket: null }
    for (const runtime of await openRuntimes('process', { ...options, clock: systemClock, log })) {
      for (const podId of await runtime.listPodIds()) await runtime.destroyPod(podId)
      await runtime[Symbol.asyncDispose]()
    }
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

/** Settles with the exit code. */
export function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)))
}

/** Whether a process lives. */
export function isRunning(pid: number): boolean {
  return readProcess(pid)?.isZombie === false
}

/** What is in a folder; nothing when there is none. */
export async function entriesOf(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => [])
}
