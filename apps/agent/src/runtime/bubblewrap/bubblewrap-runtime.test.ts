import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { describeRuntimeContract } from '../runtime.contract.ts'
import type { RuntimeFixture } from '../runtime-world.contract.ts'
import type { StockBounds } from '../stock/stock-plan.ts'
import { createBubblewrapRuntime } from './bubblewrap-runtime.ts'
import { scratchOptions } from './test/scratch-orders.ts'
import { canOwnNetworks, canSandbox } from './test/this-machine.ts'

describe.skipIf(!canOwnNetworks)('pods with networks of their own', () => {
  describeRuntimeContract('bubblewrap', () => fixture('own'), { hasProcesses: true })
})

describe.skipIf(!canOwnNetworks)('pods in sandboxes that were there before them', () => {
  describeRuntimeContract('bubblewrap', () => fixture('own', { least: 2, most: 3 }), { hasProcesses: true })
})

describe.skipIf(!canSandbox)('pods on the network of the node', () => {
  describeRuntimeContract('bubblewrap', () => fixture('shared'), { hasProcesses: true })
})

async function fixture(network: 'own' | 'shared', stock: StockBounds | null = null): Promise<RuntimeFixture> {
  const podsFolder = await mkdtemp(join(tmpdir(), 'fornax-bubblewrap-'))
  const options = { ...scratchOptions(podsFolder), network, ...(stock === null ? {} : { stock }) }
  return {
    podsFolder,
    openRuntime: async () => {
      const runtime = await createBubblewrapRuntime(options)
      await expect.poll(() => runtime.stockSize, { timeout: 10_000, interval: 10 }).toBe(stock?.least ?? 0)
      return runtime
    },
    remove: () => rm(podsFolder, { recursive: true, force: true }),
  }
}
