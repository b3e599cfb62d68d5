import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fornax/kernel/clock'
import { createLog } from '@fornax/kernel/log'
import { expect, it } from 'vitest'
import { describeRuntimeContract } from '../runtime.contract.ts'
import { orderOf } from '../bubblewrap/test/scratch-orders.ts'
import { createProcessRuntime } from './process-runtime.ts'
import { bootId, readProcess } from './process-table.ts'

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

it('spares a process that has got the number of a pod that is gone', async () => {
  const podsFolder = await mkdtemp(join(tmpdir(), 'fornax-process-'))
  const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  const ended = once(stranger, 'exit')
  try {
    const log = createLog('agent', 'silent')
    await using runtime = createProcessRuntime({ podsFolder, host: '127.0.0.1', path: '', clock: systemClock, log })
    const { pid, startTicks } = readProcess(stranger.pid ?? 0) ?? { pid: 0, startTicks: 0 }
    const handle = JSON.stringify({ pid, startTicks: startTicks - 1, bootId: bootId() })
    expect((await runtime.adoptPod(orderOf('pod-1', ''), handle, [])).kind).toBe('ended')
    expect(readProcess(pid)?.isZombie).toBe(false)
  } finally {
    stranger.kill()
    expect(await ended).toEqual([null, 'SIGTERM'])
    await rm(podsFolder, { recursive: true })
  }
})
