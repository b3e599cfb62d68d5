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
  open,
  opened,
  openMany,
  pods,
  remove,
  session,
  sessionsOf,
  setPolicy,
  sleeper,
} from './steps.ts'

it('opens warm from the pool with an endpoint that works, and cold when the pool is empty', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'hello', hello, { maxPods: 10, idleCount: { low: 1, high: 4 } })
  await idle(cluster, 'hello', 1)
  const data = Buffer.from('what the client said').toString('base64')
  const warm = await opened(cluster, 'hello', { data })
  expect(warm.start).toBe('WARM')
  const answer = await fetch(warm.endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
  expect(await answer.json()).toMatchObject({ session: { id: warm.id, text: 'what the client said' } })
  await setPolicy(cluster, 'hello', { maxPods: 10 })
  await idle(cluster, 'hello', 0)
  const cold = await opened(cluster, 'hello')
  expect(cold.start).toBe('COLD')
  expect(cold.timeline.map(({ step }) => step)).toEqual(['ASKED', 'POD_TAKEN', 'COMMAND_SENT', 'STARTED', 'AVAILABLE'])
})

it('keeps a pool between low and high, to the pod', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 100, burst: 50, idleCount: { low: 3, high: 5 } })
  await idle(cluster, 'game', 3)
  const sessions = await Promise.all([1, 2, 3, 4].map(() => opened(cluster, 'game')))
  expect((await idle(cluster, 'game', 3)).pool).toMatchObject({ active: 4, standby: 3 })
  await Promise.all(sessions.map(({ id }) => close(cluster, id)))
  expect((await idle(cluster, 'game', 5)).pool).toMatchObject({ active: 0, standby: 5, total: 5 })
})

it('keeps the minimum, whatever the target says', async () => {
  await using cluster = await Cluster.start()
  const policy = { minPods: 10, maxPods: 20, burst: 50, idleCount: { low: 0, high: 0 } }
  await create(cluster, 'game', sleeper, policy)
  await idle(cluster, 'game', 10)
  const { id } = await opened(cluster, 'game')
  await close(cluster, id)
  expect((await idle(cluster, 'game', 10)).pool.total).toBe(10)
})

it('never goes beyond the maximum: who cannot be served waits until the own deadline', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 3, burst: 50, idleCount: { low: 3, high: 3 } })
  await idle(cluster, 'game', 3)
  const openTimeoutMs = 1_500
  const answers = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async () => {
      const askedMs = performance.now()
      const answer = await open(cluster, 'game', { openTimeoutMs })
      return { ...answer, afterMs: performance.now() - askedMs }
    }),
  )
  expect(answers.filter(({ session: one }) => one?.phase === 'AVAILABLE')).toHaveLength(3)
  const late = answers.filter(({ session: one }) => one?.closeReason === 'OPEN_TIMED_OUT')
  expect(late).toHaveLength(3)
  for (const { session: one } of late) {
    const waitedMs = Date.parse(one?.closedAt ?? '') - Date.parse(one?.createdAt ?? '')
    expect(waitedMs).toBeGreaterThanOrEqual(openTimeoutMs)
    expect(waitedMs).toBeLessThanOrEqual(openTimeoutMs + 200)
  }
})

it('serves who waits at once when the maximum is raised', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 3, burst: 50 })
  const answers = [1, 2, 3, 4, 5, 6].map(() => opened(cluster, 'game', { openTimeoutMs: 30_000 }))
  await eventually(
    () => application(cluster, 'game'),
    ({ pool, waitingSessionCount }) => pool.active === 3 && waitingSessionCount === 3,
  )
  await setPolicy(cluster, 'game', { maxPods: 10, burst: 50 })
  expect(await Promise.all(answers)).toHaveLength(6)
})

it('survives 400 sessions that are closed while they open', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 20, burst: 50, idleCount: { low: 5, high: 5 } })
  await idle(cluster, 'game', 5)
  for (let round = 0; round < 100; round += 1) {
    const answers = await Promise.all([0, 1, 2, 3].map(() => open(cluster, 'game', { wait: 'NONE' })))
    await Promise.all(
      answers.map(async (answer, index) => {
        await new Promise((later) => setTimeout(later, index))
        await close(cluster, answer.session?.id ?? '')
      }),
    )
  }
  expect(cluster.isRunning('core')).toBe(true)
  const settled = await idle(cluster, 'game', 5)
  expect(settled).toMatchObject({ sessionCount: 0, waitingSessionCount: 0, pool: { active: 0 } })
})

it('lets a name be used again at once, a hundred times, with nothing left over', async () => {
  await using cluster = await Cluster.start()
  for (let round = 0; round < 100; round += 1) {
    await create(cluster, 'game', sleeper, { maxPods: 4, burst: 50, idleCount: { low: 2, high: 2 } })
    if (round % 10 === 0) await opened(cluster, 'game')
    await remove(cluster, 'game')
  }
  await create(cluster, 'game', sleeper, { maxPods: 4, burst: 50, idleCount: { low: 2, high: 2 } })
  await idle(cluster, 'game', 2)
  await eventually(
    () => allPods(cluster),
    (left) => left.length === 2,
  )
})

it('gives 50 pods to exactly 50 of 500 who ask, no pod twice, and the rest in the order of asking', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { minPods: 50, maxPods: 50, burst: 100 })
  await idle(cluster, 'game', 50)
  const asked = await openMany(cluster, 'game', 500)
  const open50 = await eventually(
    () => sessionsOf(cluster, 'game'),
    (all) => all.filter(({ phase }) => phase === 'AVAILABLE').length === 50,
  )
  const granted = open50.filter(({ phase }) => phase === 'AVAILABLE')
  expect(new Set(granted.map(({ podId }) => podId)).size).toBe(50)
  expect(open50.filter(({ phase }) => phase === 'PENDING')).toHaveLength(450)
  expect(granted.map(({ id }) => id).toSorted()).toEqual(asked.slice(0, 50).toSorted())
  for (const id of asked.slice(0, 10)) await close(cluster, id)
  for (const id of asked.slice(50, 60))
    await eventually(
      () => session(cluster, id),
      ({ phase }) => phase === 'AVAILABLE',
    )
  expect((await session(cluster, asked[60] ?? '')).phase).toBe('PENDING')
})

it('opens one session for one key, however often and however fast it is asked', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 10, burst: 50, idleCount: { low: 3, high: 3 } })
  await idle(cluster, 'game', 3)
  const idempotencyKey = 'a key'
  const [first, second] = await Promise.all([
    opened(cluster, 'game', { idempotencyKey }),
    opened(cluster, 'game', { idempotencyKey }),
  ])
  expect(second.id).toBe(first.id)
  const other = await open(cluster, 'game', { idempotencyKey, labels: [{ name: 'a', value: 'b' }] })
  expect(other.problem?.code).toBe('IdempotencyConflict')
  expect((await pods(cluster, 'game')).filter(({ phase }) => phase === 'ACTIVE')).toHaveLength(1)
})
