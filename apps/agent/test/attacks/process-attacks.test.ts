import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { describe, expect, it } from 'vitest'
import { createProcessRuntime } from '../../src/runtime/process/process-runtime.ts'
import { createSimulatedRuntime, NO_DELAYS, SimulatedMachine } from '../../src/runtime/simulated/simulated-runtime.ts'
import type { AttackedRuntime } from './attack-world.ts'
import { describeAttacks } from './attacks.contract.ts'

describe('from inside a pod that is a plain process', () => {
  describeAttacks('process', open, { networks: true, limits: true, filter: true })
})

it('nothing attacks a simulated node: no command of a pod is ever run there, and it says so', async () => {
  await using runtime = createSimulatedRuntime(new SimulatedMachine(systemClock, NO_DELAYS))
  expect(runtime).toMatchObject({ isolation: 'simulated', hasProcesses: false, hasSessionService: false })
})

function open(dataDir: string): Promise<AttackedRuntime> {
  const podsFolder = join(dataDir, 'pods')
  mkdirSync(podsFolder)
  const options = { podsFolder, host: '127.0.0.1', path: process.env['PATH'] ?? '', clock: systemClock }
  const runtime = createProcessRuntime({ ...options, log: createLog('agent', 'silent') })
  return Promise.resolve({
    kind: 'process',
    runtime,
    podsFolder,
    adapt: (order) => order,
    ownFolders: [],
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  })
}
