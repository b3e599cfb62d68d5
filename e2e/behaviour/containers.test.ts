/** Applications as containers: a real core, a real agent, and a containerd of the test's own. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { PodDocument, PodLogsDocument } from '@fornax/client/generated/documents'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BUSYBOX_IMAGE,
  NODE_IMAGE,
  NODE_IN_IMAGE,
  ScratchContainerd,
} from '../../apps/agent/src/runtime/containerd/test/scratch-containerd.ts'
import { canRunContainers } from '../../apps/agent/src/runtime/containerd/test/this-machine.ts'
import { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { session as sessionOf, allPods, application, close, create, idle, opened, plain } from './steps.ts'

const mustRun = process.env['FORNAX_TEST_REQUIRE_ALL'] === '1'

describe.skipIf(!canRunContainers && !mustRun)('an application that is an image', () => {
  let containerd: ScratchContainerd
  beforeAll(async () => {
    containerd = await ScratchContainerd.start({ images: [NODE_IMAGE, BUSYBOX_IMAGE, APPLICATION] })
  }, 60_000)
  afterAll(() => containerd[Symbol.asyncDispose]())

  /** A cluster whose traces go with the containerd, however the test ends. */
  function start(name: string): Promise<Cluster> {
    const folder = containerd.agentFolder(name, 'agent/pods/containerd')
    return Cluster.start({ containerdSocket: containerd.socketPath, folders: { 'node-a': folder } })
  }

  it('is reached by HTTP while a session is open, and not after it is closed', async () => {
    await using cluster = await start('http')
    await create(cluster, 'shop', web, { minPods: 1, maxPods: 3 })
    await idle(cluster, 'shop', 1)
    const warm = await opened(cluster, 'shop')
    expect(warm.start).toBe('WARM')
    const url = warm.endpoints[0]?.url ?? ''
    expect(await (await fetch(url)).text()).toBe('hello from the image')
    const held = connect(warm.endpoints[0]?.port ?? 0, '127.0.0.1')
    await once(held, 'connect')
    const cut = new Promise((resolve) => held.once('error', resolve).once('close', resolve))
    const cold = await opened(cluster, 'shop')
    expect(await (await fetch(cold.endpoints[0]?.url ?? '')).text()).toBe('hello from the image')
    await close(cluster, warm.id)
    await cut
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    expect(await (await fetch(cold.endpoints[0]?.url ?? '')).text()).toBe('hello from the image')
  })

  it('runs beside one that is the node itself, each where it can', async () => {
    await using cluster = await start('beside')
    await create(cluster, 'shop', web, { minPods: 1, maxPods: 1 })
    await create(cluster, 'plain', plain, { minPods: 1, maxPods: 1 })
    await idle(cluster, 'shop', 1)
    await idle(cluster, 'plain', 1)
    const runtimes = (await allPods(cluster)).map(({ applicationName, runtime }) => `${applicationName} ${runtime}`)
    expect(runtimes.toSorted()).toEqual(['plain process', 'shop containerd'])
  })

  it('sleeps while its session is quiet, and answers the first packet, of a new connection and of an old one', async () => {
    await using cluster = await start('quiet')
    const policy = { minPods: 1, maxPods: 1, keepHot: 1, hibernateAfterMs: 400, wakeOnTraffic: true }
    await create(cluster, 'shop', web, policy)
    await idle(cluster, 'shop', 1)
    const { podId, endpoints } = await opened(cluster, 'shop')
    const untilSleep = (isAsleep: boolean) =>
      eventually(
        async () => (await cluster.client.request(PodDocument, { id: podId ?? '' })).pod?.hibernation ?? null,
        (hibernation) => hibernation !== null && (hibernation.wakeMs === null) === isAsleep,
      )
    for (let round = 0; round < 2; round += 1) {
      expect((await untilSleep(true))?.depth).toMatch(/^(FROZEN|LIGHT|DEEP)$/)
      expect(await (await fetch(endpoints[0]?.url ?? '')).text()).toBe('hello from the image')
      expect((await untilSleep(false))?.wakeMs).toBeLessThan(5_000)
    }
    const held = connect(endpoints[0]?.port ?? 0, '127.0.0.1')
    await once(held, 'connect')
    await untilSleep(true)
    const answer = once(held, 'data')
    held.write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n')
    expect(String((await answer)[0])).toContain('200 OK')
    held.destroy()
  })

  it('talks to the session service, goes on without its agent, and is taken over by the next', async () => {
    await using cluster = await start('sdk')
    await create(cluster, 'talker', talker, { minPods: 1, maxPods: 1 })
    await idle(cluster, 'talker', 1)
    const { id, podId, endpoints } = await opened(cluster, 'talker', {
      data: Buffer.from('level 7').toString('base64'),
    })
    const url = endpoints[0]?.url ?? ''
    expect(await (await fetch(url)).text()).toBe(`${id} level 7`)
    await cluster.kill('node-a')
    expect(await (await fetch(url)).text()).toBe(`${id} level 7`)
    await cluster.startAgent('node-a')
    await eventually(
      async () => (await cluster.client.request(PodDocument, { id: podId ?? '' })).pod?.phase,
      (phase) => phase === 'ACTIVE',
    )
    expect(await (await fetch(url)).text()).toBe(`${id} level 7`)
    await close(cluster, id)
    const closed = await eventually(
      () => sessionOf(cluster, id),
      ({ phase }) => phase === 'CLOSED',
    )
    expect(closed.closeReason).toBe('REQUESTED')
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    await idle(cluster, 'talker', 1)
    const next = await opened(cluster, 'talker')
    expect(next.podId).toBe(podId)
    expect(await (await fetch(next.endpoints[0]?.url ?? '')).text()).toBe(`${next.id} `)
  })

  it('shows what it wrote, and why it ended', async () => {
    await using cluster = await start('logs')
    const bomb = `console.log('ready to go'); const all = []; setTimeout(() => { for (;;) all.push(Buffer.alloc(1 << 20, 1)) }, 300)`
    await create(cluster, 'bomb', node(bomb, { memoryBytes: 96 * 1024 * 1024 }), { minPods: 1, maxPods: 1 })
    const failed = await eventually(
      async () => (await allPods(cluster)).find(({ phase }) => phase === 'FAILED'),
      (pod) => pod !== undefined,
    )
    const pod = (await cluster.client.request(PodDocument, { id: failed?.id ?? '' })).pod
    expect(pod?.failure).toContain('memory')
    expect(pod?.lastLogLines).toEqual(['ready to go'])
    const lines: string[] = []
    for await (const { podLogs } of cluster.client.subscribe(PodLogsDocument, {
      podId: failed?.id ?? '',
      tailLines: 10,
      follow: false,
    }))
      lines.push(...podLogs.lines.map(({ stream, text }) => `${stream} ${text}`))
    expect(lines).toEqual(['STDOUT ready to go'])
  })

  it('is ended when it has written more to its root than it may, and says so; who writes less goes on', async () => {
    await using cluster = await start('disk')
    const writer = (mib: number) => `const { appendFileSync } = require('node:fs')
      for (let n = 0; n < ${mib}; n += 1) appendFileSync('/grows', Buffer.alloc(1 << 20, n))
      console.log('written'); setInterval(() => {}, 1e6)`
    const resources = { cpuMillis: 100, memoryBytes: 128 * 1024 * 1024, ephemeralBytes: 16 * 1024 * 1024 }
    for (const [name, mib] of [
      ['modest', 8],
      ['greedy', 24],
    ] as const)
      await create(
        cluster,
        name,
        { ...node(writer(mib)), resources, hasWritableRoot: true },
        { minPods: 1, maxPods: 1 },
      )
    const failed = await eventually(
      async () => (await allPods(cluster)).find(({ phase }) => phase === 'FAILED'),
      (pod) => pod !== undefined,
      40_000,
    )
    expect(failed?.applicationName).toBe('greedy')
    const pod = (await cluster.client.request(PodDocument, { id: failed?.id ?? '' })).pod
    expect(pod?.failure).toMatch(/it wrote 24(\.\d)? MiB to the root of its file system, where it may keep 16 MiB/)
    expect(pod?.lastLogLines).toEqual(['written'])
    expect((await allPods(cluster)).find(({ applicationName }) => applicationName === 'modest')?.phase).toBe('STANDBY')
  }, 60_000)

  it('is ready when a command says so, ends when it is no longer well, and is replaced', async () => {
    await using cluster = await start('probes')
    const program = `const { writeFileSync } = require('node:fs'), net = require('node:net')
      setTimeout(() => writeFileSync('/tmp/ready', 'yes'), 300)
      const server = net.createServer(() => server.close()).listen(process.env.PORT, process.env.HOST)
      setInterval(() => {}, 1e6)`
    const version = {
      ...node(program),
      ports,
      user: '4321:5432',
      terminationGraceMs: 100,
      readiness: { exec: { command: ['/bin/busybox', 'test', '-f', '/tmp/ready'] } },
      liveness: { tcp: { portName: 'web' }, periodMs: 300, timeoutMs: 300, failureThreshold: 2 },
    }
    await create(cluster, 'moody', version, { minPods: 1, maxPods: 1 })
    await idle(cluster, 'moody', 1)
    const failed = await eventually(
      async () => (await allPods(cluster)).find(({ phase }) => phase === 'FAILED'),
      (pod) => pod !== undefined,
    )
    const { pod } = await cluster.client.request(PodDocument, { id: failed?.id ?? '' })
    expect(pod?.failure).toContain('TCP probe of port web failed 2 times in a row')
    expect(pod?.startPhases?.readyMs).toBeGreaterThan(250)
    expect(pod?.readyAfterMs).toBe(Object.values(pod?.startPhases ?? {}).reduce((sum, ms) => sum + ms, 0))
    await eventually(
      async () => (await allPods(cluster)).some(({ id, phase }) => id !== failed?.id && phase === 'STANDBY'),
      (isThere) => isThere,
    )
  })

  it('tells the steps of its start, and so do the metrics', async () => {
    await using cluster = await start('waited')
    await create(cluster, 'shop', web, { minPods: 0, maxPods: 3 })
    const { podId } = await opened(cluster, 'shop')
    const { pod } = await cluster.client.request(PodDocument, { id: podId ?? '' })
    const phases = pod?.startPhases
    expect(Object.keys(phases ?? {})).toEqual(expect.arrayContaining(['waitMs', 'sandboxMs', 'createMs', 'startMs']))
    expect(phases?.startMs).toBeGreaterThan(0)
    const metrics = await (await fetch(new URL('/metrics', cluster.apiUrl))).text()
    expect(metrics).toMatch(/fornax_pod_start_seconds_count\{step="sandbox",runtime="containerd"\} 1/)
  })

  it('says on the application why its image cannot be had', async () => {
    await using cluster = await start('missing')
    await create(cluster, 'shop', { ...web, image: '127.0.0.1:1/nobody/knows:1' }, { minPods: 1, maxPods: 1 })
    const { problem } = await eventually(
      () => application(cluster, 'shop'),
      (answer) => answer.problem !== null,
    )
    expect(problem?.message).toContain('127.0.0.1:1/nobody/knows:1')
    expect(problem?.message).toContain('connection refused')
  })
})

