import { expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import {
  allPods,
  application,
  close,
  create,
  hello,
  idle,
  nodes,
  open,
  opened,
  pods,
  session,
  sleeper,
  type Session,
} from './steps.ts'

const POOL = { maxPods: 20, burst: 50, idleCount: { low: 3, high: 6 } }

it('loses no session and no pod when the agent is killed', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'hello', hello, POOL)
  await idle(cluster, 'hello', 3)
  const before = await opened(cluster, 'hello')
  await idle(cluster, 'hello', 3)
  const podsBefore = await podIds(cluster)
  const underway = open(cluster, 'hello', { wait: 'NONE' })
  await cluster.kill('node-a')
  const { session: asked } = await underway
  await cluster.startAgent('node-a')
  await untilAvailable(cluster, asked?.id ?? '')
  expect(await session(cluster, before.id)).toMatchObject({ phase: 'AVAILABLE', podId: before.podId })
  await expectAnswers(before)
  await idle(cluster, 'hello', 3)
  expect(await podIds(cluster)).toEqual(expect.arrayContaining([...podsBefore]))
})

it('loses no answered session and makes no pod twice when the core is killed', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'hello', hello, POOL)
  await idle(cluster, 'hello', 3)
  const before = await opened(cluster, 'hello')
  const answered = await open(cluster, 'hello', { wait: 'NONE', openTimeoutMs: 60_000 })
  const closing = await opened(cluster, 'hello')
  await close(cluster, closing.id)
  await cluster.kill('core')
  await cluster.startCore()
  await untilAvailable(cluster, answered.session?.id ?? '')
  expect(await session(cluster, before.id)).toMatchObject({ phase: 'AVAILABLE', podId: before.podId })
  await expectAnswers(before)
  await eventually(
    () => session(cluster, closing.id),
    ({ phase, closeReason }) => phase === 'CLOSED' && closeReason === 'REQUESTED',
  )
  const [node] = await nodes(cluster)
  const settled = await eventually(
    () => application(cluster, 'hello'),
    ({ pool }) => pool.standby >= 3 && pool.creating + pool.pending + pool.terminating === 0,
  )
  expect(settled.pool.active).toBe(2)
  expect(node?.revision).toBeGreaterThan(0)
  const { id } = await opened(cluster, 'hello')
  expect((await session(cluster, id)).start).toBe('WARM')
})

it('keeps idle pods as they are when the core is killed: none is made, none is stopped', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 20, burst: 50, idleCount: { low: 8, high: 8 } })
  await idle(cluster, 'game', 8)
  const before = await podIds(cluster)
  await cluster.kill('core')
  await cluster.startCore()
  await idle(cluster, 'game', 8)
  expect(await podIds(cluster)).toEqual(before)
})

it('loses no answered session when core and agent are killed together', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'hello', hello, POOL)
  await idle(cluster, 'hello', 3)
  const before = await opened(cluster, 'hello')
  await Promise.all([cluster.kill('core'), cluster.kill('node-a')])
  await cluster.startCore()
  await cluster.startAgent('node-a')
  await eventually(
    () => session(cluster, before.id),
    ({ phase }) => phase === 'AVAILABLE',
  )
  await expectAnswers(before)
  await idle(cluster, 'hello', 3)
})

it('serves from the nodes that are there within 3 s of a restart with 500 pods, and gives up the one that is not', async () => {
  await using cluster = await Cluster.start({ nodes: ['node-a', 'node-b', 'node-c'] })
  await create(cluster, 'game', sleeper, { minPods: 500, maxPods: 600, burst: 500 })
  await eventually(
    () => application(cluster, 'game'),
    ({ pool }) => pool.standby === 500,
    60_000,
  )
  const before = await opened(cluster, 'game')
  await Promise.all([cluster.kill('core'), cluster.kill(before.nodeName === 'node-c' ? 'node-b' : 'node-c')])
  const killedMs = performance.now()
  await cluster.startCore()
  const after = await eventually(
    () => open(cluster, 'game'),
    ({ session: one }) => one?.phase === 'AVAILABLE',
  )
  expect(performance.now() - killedMs).toBeLessThan(3_000)
  expect(after.session?.start).toBe('WARM')
  await untilAvailable(cluster, before.id)
  await eventually(
    () => nodes(cluster),
    (all) => all.some(({ phase }) => phase === 'LOST'),
  )
  await eventually(
    () => application(cluster, 'game'),
    ({ pool }) => pool.total === 500 && pool.creating === 0,
    60_000,
  )
}, 180_000)

