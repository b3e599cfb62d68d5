import {
  ApplicationVersionsDocument,
  CreateApplicationDocument,
  PublishApplicationVersionDocument,
  UpdateScalingPolicyDocument,
  WatchSessionsDocument,
  type CreateApplicationInput,
} from '@fornax/client/generated/documents'
import { afterAll, expect, it } from 'vitest'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { application, close, create, hello, idle, open, opened, plain, pods, sessionsOf, sleeper } from './steps.ts'

const KIB_64 = 64 * 1024

it('delivers 64 KiB of data byte for byte, and refuses one byte more before anything happens', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'hello', hello, { maxPods: 5, idleCount: { low: 1, high: 2 } })
  await idle(cluster, 'hello', 1)
  const data = Buffer.from(Array.from({ length: KIB_64 }, (_, index) => (index * 7 + (index >> 8)) % 256))
  const { endpoints } = await opened(cluster, 'hello', { data: data.toString('base64') })
  const answer = await fetch(endpoints[0]?.url ?? '', { headers: { accept: 'application/json' } })
  const { session: seen } = (await answer.json()) as { session: { dataBase64: string } }
  expect(Buffer.from(seen.dataBase64, 'base64').equals(data)).toBe(true)
  const tooMuch = await open(cluster, 'hello', { data: Buffer.alloc(KIB_64 + 1).toString('base64') })
  expect(tooMuch).toMatchObject({ session: null, problem: { code: 'InvalidInput', field: 'data' } })
  expect(await sessionsOf(cluster, 'hello')).toHaveLength(1)
})

it('gives an endpoint for each of three ports, each of which answers', async () => {
  await using cluster = await Cluster.start()
  const serve = `
    const { createServer } = require('node:http')
    for (const name of ['ONE', 'TWO', 'THREE'])
      createServer((_, answer) => answer.end(name)).listen(process.env['FORNAX_PORT_' + name], '127.0.0.1')`
  const ports = ['one', 'two', 'three'].map((name, index) => ({ name, containerPort: 8080 + index }))
  const readiness = { tcp: { portName: 'three' } }
  const version = { ...sleeper, command: [process.execPath, '-e', serve], ports, readiness }
  await create(cluster, 'three', version, { maxPods: 2 })
  const { endpoints } = await opened(cluster, 'three')
  expect(endpoints.map(({ name }) => name)).toEqual(['one', 'two', 'three'])
  for (const { name, url } of endpoints) expect(await (await fetch(url)).text()).toBe(name.toUpperCase())
})

it('runs an ordinary server that knows nothing of Fornax, ready when its probe passes', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'plain', plain, { maxPods: 2 })
  const { endpoints } = await opened(cluster, 'plain')
  expect((await fetch(endpoints[0]?.url ?? '')).status).toBe(200)
})

it('guards a write by the revision that was read, also over a restart of the core', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 3 })
  const { revision, scalingPolicy } = await application(cluster, 'game')
  const { minPods, maxPods, burst, scaleDownDelayMs, keepHot, idleCount } = scalingPolicy
  const sameAgain = {
    application: 'game',
    revision,
    scalingPolicy: { minPods, maxPods, burst, scaleDownDelayMs, keepHot, idleCount: idleCount ?? null },
  }
  const write = async () =>
    (await cluster.client.request(UpdateScalingPolicyDocument, { input: sameAgain })).updateScalingPolicy
  expect((await write()).problem).toBeNull()
  expect((await write()).problem?.code).toBe('RevisionConflict')
  await cluster.kill('core')
  await cluster.startCore()
  expect((await write()).problem?.code).toBe('RevisionConflict')
  expect((await application(cluster, 'game')).revision).toBe(revision + 1)
})

it('misses nothing in a watch that continues from a list, under 1,000 concurrent changes', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { minPods: 20, maxPods: 20, burst: 50 })
  await idle(cluster, 'game', 20)
  const stop = new AbortController()
  const seen = new Map<string, string>()
  const watching = (async () => {
    const where = { application: 'game' }
    for await (const { items } of cluster.client.watch(WatchSessionsDocument, { where }, { signal: stop.signal })) {
      seen.clear()
      for (const [id, one] of items) seen.set(id, one.phase)
    }
  })()
  const ids: string[] = []
  for (let round = 0; round < 10; round += 1) {
    const sessions = await Promise.all(
      Array.from({ length: 20 }, () => opened(cluster, 'game', { openTimeoutMs: 60_000 })),
    )
    ids.push(...sessions.map(({ id }) => id))
    await Promise.all(sessions.map(({ id }) => close(cluster, id)))
  }
  await eventually(
    () => ids.filter((id) => seen.get(id) !== 'CLOSED').length,
    (missing) => missing === 0,
  )
  expect(seen.size).toBe(200)
  stop.abort()
  await watching.catch(() => undefined)
})

