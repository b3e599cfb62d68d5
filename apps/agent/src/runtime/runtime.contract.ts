/**
 * What every runtime must do. A runtime's own test file calls this with a
 * fixture; real parts only: real processes, real sockets, a scratch folder.
 */
import { connect, createServer, type Socket } from 'node:net'
import { VERSION_DEFAULTS, type ApplicationVersion, type Endpoint } from '@fornax/node-model/application-version'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openLogSource, type LogStreamName } from '../logs/log-source.ts'
import { podFolderOf } from './pod-folder.ts'
import type { AdoptPodResult, OpenEndpointsResult, PodOrder, Runtime, RuntimePod } from './runtime.ts'

export type RuntimeFixture = {
  /** A runtime over the same machine as the one before: dispose one and open the next to act a restart. */
  openRuntime(): Promise<Runtime>
  /** Where this runtime keeps its pods' folders; null when it has none. */
  readonly podsFolder: string | null
  /** Something that changes the order's version to what this runtime can run. */
  readonly version?: Partial<ApplicationVersion>
  /** Where pods find Node. Default: where this process does. */
  readonly node?: string
  remove(): Promise<void>
}

/** Runs the suite. `hasProcesses: false` leaves out what needs a real command. */
export function describeRuntimeContract(
  name: string,
  makeFixture: () => Promise<RuntimeFixture>,
  { hasProcesses }: { readonly hasProcesses: boolean },
): void {
  const world = new World(makeFixture)
  afterEach(() => world.remove())
  describe(`${name}: every runtime`, () => {
    everyRuntime(world)
  })
  if (!hasProcesses) return
  describe(`${name}: a runtime with processes`, () => {
    commands(world)
    ends(world)
    restarts(world)
    networks(world)
  })
}

function everyRuntime(world: World): void {
  it('says truly what it is', async () => {
    const runtime = await world.runtime()
    expect(runtime.name).not.toBe('')
    expect(runtime.portsBelongTo).toMatch(/^(pod|session)$/)
  })

  it('starts pods at the same time, lists them, and leaves nothing of a destroyed one', async () => {
    const runtime = await world.runtime()
    const ids = Array.from({ length: 8 }, (_, index) => `pod-${index}`)
    const pods = await Promise.all(ids.map((podId) => world.create({ podId })))
    expect((await runtime.listPodIds()).toSorted()).toEqual(ids)
    for (const id of ids) await runtime.destroyPod(id)
    expect(await runtime.listPodIds()).toEqual([])
    for (const pod of pods) expect(await pod.ended).toBeDefined()
  })

  it('destroys an unknown pod by doing nothing', async () => {
    const runtime = await world.runtime()
    await runtime.destroyPod('pod-nobody')
    expect(await runtime.listPodIds()).toEqual([])
  })

  it('says of a pod that it never started that it is unknown', async () => {
    const runtime = await world.runtime()
    expect(await runtime.adoptPod(await world.order(), null, [])).toEqual({ kind: 'unknown' })
  })

  it('stops a pod, and says so once', async () => {
    const pod = await world.create()
    pod.stop(5_000)
    pod.stop(5_000)
    expect((await pod.ended).outOfMemory).toBe(false)
  })

  it('gives one endpoint for each declared port, the same when asked again', async () => {
    const pod = await world.create({ version: threePorts })
    const session = { sessionId: 'ses-1', hostPorts: await world.sessionPorts(3) }
    const first = await pod.openEndpoints(session)
    expect(first).toMatchObject({
      kind: 'opened',
      endpoints: [
        { name: 'web', protocol: 'http' },
        { name: 'game', protocol: 'tcp' },
        { name: 'voice', protocol: 'udp' },
      ],
    })
    expect(await pod.openEndpoints(session)).toEqual(first)
    await pod.closeEndpoints('ses-1')
    await pod.closeEndpoints('ses-nobody')
  })

  it('goes on with a pod after the agent was restarted', async () => {
    const order = await world.order()
    const before = await world.create(order)
    await world.restart()
    const runtime = await world.runtime()
    const adopted = await runtime.adoptPod(order, before.handle, [])
    const after = running(adopted)
    after.stop(0)
    await after.ended
    await runtime.destroyPod(order.podId)
    expect(await runtime.listPodIds()).toEqual([])
  })
}

