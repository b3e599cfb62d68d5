/** The world of the contract suite of runtimes: what a test makes, and what it asks of it. */
import { connect, createServer, type Socket } from 'node:net'
import { VERSION_DEFAULTS, type ApplicationVersion, type Endpoint } from '@fornax/node-model/application-version'
import { vi } from 'vitest'
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

/** Everything that a test makes, so that it can be taken away again. */
export class ContractWorld {
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

export function running(result: AdoptPodResult): RuntimePod {
  if (result.kind !== 'running') throw new Error(`the pod should be running, but is ${result.kind}`)
  return result.pod
}

export function firstEndpoint(result: OpenEndpointsResult): Endpoint {
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

export const threePorts: Partial<ApplicationVersion> = {
  ports: [
    { name: 'web', protocol: 'http', containerPort: 8080 },
    { name: 'game', protocol: 'tcp', containerPort: 8081 },
    { name: 'voice', protocol: 'udp', containerPort: 8082 },
  ],
}

/** Greets who connects, and holds the connection. */
export const echoServer: Partial<ApplicationVersion> = {
  ...script(
    `require('node:net').createServer((s) => { s.on('error', () => {}); s.write('hello') })` +
      `.listen(Number(process.env.PORT), () => console.log('listening'))`,
  ),
  ports: [{ name: 'game', protocol: 'tcp', containerPort: 7000 }],
}

export function script(source: string): Pick<ApplicationVersion, 'command' | 'args'> {
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

export function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

export function rejectsAfter(delayMs: number, why: string): Promise<never> {
  return new Promise((_, reject) =>
    AbortSignal.timeout(delayMs).addEventListener('abort', () => reject(new Error(why))),
  )
}
