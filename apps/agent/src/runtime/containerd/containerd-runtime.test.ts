import { afterAll, describe } from 'vitest'
import { describeRuntimeContract, type RuntimeFixture } from '../runtime.contract.ts'
import { NODE_IMAGE, NODE_IN_IMAGE, ScratchContainerd } from './test/scratch-containerd.ts'
import { openScratchRuntime } from './test/scratch-runtime.ts'
import { canRunContainers } from './test/this-machine.ts'

describe.skipIf(!canRunContainers)('pods as containers', () => {
  let containerd: Promise<ScratchContainerd> | null = null
  let agents = 0
  afterAll(async () => await (await containerd)?.[Symbol.asyncDispose]())

  describeRuntimeContract('containerd', fixture, { hasProcesses: true })

  async function fixture(): Promise<RuntimeFixture> {
    containerd ??= ScratchContainerd.start()
    const shared = await containerd
    agents += 1
    const folder = shared.agentFolder(`agent-${agents}`)
    return {
      podsFolder: `${folder}/pods`,
      openRuntime: () => openScratchRuntime(shared, folder),
      version: { image: NODE_IMAGE.name },
      node: NODE_IN_IMAGE,
      remove: () => Promise.resolve(),
    }
  }
})