function commands(world: World): void {
  it('writes what the command writes to files of the pod', async () => {
    const pod = await world.create({ version: script(`console.log('out'); console.error('err')`) })
    await pod.ended
    expect(await world.linesOf(pod, 'stdout')).toEqual(['out'])
    expect(await world.linesOf(pod, 'stderr')).toEqual(['err'])
  })

  it('gives the command its arguments and environment, and nothing of the agent', async () => {
    process.env['FORNAX_SECRET_OF_THE_AGENT'] = 'secret'
    const echo = `console.log(JSON.stringify({ args: process.argv.slice(1), env: process.env }))`
    const version = { ...script(echo), args: ['-e', echo, `it's "here"`, '$HOME', ''], env: { MODE: 'a b' } }
    const pod = await world.create({ version })
    await pod.ended
    delete process.env['FORNAX_SECRET_OF_THE_AGENT']
    const told = (await world.linesOf(pod, 'stdout')).join('\n')
    expect(JSON.parse(told)).toMatchObject({
      args: [`it's "here"`, '$HOME', ''],
      env: { MODE: 'a b', FORNAX_POD_ID: pod.podId, FORNAX_APPLICATION: 'demo' },
    })
    expect(told).not.toContain('FORNAX_SECRET_OF_THE_AGENT')
  })

  it('says soon that a command does not exist', async () => {
    const runtime = await world.runtime()
    const order = await world.order({ version: { command: ['/no/such/command'], args: [] } })
    const result = await runtime.createPod(order)
    const end = result.kind === 'created' ? await result.pod.ended : null
    expect([126, 127, null]).toContain(end === null ? null : end.exitCode)
  })

  it('refuses an image that it cannot run, and leaves nothing behind', async () => {
    const runtime = await world.runtime()
    const result = await runtime.createPod(await world.order({ version: { image: '' } }))
    expect(result.kind).toBe('failed')
    expect(await runtime.listPodIds()).toEqual([])
  })

  it('measures what a busy pod uses', async () => {
    const runtime = await world.runtime()
    const pod = await world.create({ version: script(`for (;;) Math.sqrt(2)`) })
    await expect
      .poll(async () => (await runtime.readUsage()).get(pod.podId)?.cpuMs ?? 0, { timeout: 10_000 })
      .toBeGreaterThan(50)
    expect((await runtime.readUsage()).get(pod.podId)?.memoryBytes).toBeGreaterThan(1_000_000)
  })
}

