/** Session rows into a database, with the store of the core and nothing around it, in a process of its own. */
import { openStore } from '@fornax/core/store/open-store'
import type { Session } from '@fornax/core/sessions/session'
import { systemClock } from '@fornax/kernel/clock'
import { newId } from '@fornax/kernel/ids'
import { createLog } from '@fornax/kernel/log'
import { LatencyHistogram } from '../measure/latency.ts'
import { answerOnce } from './answer.ts'

const WARM_UP_MS = 500
const MS_PER_SECOND = 1_000
const US_PER_MS = 1_000

answerOnce(async (args) => {
  const [databaseUrl = '', batch = '1', forMs = '2000', durability] = args
  await using store = await openStore({
    databaseUrl,
    durability: durability === 'fsync' ? 'fsync' : 'process',
    clock: systemClock,
    log: createLog('bench', 'warn'),
  })
  await store.start(Date.now())
  const histogram = new LatencyHistogram()
  const writeFor = async (ms: number, isMeasured: boolean): Promise<{ rows: number; seconds: number }> => {
    const startMs = performance.now()
    let rows = 0
    for (let nowMs = startMs; nowMs - startMs < ms; nowMs = performance.now()) {
      const sessions = Array.from({ length: Number(batch) }, () => session())
      // As they come from clients: each by itself, all at once.
      await Promise.all(sessions.map((one) => store.recordSessions([one])))
      rows += sessions.length
      if (isMeasured) histogram.record(performance.now() - nowMs)
    }
    return { rows, seconds: (performance.now() - startMs) / MS_PER_SECOND }
  }
  await writeFor(WARM_UP_MS, false)
  const before = process.cpuUsage()
  const { rows, seconds } = await writeFor(Number(forMs), true)
  const { user, system } = process.cpuUsage(before)
  return { operations: rows, seconds, cpuMs: (user + system) / US_PER_MS, latencyMs: histogram.summary() }
})

function session(): Session {
  const createdAtMs = Date.now()
  return {
    id: newId('ses'),
    tenantId: 'ten-0000000000000000',
    applicationId: 'app-0000000000000000',
    applicationName: 'app-1',
    createdAtMs,
    request: {
      openTimeoutMs: 10_000,
      closeGraceMs: 60_000,
      killPodOnClose: false,
      idleTimeoutMs: null,
      maxLifetimeMs: null,
      data: new Uint8Array(),
      env: {},
      labels: {},
      idempotency: null,
    },
    phase: 'starting',
    podId: newId('pod'),
    nodeName: 'sim-0001',
    versionNumber: 1,
    grantEpoch: 1,
    start: 'warm',
    endpoints: [],
    clientCount: 0,
    deadline: { atMs: createdAtMs + 10_000, reason: 'openTimedOut' },
    closeReason: null,
    closeMessage: null,
    availableAtMs: null,
    closedAtMs: null,
    timeline: [
      { step: 'asked', atMs: createdAtMs },
      { step: 'podTaken', atMs: createdAtMs },
    ],
  }
}
