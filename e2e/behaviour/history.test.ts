/** What a cluster of real processes says of its past, and of what would happen. */
import {
  CreateApplicationDocument,
  DrainNodeDocument,
  DrainPreviewDocument,
  EventsDocument,
  LatencyHistoryDocument,
  type EventFieldsFragment,
} from '@fornax/client/generated/documents'
import { expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { allPods, close, create, idle, opened, session, sleeper } from './steps.ts'

it('says why an application fails, with the last lines of its pods, and remembers it when the core was killed', async () => {
  await using cluster = await Cluster.start()
  const version = { image: 'host', command: ['sh', '-c', 'echo cannot find the map; exit 3'] }
  await cluster.client.request(CreateApplicationDocument, {
    input: { name: 'broken', version, scalingPolicy: { minPods: 1, maxPods: 2 } },
  })
  const failures = await eventually(
    async () => (await events(cluster)).filter(({ eventKind }) => eventKind === 'POD_FAILED'),
    (found) => lastedMs(found) > 2_500, // Pods were tried again; what was first is written by now.
  )
  const failure = failures.at(-1)
  expect(failure).toMatchObject({ severity: 'ERROR', applicationName: 'broken', nodeName: 'node-a', tenant: 'default' })
  expect(failure?.lastLogLines).toContain('cannot find the map')
  await cluster.kill('core')
  await cluster.startCore()
  const after = await events(cluster)
  expect(after.map(({ eventKind }) => eventKind)).toContain('CORE_STARTED')
  expect(after.find(({ id }) => id === failure?.id)).toMatchObject({ applicationName: 'broken' })
})

it('measures the starts of real pods, each in its phases, and says why they were warm or cold', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 10, burst: 50, idleCount: { low: 1, high: 1 } })
  await idle(cluster, 'game', 1)
  const sessions = await Promise.all([1, 2, 3].map(() => opened(cluster, 'game')))
  const { latencyHistory } = await cluster.client.request(LatencyHistoryDocument, {})
  expect(latencyHistory.total.count).toBe(3)
  const [game] = latencyHistory.applications
  expect(game).toMatchObject({ applicationName: 'game', tenant: 'default' })
  expect((game?.warm.count ?? 0) + (game?.cold.count ?? 0)).toBe(3)
  const making = latencyHistory.phases.find(({ phase }) => phase === 'CREATE')
  expect(making?.percentiles.count).toBe(game?.cold.count)
  const starts = await Promise.all(sessions.map(({ id }) => session(cluster, id)))
  expect(starts.filter(({ start }) => start === 'COLD')).toHaveLength(game?.cold.count ?? 0)
})

it('previews a drain that then happens: the same pods stop, the same sessions close', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 10, burst: 50, idleCount: { low: 2, high: 2 } })
  await idle(cluster, 'game', 2)
  const one = await opened(cluster, 'game', { closeGraceMs: 500 })
  const gone = await opened(cluster, 'game', { closeGraceMs: 500 })
  await close(cluster, gone.id)
  await eventually(
    () => session(cluster, gone.id),
    ({ phase }) => phase === 'CLOSED',
  )
  await idle(cluster, 'game', 2)
  const variables = { name: 'node-a', sessionsMayLastMs: 1_000 }
  const { drainPreview } = await cluster.client.request(DrainPreviewDocument, variables)
  const stopping = drainPreview?.pods.filter(({ fate }) => fate === 'STOPS_NOW').map(({ pod }) => pod.id) ?? []
  expect(drainPreview?.podsStoppingCount).toBe(stopping.length)
  expect(drainPreview?.sessions.map((drained) => drained.session.id)).toEqual([one.id])
  expect(drainPreview?.applications).toMatchObject([{ applicationName: 'game', roomElsewhere: 0, sessionCount: 1 }])
  const input = { name: 'node-a', sessionsMayLastMs: 1_000 }
  await cluster.client.request(DrainNodeDocument, { input })
  const left = (await allPods(cluster)).filter(({ phase }) => phase === 'STANDBY' || phase === 'ACTIVE')
  expect(left.map(({ id }) => id).filter((id) => stopping.includes(id))).toEqual([])
  const closed = await eventually(
    () => session(cluster, one.id),
    ({ phase }) => phase === 'CLOSED',
  )
  expect(closed.closeReason).toBe('DRAINED')
  await eventually(
    () => events(cluster),
    (found) => found.some(({ eventKind }) => eventKind === 'NODE_DRAIN_ENDED'),
  )
})

/** From the first to the last. */
function lastedMs(found: readonly EventFieldsFragment[]): number {
  const [first, last] = [found.at(-1), found[0]]
  return first && last ? Date.parse(last.lastAt) - Date.parse(first.at) : 0
}

async function events({ client }: Cluster): Promise<readonly EventFieldsFragment[]> {
  const { page } = await client.request(EventsDocument, { first: 100 })
  return page.edges.map(({ node }) => node)
}