function ends(world: World): void {
  it('tells the exit code of a command that ends', async () => {
    const pod = await world.create({ version: script(`process.exit(7)`) })
    expect(await pod.ended).toEqual({ exitCode: 7, outOfMemory: false })
  })

  it('asks before it kills', async () => {
    const version = script(
      `process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1e6); console.log('up')`,
    )
    const pod = await world.create({ version })
    await world.wrote(pod, 'up')
    pod.stop(10_000)
    expect(await pod.ended).toEqual({ exitCode: 3, outOfMemory: false })
  })

  it('kills every process of a pod that does not listen', async () => {
    const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('up ' + process.pid)`
    const parent = `${child}; require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`
    const pod = await world.create({ version: script(parent) })
    await world.wrote(pod, /up \d+\n(.|\n)*up \d+\n/)
    pod.stop(60_000)
    pod.stop(50) // The shorter grace holds.
    expect(await pod.ended).toEqual({ exitCode: 137, outOfMemory: false })
    const runtime = await world.runtime()
    expect((await runtime.readUsage()).has(pod.podId)).toBe(false)
  })
}

function restarts(world: World): void {
  it('tells what ended while the agent was away', async () => {
    const order = await world.order({
      version: script(`process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1e6); console.log('up')`),
    })
    const pod = await world.create(order)
    await world.wrote(pod, 'up')
    const { handle } = pod
    pod.stop(10_000)
    await pod.ended
    await world.restart()
    const adopted = await (await world.runtime()).adoptPod(order, handle, [])
    expect(adopted).toEqual({ kind: 'ended', end: { exitCode: 9, outOfMemory: false } })
  })

  it('adopts a pod whose handle was never noted', async () => {
    const order = await world.order()
    await world.wrote(await world.create(order), 'up')
    await world.restart()
    const adopted = await (await world.runtime()).adoptPod(order, null, [])
    expect(adopted.kind).toBe('running')
  })

  it('hears the end of an adopted pod, with its exit code', async () => {
    const order = await world.order()
    const { handle } = await world.create(order)
    await world.restart()
    const adopted = await (await world.runtime()).adoptPod(order, handle, [])
    const after = running(adopted)
    after.stop(0)
    expect(await after.ended).toEqual({ exitCode: 137, outOfMemory: false })
  })

  it('removes pods that nobody knows any more', async () => {
    await world.create({ podId: 'pod-orphan' })
    await world.restart()
    const runtime = await world.runtime()
    expect(await runtime.listPodIds()).toEqual(['pod-orphan'])
    await runtime.destroyPod('pod-orphan')
    expect(await runtime.listPodIds()).toEqual([])
    expect((await runtime.readUsage()).size).toBe(0)
  })
}

function networks(world: World): void {
  it('reaches the pod on its probe address and on the endpoints of its session', async () => {
    const pod = await world.create({ version: echoServer })
    await world.wrote(pod, 'listening')
    const probe = pod.probeAddress('game')
    expect(await world.greet(probe ?? { host: '', port: 0 })).toBe('hello')
    const opened = await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: await world.sessionPorts(1) })
    expect(await world.greet(firstEndpoint(opened))).toBe('hello')
    expect(pod.probeAddress('other')).toBeNull()
  })

  it('cuts the connections of a closed session, when ports belong to sessions', async () => {
    const runtime = await world.runtime()
    if (runtime.portsBelongTo === 'pod') return
    const pod = await world.create({ version: echoServer })
    await world.wrote(pod, 'listening')
    const opened = await pod.openEndpoints({ sessionId: 'ses-1', hostPorts: await world.sessionPorts(1) })
    const endpoint = firstEndpoint(opened)
    const socket = await world.dial(endpoint)
    const cut = new Promise((resolve) => socket.once('close', resolve))
    await pod.closeEndpoints('ses-1')
    socket.write('still there?')
    await Promise.race([cut, rejectsAfter(5_000, 'the connection outlived its session')])
    await expect(world.dial(endpoint)).rejects.toThrow(/ECONN|nobody answered/)
  })

  it('knows whether somebody else has a port', async () => {
    const runtime = await world.runtime()
    const server = createServer()
    const taken = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(portOf(server.address())))
    })
    expect(await runtime.isPortFree(taken, 'tcp')).toBe(false)
    await new Promise((resolve) => server.close(resolve))
    expect(await runtime.isPortFree(taken, 'tcp')).toBe(true)
  })
}

/** Everything that a test makes, so that it can be taken away again. */
class World {
  readonly #makeFixture: () => Promise<RuntimeFixture>
  #fixture: RuntimeFixture | null = null
  #runtime: Runtime | null = null
  #sockets: Socket[] = []
  #podCount = 0

  constructor(makeFixture: () => Promise<RuntimeFixture>) {
    this.#makeFixture = makeFixture
  }

  async runtime(): Promise<Runtime> {
    this.#fixture ??= await this.#makeFixture()
    this.#runtime ??= await this.#fixture.openRuntime()
    return this.#runtime
  }

  async restart(): Promise<void> {
    await this.#runtime?.[Symbol.asyncDispose]()
    this.#runtime = null
  }

  async order(change: OrderChange = {}): Promise<PodOrder> {
    const runtime = await this.runtime()
    const asked = { ...demo, ...this.#fixture?.version, ...change.version }
    const { node = process.execPath } = this.#fixture ?? {}
    const version = { ...asked, command: asked.command.map((word) => (word === process.execPath ? node : word)) }
    const hostPorts = runtime.portsBelongTo === 'pod' ? await freePorts(version.ports.length) : []
    this.#podCount += 1
    const podId = change.podId ?? `pod-test-${this.#podCount}`
    return { podId, sessionFolder: null, version, hostPorts }
  }

  async create(change: OrderChange | PodOrder = {}): Promise<RuntimePod> {
    const runtime = await this.runtime()
    const order = 'hostPorts' in change ? change : await this.order(change)
    const result = await runtime.createPod(order)
    if (result.kind === 'failed') throw new Error(`the pod did not start: ${result.reason}`)
    return result.pod
  }

  async sessionPorts(count: number): Promise<readonly number[]> {
    return (await this.runtime()).portsBelongTo === 'session' ? await freePorts(count) : []
  }

  /** What a pod wrote, as everybody else reads it. */
  async linesOf({ podId }: RuntimePod, stream: LogStreamName): Promise<readonly string[]> {
    const { logFormat } = await this.runtime()
    const source = openLogSource(podFolderOf(this.#fixture?.podsFolder ?? '', podId), logFormat)
    return source.tail(1_000).flatMap((piece) => (piece.stream === stream ? piece.lines : []))
  }

  async wrote(pod: RuntimePod, expected: string | RegExp): Promise<void> {
    const check = async (): Promise<void> => {
      const text = (await this.linesOf(pod, 'stdout')).map((line) => `${line}\n`).join('')
      if (text.search(expected) === -1) throw new Error(`the pod only wrote: ${text}`)
    }
    await vi.waitFor(check, { timeout: 15_000, interval: 10 })
  }

  dial({ host, port }: { readonly host: string; readonly port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, timeout: 5_000 }, () => resolve(socket))
      socket.on('error', reject)
      socket.on('timeout', () => socket.destroy(new Error('nobody answered')))
      this.#sockets.push(socket)
    })
  }

  async greet(address: { readonly host: string; readonly port: number }): Promise<string> {
    const socket = await this.dial(address)
    return await new Promise((resolve) => socket.once('data', (bytes) => resolve(bytes.toString())))
  }

  async remove(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets = []
    if (this.#fixture !== null) {
      const runtime = await this.runtime()
      for (const podId of await runtime.listPodIds()) await runtime.destroyPod(podId)
      await this.restart()
      await this.#fixture.remove()
    }
    this.#fixture = null
  }
}

