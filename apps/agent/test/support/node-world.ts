/** A scratch folder, a fake core and agents of one node, and everything taken away at the end. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import type { Agent } from '../../src/agent.ts'
import { createAgent, type AgentOptions } from '../../src/start-agent.ts'
import { openRuntimes } from '../../src/runtime/open-runtimes.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { FakeCore } from './fake-core.ts'

export class NodeWorld implements AsyncDisposable {
  readonly core: FakeCore
  readonly dataDir: string
  #agent: Agent | null = null

  private constructor(core: FakeCore, dataDir: string) {
    this.core = core
    this.dataDir = dataDir
  }

  static async create(): Promise<NodeWorld> {
    const core = new FakeCore()
    await core.start()
    return new NodeWorld(core, await mkdtemp(join(tmpdir(), 'fornax-agent-')))
  }

  /** Starts an agent over the folder, and waits until its state has come. */
  async startAgent(change: Partial<AgentOptions> = {}): Promise<Agent> {
    const states = this.core.states.length
    const log = createLog('agent', process.env['LOG_LEVEL'] ?? 'silent')
    this.#agent = await createAgent({
      coreAddress: this.core.address,
      joinToken: () => this.core.joinToken,
      authority: () => this.core.authority,
      nodeName: 'node-1',
      dataDir: this.dataDir,
      clock: systemClock,
      log,
      resources: { cpuMillis: 2_000, memoryBytes: 2 ** 32, pods: 100 },
      ...change,
      runtimes: change.runtimes ?? (await this.processRuntimes()),
    })
    await this.core.until(() => this.core.states.length > states, 'a full state')
    return this.#agent
  }

  processRuntimes(): Promise<readonly Runtime[]> {
    const log = createLog('agent', process.env['LOG_LEVEL'] ?? 'silent')
    const { dataDir } = this
    const path = process.env['PATH'] ?? ''
    return openRuntimes('process', {
      dataDir,
      host: '127.0.0.1',
      path,
      hiddenFolders: [],
      containerdSocket: null,
      clock: systemClock,
      log,
    })
  }

  /** The agent ends; pods go on. */
  async stopAgent(): Promise<void> {
    await this.#agent?.[Symbol.asyncDispose]()
    this.#agent = null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgent()
    await this.core[Symbol.asyncDispose]()
    for (const runtime of await this.processRuntimes()) {
      for (const podId of await runtime.listPodIds()) await runtime.destroyPod(podId)
      await runtime[Symbol.asyncDispose]()
    }
    await rm(this.dataDir, { recursive: true, force: true })
  }
}
