import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { describeRuntimeContract, type RuntimeFixture } from '../runtime.contract.ts'
import { createBubblewrapRuntime } from './bubblewrap-runtime.ts'
import { scratchOptions } from './test/scratch-orders.ts'
import { canOwnNetworks, canSandbox } from './test/this-machine.ts'

describe.skipIf(!canOwnNetworks)('pods with networks of their own', () => {
  describeRuntimeContract('bubblewrap', () => fixture('own'), { hasProcesses: true })
})

describe.skipIf(!canSandbox)('pods on the network of the node', () => {
  describeRuntimeContract('bubblewrap', () => fixture('shared'), { hasProcesses: true })
})

async function fixture(network: 'own' | 'shared'): Promise<RuntimeFixture> {
  const podsFolder = await mkdtemp(join(tmpdir(), 'fornax-bubblewrap-'))
  const options = { ...scratchOptions(podsFolder), network }
  return {
    podsFolder,
    openRuntime: () => createBubblewrapRuntime(options),
    remove: () => rm(podsFolder, { recursive: true, force: true }),
  }
}