it('closes a session whose pod exits, and replaces the pod', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', { ...sleeper, command: ['sh', '-c', 'sleep 2; exit 7'] }, { maxPods: 5 })
  const { id } = await opened(cluster, 'game')
  const closed = await eventually(
    () => session(cluster, id),
    ({ phase }) => phase === 'CLOSED',
  )
  expect(closed).toMatchObject({ closeReason: 'POD_LOST', endpoints: [] })
  expect((await opened(cluster, 'game')).podId).not.toBe(closed.podId)
})

it('says with its last log lines why an application never becomes ready, and does not spin', async () => {
  await using cluster = await Cluster.start()
  const version = { ...sleeper, command: ['sh', '-c', 'echo the licence is missing >&2; exit 3'] }
  await create(cluster, 'game', version, { maxPods: 5, burst: 5, idleCount: { low: 2, high: 2 } })
  const failing = await eventually(
    () => application(cluster, 'game'),
    ({ problem }) => (problem?.failureCount ?? 0) >= 4,
  )
  expect(failing.problem).toMatchObject({ kind: 'POD_FAILED', lastLogLines: ['the licence is missing'] })
  expect(Date.parse(failing.problem?.retryAt ?? '')).toBeGreaterThan(Date.parse(failing.problem?.since ?? ''))
  expect((await allPods(cluster)).length).toBeLessThan(15)
})

it('fails a pod that does not get ready in time', async () => {
  await using cluster = await Cluster.start()
  const ports = [{ name: 'web', containerPort: 8080 }]
  const readiness = { timeoutMs: 500, http: { portName: 'web' } }
  await create(cluster, 'game', { ...sleeper, ports, readiness }, { maxPods: 5, idleCount: { low: 1, high: 1 } })
  const { problem } = await eventually(
    () => application(cluster, 'game'),
    (one) => one.problem !== null,
  )
  expect(problem?.message).toMatch(/not ready/)
})

it('changes nothing when a node comes back within its lease', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'hello', hello, POOL)
  await idle(cluster, 'hello', 3)
  const before = await opened(cluster, 'hello')
  await idle(cluster, 'hello', 3)
  const podsBefore = await podIds(cluster)
  const [bookedBefore] = (await nodes(cluster)).map(({ booked }) => booked)
  await cluster.kill('node-a')
  await eventually(
    () => nodes(cluster),
    ([node]) => node?.phase === 'DISCONNECTED',
  )
  await cluster.startAgent('node-a')
  const [node] = await eventually(
    () => nodes(cluster),
    ([one]) => one?.phase === 'READY',
  )
  expect(node?.booked).toEqual(bookedBefore)
  expect(await podIds(cluster)).toEqual(podsBefore)
  expect(await session(cluster, before.id)).toMatchObject({ phase: 'AVAILABLE', podId: before.podId })
})

it('gives up a node that was unheard for longer than its lease, and pools none of it when it returns', async () => {
  await using cluster = await Cluster.start({ nodes: ['node-a', 'node-b'] })
  await create(cluster, 'game', sleeper, { maxPods: 20, burst: 20, idleCount: { low: 6, high: 6 } })
  await idle(cluster, 'game', 6)
  const sessions = await Promise.all([1, 2, 3, 4].map(() => opened(cluster, 'game')))
  const lost = sessions.find(({ nodeName }) => nodeName === 'node-b') ?? sessions[0]
  const name = lost?.nodeName ?? ''
  const podsThere = (await pods(cluster, 'game')).filter(({ nodeName }) => nodeName === name).map(({ id }) => id)
  cluster.signal(name, 'SIGSTOP')
  const closed = await eventually(
    () => session(cluster, lost?.id ?? ''),
    ({ phase }) => phase === 'CLOSED',
    30_000,
  )
  expect(closed.closeReason).toBe('NODE_LOST')
  const kept = sessions.filter(({ nodeName }) => nodeName !== name)
  for (const { id } of kept) expect((await session(cluster, id)).phase).toBe('AVAILABLE')
  await idle(cluster, 'game', 6)
  cluster.signal(name, 'SIGCONT')
  await eventually(
    () => nodes(cluster),
    (all) => all.every(({ phase }) => phase === 'READY'),
    30_000,
  )
  const after = (await pods(cluster, 'game')).map(({ id }) => id)
  expect(after.filter((id) => podsThere.includes(id))).toEqual([])
}, 120_000)

async function podIds(cluster: Cluster): Promise<readonly string[]> {
  return (await allPods(cluster)).map(({ id }) => id).toSorted()
}

function untilAvailable(cluster: Cluster, id: string): Promise<Session> {
  return eventually(
    () => session(cluster, id),
    ({ phase }) => phase === 'AVAILABLE',
  )
}

async function expectAnswers({ id, endpoints }: Session): Promise<void> {
  const answer = await fetch(endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
  expect(await answer.json()).toMatchObject({ session: { id } })
}
