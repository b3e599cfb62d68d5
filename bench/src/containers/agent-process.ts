/** A real agent in a process of its own, as it is shipped, on a scratch folder. Its pods end with it. */
import { join } from 'node:path'
import { readProcessUse, type ProcessUse } from '../measure/process-use.ts'
import { Child } from '../world/child.ts'
import type { CoreProcess } from '../world/core-process.ts'

export type AgentProcessOptions = {
  readonly folder: string
  readonly runtime: 'containerd' | 'bubblewrap'
  /** Null: no containers. */
  readonly containerdSocket: string | null
  /** How many sandboxes are kept ready at most. */
  readonly stockMax: number
}

export class AgentProcess implements AsyncDisposable {
  readonly #child: Child

  private constructor(child: Child) {
    this.#child = child
  }

  /** Settles when the core has accepted the node. */
  static async start(core: CoreProcess, options: AgentProcessOptions): Promise<AgentProcess> {
    const { folder, runtime, containerdSocket, stockMax } = options
    const child = new Child({
      name: 'the agent',
      args: ['apps/agent/src/main.ts'],
      farewell: { type: 'stop', pods: 'end' },
      env: {
        NODE_ENV: 'production',
        FORNAX_DATA_DIR: folder,
        FORNAX_NODE_NAME: 'bench',
        FORNAX_JOIN_TOKEN_FILE: core.joinTokenFile,
        FORNAX_CORE_ADDRESS: core.nodeLink,
        FORNAX_RUNTIME: runtime,
        FORNAX_CONTAINERD_SOCKET: containerdSocket ?? '',
        FORNAX_SANDBOX_STOCK_MAX: String(stockMax),
        // As `npm start` starts it, from its second start on.
        NODE_COMPILE_CACHE: join(core.dataFolder, 'compile-cache'),
        MALLOC_ARENA_MAX: '1',
        LOG_LEVEL: 'warn',
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

  use(): ProcessUse {
    return readProcessUse(this.#child.pid)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]()
  }
}
