import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { describeRuntimeContract } from '../runtime.contract.ts'
import { createProcessRuntime } from './process-runtime.ts'

describeRuntimeContract(
  'process',
  async () => {
    const podsFolder = await mkdtemp(join(tmpdir(), 'fornax-process-'))
    const log = createLog('agent', 'silent')
    const path = process.env['PATH'] ?? ''
    return {
      podsFolder,
      openRuntime: () =>
        Promise.resolve(createProcessRuntime({ podsFolder, host: '127.0.0.1', path, clock: systemClock, log })),
      remove: () => rm(podsFolder, { recursive: true, force: true }),
    }
  },
  { hasProcesses: true },
)