it('continues a watch after the core was killed, with the truth and no gap', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { minPods: 4, maxPods: 4, burst: 50 })
  await idle(cluster, 'game', 4)
  const stop = new AbortController()
  const seen = new Map<string, string>()
  const watching = (async () => {
    for await (const { items } of cluster.client.watch(WatchSessionsDocument, {}, { signal: stop.signal })) {
      seen.clear()
      for (const [id, one] of items) seen.set(id, one.phase)
    }
  })()
  const first = await opened(cluster, 'game')
  await eventually(
    () => seen.get(first.id),
    (phase) => phase === 'AVAILABLE',
  )
  await cluster.kill('core')
  await cluster.startCore()
  const second = await opened(cluster, 'game')
  await eventually(
    () => [seen.get(first.id), seen.get(second.id)],
    (phases) => phases.every((phase) => phase === 'AVAILABLE'),
  )
  stop.abort()
  await watching.catch(() => undefined)
})

it('keeps serving from the old version when the new one cannot start, replaces one for one with a good one, and rolls back', async () => {
  await using cluster = await Cluster.start()
  await create(cluster, 'game', sleeper, { maxPods: 10, burst: 20, idleCount: { low: 3, high: 4 } })
  await idle(cluster, 'game', 3)
  const bad = { ...sleeper, command: ['sh', '-c', 'echo no such file >&2; exit 1'] }
  await publish(cluster, { version: bad })
  const halted = await eventually(
    () => application(cluster, 'game'),
    ({ problem }) => problem?.isRollOutHalted === true,
  )
  expect(halted.problem?.lastLogLines).toEqual(['no such file'])
  expect(halted.pool.standby).toBeGreaterThanOrEqual(3)
  expect(await opened(cluster, 'game')).toMatchObject({ start: 'WARM', versionNumber: 1 })
  const good = { ...sleeper, command: ['sleep', '86399'] }
  await publish(cluster, { version: good })
  let least = Infinity
  await eventually(
    async () => {
      const idlePods = (await pods(cluster, 'game')).filter(({ phase }) => phase === 'STANDBY')
      least = Math.min(least, idlePods.length)
      return idlePods.map(({ versionNumber }) => versionNumber)
    },
    (versions) => versions.length >= 3 && versions.every((number) => number === 3),
  )
  expect(least).toBeGreaterThanOrEqual(2)
  await publish(cluster, { rollBackTo: 1 })
  await eventually(
    async () =>
      (await pods(cluster, 'game')).filter(({ phase }) => phase === 'STANDBY').map((pod) => pod.versionNumber),
    (versions) => versions.length >= 3 && versions.every((number) => number === 4),
  )
  const { application: all } = await cluster.client.request(ApplicationVersionsDocument, { name: 'game' })
  expect(all?.versions.map(({ number, command }) => [number, command[1]])).toEqual([
    [4, '86400'],
    [3, '86399'],
    [2, '-c'],
    [1, '86400'],
  ])
})

it.each<
  [field: string, change: Partial<CreateApplicationInput> & { version?: Partial<CreateApplicationInput['version']> }]
>([
  ['scalingPolicy.minPods', { scalingPolicy: { minPods: 4, maxPods: 3 } }],
  ['scalingPolicy.idleCount.low', { scalingPolicy: { maxPods: 9, idleCount: { low: 5, high: 3 } } }],
  ['scalingPolicy.idlePercent.high', { scalingPolicy: { maxPods: 9, idlePercent: { low: 5, high: 101 } } }],
  ['scalingPolicy.maxPods', { scalingPolicy: { maxPods: 0 } }],
  ['name', { name: 'Not_A_Label' }],
  ['version.image', { version: { ...sleeper, image: '' } }],
  ['version.ports[0].containerPort', { version: { ...sleeper, ports: [{ name: 'a', containerPort: 0 }] } }],
  ['version.ports[0].containerPort', { version: { ...sleeper, ports: [{ name: 'a', containerPort: 70_000 }] } }],
  [
    'version.ports[1].containerPort',
    {
      version: {
        ...sleeper,
        ports: [
          { name: 'a', containerPort: 80 },
          { name: 'b', containerPort: 80 },
        ],
      },
    },
  ],
  ['version.resources.memoryBytes', { version: { ...sleeper, resources: { memoryBytes: 0 } } }],
])('names the field of a bad input: %s', async (field, change) => {
  const cluster = await shared()
  const input = { name: 'game', version: sleeper, scalingPolicy: { maxPods: 3 }, ...change }
  const { createApplication } = await cluster.client.request(CreateApplicationDocument, { input })
  expect(createApplication).toMatchObject({ application: null, problem: { code: 'InvalidInput', field } })
})

it('says at once that an application is unknown', async () => {
  const cluster = await shared()
  const askedMs = performance.now()
  expect((await open(cluster, 'nope')).problem?.code).toBe('ApplicationNotFound')
  expect(performance.now() - askedMs).toBeLessThan(1_000)
})

let one: Promise<Cluster> | null = null

/** One core for all that changes nothing. */
function shared(): Promise<Cluster> {
  one ??= Cluster.start({ nodes: [] })
  return one
}

afterAll(async () => (await one)?.[Symbol.asyncDispose]())

async function publish(
  { client }: Cluster,
  change: { version?: CreateApplicationInput['version']; rollBackTo?: number },
): Promise<void> {
  const input = { application: 'game', ...change }
  const { publishApplicationVersion } = await client.request(PublishApplicationVersionDocument, { input })
  if (publishApplicationVersion.problem) throw new Error(publishApplicationVersion.problem.message)
}
