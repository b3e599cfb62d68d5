import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { inImage, openScratchRuntime } from '../../src/runtime/containerd/test/scratch-runtime.ts'
import { ScratchContainerd } from '../../src/runtime/containerd/test/scratch-containerd.ts'
import { canRunContainers } from '../../src/runtime/containerd/test/this-machine.ts'
import { noteTag } from '../../src/runtime/containerd/test/scratch-sweep.ts'
import { tagOf } from '../../src/runtime/network/agent-tag.ts'
import { lacks } from '../support/lacks.ts'
import type { AttackedRuntime } from './attack-world.ts'
import { describeAttacks } from './attacks.contract.ts'
import { PIDS_PER_POD } from './exhaustion-attacks.ts'

describe.skipIf(lacks(canRunContainers, 'containerd and its tools'))('from inside a pod of containerd', () => {
  describeAttacks('containerd', open, { networks: true, limits: true, filter: true })
})

async function open(dataDir: string): Promise<AttackedRuntime> {
  await using opening = new AsyncDisposableStack()
  const containerd = opening.use(await ScratchContainerd.start())
  const folder = join(dataDir, 'containerd')
  mkdirSync(folder)
  noteTag(containerd.folder, tagOf(folder)) // Whatever becomes of this run, the next one removes its traces.
  const runtime = opening.use(
    await openScratchRuntime(containerd, folder, { pidsPerPod: PIDS_PER_POD, startAllowanceMs: 0 }),
  )
  const opened = opening.move()
  return {
    kind: 'containerd',
    runtime,
    podsFolder: join(folder, 'pods'),
    adapt: inImage,
    ownFolders: ['/tmp', '/var/tmp', '/run', '/dev/shm'],
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}
