import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { describeRuntimeContract } from '../runtime.contract.ts'
import { createBubblewrapRuntime } from './bubblewrap-runtime.ts'

for (const network of ['own', 'shared'] as const) {
  describeRuntimeContract(
    `bubblewrap, ${network} network`,
    async () => {
      const podsFolder = await mkdtemp(join(tmpdir(), 'fornax-bubblewrap-'))
      const log = createLog('agent', process.env['LOG_LEVEL'] ?? 'silent')
      const path = process.env['PATH'] ?? ''
      const options = { podsFolder, hiddenFolders: [], host: '127.0.0.1', path, clock: systemClock, log, network }
      return {
        podsFolder,
        openRuntime: () => createBubblewrapRuntime(options),
        remove: () => rm(podsFolder, { recursive: true, force: true }),
      }
    },
    { hasProcesses: true },
  )
}
