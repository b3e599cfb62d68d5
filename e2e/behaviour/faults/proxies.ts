/**
 * A proxy for each node, for who may not make network namespaces. It stands between the agent and the core and
 * handles bytes, not packets, so faults are imitations:
 *
 *   cut    what either side says, its goodbye too, waits until the network is healed; new connections hang
 *   drop   of what either side writes, so many in a hundred pieces come as late as if TCP had sent them again;
 *          after several losses in a row the connection breaks
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { FaultNetwork, NodePlace } from './fault-network.ts'

/** What Linux waits before it sends a lost packet again; twice as long each time. */
const RESEND_MS = 200
const RESENDS_MAX = 6

type Fault = { readonly kind: 'none' } | { readonly kind: 'cut' } | { readonly kind: 'drop'; readonly percent: number }

/** Opens a proxy for each node. */
export async function createProxies(nodeNames: readonly string[]): Promise<FaultNetwork> {
  const proxies = new Map<string, NodeProxy>()
  for (const name of nodeNames) proxies.set(name, await NodeProxy.listen())
  const proxyOf = (name: string): NodeProxy => {
    const proxy = proxies.get(name)
    if (proxy === undefined) throw new Error(`there is no proxy for ${name}`)
    return proxy
  }
  return {
    kind: 'proxies',
    coreHost: '127.0.0.1',
    place: (name) => proxyOf(name).place,
    cut: (name) => proxyOf(name).setFault({ kind: 'cut' }),
    drop: (name, percent) => proxyOf(name).setFault({ kind: 'drop', percent }),
    heal: (name) => proxyOf(name).setFault({ kind: 'none' }),
    [Symbol.asyncDispose]: async () => {
      for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]()
    },
  }
}

class NodeProxy implements AsyncDisposable {
  readonly place: NodePlace
  readonly #server: Server
  readonly #pipes = new Set<Pipe>()
  #targetPort = 0
  #fault: Fault = { kind: 'none' }

  private constructor(server: Server) {
    this.#server = server
    const port = (server.address() as AddressInfo).port
    this.place = {
      host: '127.0.0.1',
      coreAddress: (nodeLinkPort) => {
        this.#targetPort = nodeLinkPort
        return `127.0.0.1:${port}`
      },
      command: (command) => command,
    }
    server.on('connection', (near: Socket) => this.#accept(near))
  }

  static async listen(): Promise<NodeProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new NodeProxy(server)
  }

  setFault(fault: Fault): void {
    this.#fault = fault
    if (fault.kind !== 'cut') for (const pipe of this.#pipes) pipe.goOn()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pipe of this.#pipes) pipe.break()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(near: Socket): void {
    const far = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const breakBoth = (): void => {
      for (const pipe of pipes) pipe.break()
    }
    const options = { fault: () => this.#fault, broken: breakBoth }
    const pipes = [new Pipe(near, far, options), new Pipe(far, near, options)]
    for (const pipe of pipes) {
      this.#pipes.add(pipe)
      void pipe.ended.then(() => this.#pipes.delete(pipe))
    }
  }
}

type Piece = { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'end' } | { readonly kind: 'reset' }

/** One direction of a connection. Its pieces stay in order, as those of TCP do. */
class Pipe {
  readonly ended: Promise<unknown>
  readonly #to: Socket
  readonly #from: Socket
  readonly #fault: () => Fault
  readonly #broken: () => void
  readonly #waiting: Piece[] = []
  #isCarrying = false
  #isBroken = false
  #wake: () => void = () => undefined

  constructor(from: Socket, to: Socket, options: { readonly fault: () => Fault; readonly broken: () => void }) {
    this.#from = from
    this.#to = to
    this.#fault = options.fault
    this.#broken = options.broken
    this.ended = new Promise((resolve) => from.once('close', resolve))
    from.on('data', (bytes: Buffer) => this.#take({ kind: 'bytes', bytes }))
    from.on('end', () => this.#take({ kind: 'end' }))
    from.on('error', () => this.#take({ kind: 'reset' }))
  }

  goOn(): void {
    this.#wake()
  }

  break(): void {
    this.#isBroken = true
    this.#from.destroy()
    this.#to.destroy()
    this.#wake()
  }

  #take(piece: Piece): void {
    this.#waiting.push(piece)
    // What waits is bounded by what the socket has taken from the network already.
    this.#from.pause()
    if (!this.#isCarrying) void this.#carry()
  }

  async #carry(): Promise<void> {
    this.#isCarrying = true
    for (let piece = this.#waiting.shift(); piece !== undefined; piece = this.#waiting.shift()) {
      await this.#passFault()
      this.#deliver(piece)
    }
    this.#isCarrying = false
    this.#from.resume()
  }

  #deliver(piece: Piece): void {
    if (this.#isBroken || this.#to.destroyed) return
    if (piece.kind === 'reset') this.#broken()
    else if (piece.kind === 'bytes') this.#to.write(piece.bytes)
    else this.#to.end()
  }

  async #passFault(): Promise<void> {
    while (this.#fault().kind === 'cut' && !this.#isBroken) await new Promise<void>((resolve) => (this.#wake = resolve))
    const fault = this.#fault()
    if (fault.kind !== 'drop') return
    for (let resends = 0; Math.random() * 100 < fault.percent; resends += 1) {
      if (resends === RESENDS_MAX) return this.#broken()
      await new Promise((resolve) => setTimeout(resolve, RESEND_MS * 2 ** resends))
    }
  }
}
