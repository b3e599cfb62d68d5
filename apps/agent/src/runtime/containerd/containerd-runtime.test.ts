import { afterAll, describe, expect } from 'vitest'
import { describeRuntimeContract } from '../runtime.contract.ts'
import type { RuntimeFixture } from '../runtime-world.contract.ts'
import type { StockBounds } from '../stock/stock-plan.ts'
import { NODE_IMAGE, NODE_IN_IMAGE, ScratchContainerd } from './test/scratch-containerd.ts'
import { openScratchRuntime } from './test/scratch-runtime.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers)('pods as containers', () => {
  let containerd: Promise<ScratchContainerd> | null = null
  let agents = 0
  afterAll(async () => await (await containerd)?.[Symbol.asyncDispose]())

  describeRuntimeContract('containerd', () => fixture(null), { hasProcesses: true })

  describe('in sandboxes that were there before them', () => {
    describeRuntimeContract('containerd', () => fixture({ least: 1, most: 2 }), { hasProcesses: true })
  })

  async function fixture(stock: StockBounds | null): Promise<RuntimeFixture> {
    containerd ??= ScratchContainerd.start()
    const shared = await containerd
    agents += 1
    const folder = shared.agentFolder(`agent-${agents}`)
    return {
      podsFolder: `${folder}/pods`,
      openRuntime: async () => {
        const runtime = await openScratchRuntime(shared, folder, stock === null ? {} : { stock })
        await expect.poll(() => runtime.stockSize, { timeout: 10_000, interval: 20 }).toBe(stock?.least ?? 0)
        return runtime
      },
      version: { image: NODE_IMAGE.name },
      node: NODE_IN_IMAGE,
      remove: () => Promise.resolve(),
    }
  }
})