type Resources = { readonly memoryBytes: number }

function node(source: string, resources: Resources = { memoryBytes: 128 * 1024 * 1024 }) {
  return {
    image: NODE_IMAGE.name,
    command: [NODE_IN_IMAGE, '-e', source],
    resources: { cpuMillis: 100, ...resources },
  }
}

const ports = [{ name: 'web', containerPort: 8080 }]

const web = {
  ...node(
    `require('node:http').createServer((_, answer) => answer.end('hello from the image')).listen(process.env.PORT)`,
  ),
  ports,
  readiness: { tcp: { portName: 'web' } },
}

/**
 * Speaks the session service by hand, as an application in any language could: gRPC is HTTP/2, and a message of it
 * five bytes and then the message. It answers who asks with its session and the session's data.
 */
const TALKER = `
const http2 = require('node:http2'), net = require('node:net'), http = require('node:http')
const session = { id: '', data: '' }
const field = (number, bytes) => Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes])
const frame = (message) => { const head = Buffer.alloc(5); head.writeUInt32BE(message.length, 1); return Buffer.concat([head, message]) }
const fields = (bytes) => {
  const found = {}
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at], length = bytes[at + 1]
    if (tag % 8 !== 2) { at += 2; while (bytes[at - 1] > 127) at += 1; continue }
    found[tag >> 3] = bytes.subarray(at + 2, at + 2 + length); at += 2 + length
  }
  return found
}
const talk = () => {
  const line = http2.connect('http://localhost', { createConnection: () => net.connect(process.env.FORNAX_SESSION_SOCKET) })
  const again = () => { line.destroy(); setTimeout(talk, 100) }
  line.once('error', () => {}).once('close', () => {})
  const stream = line.request({ ':method': 'POST', ':path': '/fornax.session.v1.SessionService/Serve', 'content-type': 'application/grpc', te: 'trailers' })
  stream.once('close', again).on('error', () => {})
  const running = session.id === '' ? [] : [field(2, Buffer.concat([field(1, Buffer.from(session.id)), Buffer.from([3 * 8, 1])]))]
  stream.write(frame(field(1, Buffer.concat([field(1, Buffer.from('by hand')), ...running]))))
  let rest = Buffer.alloc(0)
  stream.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const length = rest.readUInt32BE(1), message = fields(rest.subarray(5, 5 + length))
      rest = rest.subarray(5 + length)
      if (message[2]) {
        const open = fields(message[2])
        session.id = String(open[1]); session.data = String(open[2] ?? '')
        stream.write(frame(field(2, field(1, open[1]))))
      }
      if (message[3]) {
        const { 1: id } = fields(message[3])
        session.id = ''
        stream.write(frame(field(5, field(1, id))))
      }
    }
  })
  const beat = setInterval(() => stream.closed ? clearInterval(beat) : stream.write(frame(field(6, Buffer.alloc(0)))), 2_000)
}
talk()
http.createServer((_, answer) => answer.end(session.id + ' ' + session.data)).listen(process.env.PORT)
`

/** An image with a user of its own, and a program that knows of Fornax. */
const APPLICATION = {
  ...NODE_IMAGE,
  name: 'fornax.test/talker:1',
  files: { ...NODE_IMAGE.files, '/application.js': TALKER },
  config: { User: 'player', Entrypoint: [NODE_IN_IMAGE, '/application.js'] },
}

const talker = {
  image: APPLICATION.name,
  ports,
  usesSessionService: true,
  resources: { cpuMillis: 100, memoryBytes: 128 * 1024 * 1024 },
}
