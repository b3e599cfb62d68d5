/** Simulated nodes, all in one process of their own. */
import { z } from 'zod'
import { Child } from './child.ts'
import type { CoreProcess } from './core-process.ts'

/** How long the simulated machines take. 0 at once: as many as are asked for. */
export type NodeDelays = { readonly createMs: number; readonly atOnce: number; readonly sessionMs: number }

const counts = z.object({ podsCreated: z.number(), podsRunning: z.number(), sessionsOpened: z.number() })
export type NodeCounts = z.infer<typeof counts>

/** What nodes need to know of a core. */
export type CoreOfNodes = Pick<CoreProcess, 'nodeLink' | 'dataFolder' | 'joinTokenFile'>

/**
 * All nodes share one heap here, so that a collection stops all of them at once, as no real machines do, and takes the
 * core's CPUs for it: the short ones are kept short, and the long ones do not begin before there is much to collect.
 */
const HEAP_ARGS = ['--max-old-space-size=6000', '--heap-growing-percent=1000', '--max-semi-space-size=8']

export class NodesProcess implements AsyncDisposable {
  readonly #child: Child

  private constructor(child: Child) {
    this.#child = child
  }

  /** Settles when the core has accepted all of them. */
  static async start(core: CoreOfNodes, count: number, delays: NodeDelays): Promise<NodesProcess> {
    const { createMs, atOnce, sessionMs } = delays
    const options = {
      nodes: count,
      'create-ms': createMs,
      'stop-ms': createMs,
      'at-once': atOnce,
      'session-ms': sessionMs,
    }
    const child = new Child({
      name: 'the process of simulated nodes',
      args: [
        ...HEAP_ARGS,
        'apps/agent/src/simulate/main.ts',
        ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      ],
      env: {
        FORNAX_DATA_DIR: core.dataFolder,
        FORNAX_JOIN_TOKEN_FILE: core.joinTokenFile,
        FORNAX_CORE_ADDRESS: core.nodeLink,
        LOG_LEVEL: 'warn',
      },
    })
    try {
      await child.message('ready')
    } catch (error) {
      await child[Symbol.asyncDispose]()
      throw error
    }
    return new NodesProcess(child)
  }

  get pid(): number {
    return this.#child.pid
  }

  async counts(): Promise<NodeCounts> {
    const answer = this.#child.message('counts')
    this.#child.send({ type: 'count' })
    return counts.parse(await answer)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]()
  }
}