function running(result: AdoptPodResult): RuntimePod {
  if (result.kind !== 'running') throw new Error(`the pod should be running, but is ${result.kind}`)
  return result.pod
}

function firstEndpoint(result: OpenEndpointsResult): Endpoint {
  const first = result.kind === 'opened' ? result.endpoints[0] : undefined
  if (first === undefined) throw new Error(`there should be an endpoint: ${JSON.stringify(result)}`)
  return first
}

type OrderChange = { readonly podId?: string; readonly version?: Partial<ApplicationVersion> }

const demo: ApplicationVersion = {
  versionId: 'ver-demo',
  applicationName: 'demo',
  versionNumber: 1,
  image: 'host',
  ...script(`setInterval(() => {}, 1e6); console.log('up')`),
  env: {},
  ports: [],
  cpuMillis: 100,
  memoryBytes: 512 * 1024 * 1024,
  runtimeClass: '',
  minIsolation: 'none',
  sessionsPerPod: 1,
  readiness: { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 10_000 },
  usesSessionService: false,
  workingDirectory: '',
  ...VERSION_DEFAULTS,
}

const threePorts: Partial<ApplicationVersion> = {
  ports: [
    { name: 'web', protocol: 'http', containerPort: 8080 },
    { name: 'game', protocol: 'tcp', containerPort: 8081 },
    { name: 'voice', protocol: 'udp', containerPort: 8082 },
  ],
}

/** Greets who connects, and holds the connection. */
const echoServer: Partial<ApplicationVersion> = {
  ...script(
    `require('node:net').createServer((s) => { s.on('error', () => {}); s.write('hello') })` +
      `.listen(Number(process.env.PORT), () => console.log('listening'))`,
  ),
  ports: [{ name: 'game', protocol: 'tcp', containerPort: 7000 }],
}

function script(source: string): Pick<ApplicationVersion, 'command' | 'args'> {
  return { command: [process.execPath], args: ['-e', source] }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = servers.map(
    (server) => new Promise<number>((resolve) => server.listen(0, () => resolve(portOf(server.address())))),
  )
  const numbers = await Promise.all(ports)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return numbers
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

function rejectsAfter(delayMs: number, why: string): Promise<never> {
  return new Promise((_, reject) =>
    AbortSignal.timeout(delayMs).addEventListener('abort', () => reject(new Error(why))),
  )
}
