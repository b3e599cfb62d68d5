/** A real agent with real pods, in a process of its own; its pods end with it. */
import { join } from 'node:path'
import { Child } from './child.ts'
import type { CoreOfNodes } from './nodes-process.ts'

export class AgentProcess implements AsyncDisposable {
  readonly #child: Child

  private constructor(child: Child) {
    this.#child = child
  }

  /** Settles when the core has accepted its node. `settings`: beside those of every agent. */
  static async start(
    core: CoreOfNodes,
    name: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<AgentProcess> {
    const child = new Child({
      name: `the agent of ${name}`,
      args: ['apps/agent/src/main.ts'],
      env: {
        FORNAX_DATA_DIR: join(core.dataFolder, name),
        FORNAX_NODE_NAME: name,
        FORNAX_JOIN_TOKEN_FILE: core.joinTokenFile,
        FORNAX_CORE_ADDRESS: core.nodeLink,
        LOG_LEVEL: 'warn',
        ...settings,
      },
    })
    try {
      await child.message('ready')
    } catch (error) {
      await child[Symbol.asyncDispose]()
      throw error
    }
    return new AgentProcess(child)
  }

  get pid(): number {
    return this.#child.pid
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.send({ type: 'stop', pods: 'end' }) // The first word counts.
    await this.#child[Symbol.asyncDispose]()
  }
}
