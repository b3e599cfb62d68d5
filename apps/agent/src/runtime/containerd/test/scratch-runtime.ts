/** For tests: a containerd runtime on a scratch containerd, and what pods in it can be made to do. */
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { expect } from 'vitest'
import { openLogSource, type LogStreamName } from '../../../logs/log-source.ts'
import { podFolderOf } from '../../pod-folder.ts'
import type { PodOrder, RuntimePod } from '../../runtime.ts'
import type { StockedRuntime } from '../../stock/stock.ts'
import { ContainerdNode, type ContainerdNodeOptions } from '../containerd-node.ts'
import { createContainerdRuntime, type ContainerdRuntimeOptions } from '../containerd-runtime.ts'
import { NODE_IMAGE, NODE_IN_IMAGE, type ScratchContainerd } from './scratch-containerd.ts'

export type ScratchChange = Partial<ContainerdRuntimeOptions & Pick<ContainerdNodeOptions, 'host'>>

/** Opens a runtime as an agent does whose folder this is. */
export async function openScratchRuntime(
  containerd: Pick<ScratchContainerd, 'socketPath'>,
  folder: string,
  { host = '127.0.0.1', ...change }: ScratchChange = {},
): Promise<StockedRuntime> {
  const log = createLog('agent', process.env['LOG_LEVEL'] ?? 'silent')
  const { socketPath } = containerd
  const node = await ContainerdNode.open({ socketPath, folder, host, clock: systemClock, log })
  const options = { name: 'containerd', handler: '', isolation: 'container', podsFolder: join(folder, 'pods') } as const
  return createContainerdRuntime(node, { ...options, ...change })
}

let agents = 0

/** Opens it anew on the same folder to act a restart of the agent. Destroys its pods at the end. */
export class ScratchRuntime implements AsyncDisposable {
  readonly folder: string
  runtime: StockedRuntime
  readonly #containerd: ScratchContainerd
  readonly #change: ScratchChange
  readonly #sockets: Socket[] = []

  private constructor(containerd: ScratchContainerd, folder: string, change: ScratchChange, runtime: StockedRuntime) {
    this.folder = folder
    this.runtime = runtime
    this.#containerd = containerd
    this.#change = change
  }

  static async open(containerd: ScratchContainerd, change: ScratchChange = {}): Promise<ScratchRuntime> {
    agents += 1
    return await ScratchRuntime.openIn(containerd, containerd.agentFolder(`agent-${agents}`), change)
  }

  static async openIn(
    containerd: ScratchContainerd,
    folder: string,
    change: ScratchChange = {},
  ): Promise<ScratchRuntime> {
    return new ScratchRuntime(containerd, folder, change, await openScratchRuntime(containerd, folder, change))
  }

  async restart(): Promise<void> {
    await this.runtime[Symbol.asyncDispose]()
    await this.open()
  }

  /** The agent that comes after one that has let go of everything. */
  async open(): Promise<void> {
    this.runtime = await openScratchRuntime(this.#containerd, this.folder, this.#change)
  }

  async create(order: PodOrder): Promise<RuntimePod> {
    const result = await this.runtime.createPod(inImage(order))
    if (result.kind === 'failed') throw new Error(`the pod did not start: ${result.reason}`)
    return result.pod
  }

  /** What a pod wrote, as everybody else reads it. */
  linesOf(podId: string, stream: LogStreamName = 'stdout'): readonly string[] {
    const source = openLogSource(podFolderOf(join(this.folder, 'pods'), podId), this.runtime.logFormat)
    return source.tail(1_000).flatMap((piece) => (piece.stream === stream ? piece.lines : []))
  }

  /** Waits for a line of the pod's. */
  async hear({ podId }: { readonly podId: string }, words: string): Promise<void> {
    await expect.poll(() => this.linesOf(podId).join('\n'), { timeout: 15_000, interval: 10 }).toContain(words)
  }

  dial(port: number, host = '127.0.0.1'): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, timeout: 5_000 }, () => resolve(socket))
      socket.on('error', reject)
      socket.on('timeout', () => socket.destroy(new Error('nobody answered')))
      this.#sockets.push(socket)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    for (const podId of await this.runtime.listPodIds()) await this.runtime.destroyPod(podId)
    await this.runtime[Symbol.asyncDispose]()
  }
}

/** The same pod as a container of the test's image. */
export function inImage(order: PodOrder): PodOrder {
  const image = order.version.image === 'host' ? NODE_IMAGE.name : order.version.image
  const command = order.version.command.map((word) => (word === process.execPath ? NODE_IN_IMAGE : word))
  return { ...order, version: { ...order.version, image, command } }
}
