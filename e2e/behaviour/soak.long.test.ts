import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { close, create, hello, idle, nodes, open } from './steps.ts'

const LASTS_MS = 5 * 60_000
const KILL_EVERY_MS = 15_000
const CLIENTS = 6
const POOL = 8
/** What a core may have more at the end than after its first kill, when caches are filled: far less than a leak would be. */
const GROWTH_BYTES_MAX = 120 * 1024 * 1024

it('serves for five minutes while core and agent are killed in turns, and is as it was in the end', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'hello', hello, { maxPods: 30, burst: 30, idleCount: { low: POOL, high: POOL } })
  await idle(cluster, 'hello', POOL)
  const endMs = Date.now() + LASTS_MS
  const counts = { opened: 0, notOpened: 0, unreachable: 0 }
  const clients = Array.from({ length: CLIENTS }, () => churn(cluster, endMs, counts))
  let bytesBefore: number | null = null
  for (let turn = 0; Date.now() < endMs - KILL_EVERY_MS; turn += 1) {
    await new Promise((later) => setTimeout(later, KILL_EVERY_MS))
    const name = turn % 2 === 0 ? 'core' : 'node-a'
    await cluster.kill(name)
    await (name === 'core' ? cluster.startCore() : cluster.startAgent(name))
    bytesBefore ??= residentBytes(cluster)
  }
  await Promise.all(clients)
  const settled = await idle(cluster, 'hello', POOL)
  expect(settled).toMatchObject({ sessionCount: 0, waitingSessionCount: 0, problem: null, pool: { total: POOL } })
  const [node] = await eventually(
    () => nodes(cluster),
    ([one]) => one?.phase === 'READY',
  )
  expect(node?.booked.pods).toBe(POOL)
  expect(residentBytes(cluster) - (bytesBefore ?? 0)).toBeLessThan(GROWTH_BYTES_MAX)
  console.log(`opened ${counts.opened}, not opened ${counts.notOpened}, calls without an answer ${counts.unreachable}`)
  expect(counts.opened).toBeGreaterThan(500)
}, 600_000)

/** Opens and closes until the end; a call that a kill cuts off is asked again under its key. */
async function churn(
  cluster: Cluster,
  endMs: number,
  counts: { opened: number; notOpened: number; unreachable: number },
): Promise<void> {
  while (Date.now() < endMs) {
    const idempotencyKey = crypto.randomUUID()
    const { session } = await again(counts, () => open(cluster, 'hello', { idempotencyKey, openTimeoutMs: 60_000 }))
    if (session?.phase === 'AVAILABLE') counts.opened += 1
    else counts.notOpened += 1
    await again(counts, () => close(cluster, session?.id ?? ''))
  }
}

async function again<T>(counts: { unreachable: number }, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch {
      counts.unreachable += 1
      await new Promise((later) => setTimeout(later, 100))
    }
  }
}

function residentBytes(cluster: Cluster): number {
  const status = readFileSync(`/proc/${cluster.pidOf('core')}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}
