import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { createBubblewrapRuntime } from '../../src/runtime/bubblewrap/bubblewrap-runtime.ts'
import { SYSTEM_CALLS } from '../../src/runtime/bubblewrap/seccomp-filter.ts'
import { scratchOptions } from '../../src/runtime/bubblewrap/test/scratch-orders.ts'
import { canLimit, canOwnNetworks, canSandbox } from '../../src/runtime/bubblewrap/test/this-machine.ts'
import { lacks } from '../support/lacks.ts'
import type { AttackedRuntime } from './attack-world.ts'
import { describeAttacks } from './attacks.contract.ts'
import { PIDS_PER_POD } from './exhaustion-attacks.ts'

describe.skipIf(lacks(canSandbox, 'bubblewrap'))('from inside a pod of bubblewrap', () => {
  describeAttacks('bubblewrap', open, { networks: canOwnNetworks, limits: canLimit, filter: SYSTEM_CALLS !== null })
})

async function open(dataDir: string): Promise<AttackedRuntime> {
  const podsFolder = join(dataDir, 'pods')
  mkdirSync(podsFolder)
  const options = { ...scratchOptions(podsFolder), hiddenFolders: [dataDir], pidsPerPod: PIDS_PER_POD }
  const runtime = await createBubblewrapRuntime(options)
  return {
    kind: 'bubblewrap',
    runtime,
    podsFolder,
    adapt: (order) => order,
    ownFolders: ['/tmp', '/var/tmp', '/dev/shm'],
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  }
}
