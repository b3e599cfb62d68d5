/**
 * One reader: a socket with watches on it, and what they told of sessions. It keeps what a client would keep, so that
 * a gap shows: at the end its view must be that of the core. A reader that was cut off comes again where it stopped.
 */
import { WebSocket } from 'ws'
import { z } from 'zod'

export type ReaderCounts = { messages: number; bytes: number; upserted: number; laterSnapshots: number; cutOff: number }

export type ReaderOptions = {
  readonly url: string
  readonly token: string
  /** Null: of everything. */
  readonly application: string | null
  readonly counts: ReaderCounts
}

const object = z.object({ id: z.string(), phase: z.string().optional() })
const watchEvent = z.object({
  resourceVersion: z.string(),
  isLast: z.boolean().optional(),
  items: z.array(object).optional(),
  upserted: z.array(object).optional(),
  removedIds: z.array(z.string()).optional(),
})
const watchMessage = z.object({
  id: z.string(),
  type: z.literal('next'),
  payload: z.object({ data: z.object({ event: watchEvent }) }),
})

const SESSIONS = 'sessions'
const SHOWN_CHARACTERS = 300
const AGAIN_AFTER_MS = 100

const DOCUMENTS = {
  [SESSIONS]: watchDocument('Session', 'sessions', 'id phase podId nodeName'),
  pods: watchDocument('Pod', 'pods', 'id phase nodeName'),
  nodes: watchDocument('ComputeNode', 'computeNodes', 'id phase podCount sessionCount'),
  applications: watchDocument('Application', 'applications', 'id pool{standby active}'),
}

function watchDocument(type: string, items: string, fields: string): string {
  return `subscription Watch($after:ResourceVersion,$where:${type}Filter){event:watch${type}s(after:$after,where:$where){
    ...on ${type}Snapshot{resourceVersion isLast items:${items}{${fields}}}
    ...on ${type}Changes{resourceVersion removedIds upserted{${fields}}}
    ...on ${type}Bookmark{resourceVersion}}}`
}

export class WatchReader {
  readonly application: string | null
  readonly #options: ReaderOptions
  readonly #phases = new Map<string, string>()
  #socket: WebSocket | null = null
  #version: string | null = null
  #waitingFor = new Set<string>()
  #isSnapshotOpen = false
  #isStalled = false
  #isClosed = false

  constructor(options: ReaderOptions) {
    this.#options = options
    this.application = options.application
  }

  /** Settles when every watch has shown where it begins. */
  async open(): Promise<void> {
    const { url, token, application } = this.#options
    const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false, skipUTF8Validation: true })
    this.#socket = socket
    const begun = Promise.withResolvers<void>()
    const names = application === null ? Object.keys(DOCUMENTS) : [SESSIONS]
    this.#waitingFor = new Set(names)
    this.#isSnapshotOpen = false
    socket.once('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    })
    socket.on('error', (error) => begun.reject(error))
    socket.on('close', (code) => {
      begun.reject(new Error(`the socket was closed: ${code}`))
      if (this.#isClosed) return
      this.#options.counts.cutOff += 1
      this.#socket = null
      if (!this.#isStalled) setTimeout(() => this.#openAgain(), AGAIN_AFTER_MS)
    })
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      if (text.startsWith('{"type":"connection_ack"')) for (const name of names) this.#subscribe(name)
      else if (text.startsWith('{"type":"ping"')) socket.send('{"type":"pong"}')
      else this.#receive(text)
      if (this.#waitingFor.size === 0) begun.resolve()
    })
    await begun.promise
  }

  /** Reads nothing any more, as a client that hangs. */
  stall(): void {
    this.#isStalled = true
    this.#socket?.pause()
  }

  resume(): void {
    this.#isStalled = false
    if (this.#socket === null) this.#openAgain()
    else this.#socket.resume()
  }

  /** How many sessions it believes to be available. */
  available(): number {
    let count = 0
    for (const phase of this.#phases.values()) if (phase === 'AVAILABLE') count += 1
    return count
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.terminate()
  }

  /** Who cannot come again tries on, and is told of at the end: what it knows is not complete. */
  #openAgain(): void {
    if (!this.#isClosed && this.#socket === null) this.open().catch(() => undefined)
  }

  #subscribe(name: string): void {
    const where = this.application === null ? null : { application: this.application }
    const after = name === SESSIONS ? this.#version : null
    const query = Object.entries(DOCUMENTS).find(([known]) => known === name)?.[1]
    this.#socket?.send(JSON.stringify({ id: name, type: 'subscribe', payload: { query, variables: { where, after } } }))
  }

  #receive(text: string): void {
    const { counts } = this.#options
    counts.messages += 1
    counts.bytes += text.length
    const message = watchMessage.safeParse(JSON.parse(text))
    if (!message.success) throw new Error(`not a watch event: ${text.slice(0, SHOWN_CHARACTERS)}`)
    const { id, payload } = message.data
    const { event } = payload.data
    counts.upserted += event.upserted?.length ?? 0
    if (event.isLast !== false) this.#waitingFor.delete(id)
    if (id === SESSIONS) this.#apply(event)
  }

  #apply(event: z.infer<typeof watchEvent>): void {
    if (event.items !== undefined && !this.#isSnapshotOpen) {
      if (this.#version !== null) this.#options.counts.laterSnapshots += 1
      this.#phases.clear()
    }
    this.#isSnapshotOpen = event.isLast === false
    for (const { id, phase = '' } of event.items ?? []) this.#phases.set(id, phase)
    for (const { id, phase = '' } of event.upserted ?? []) this.#phases.set(id, phase)
    for (const id of event.removedIds ?? []) this.#phases.delete(id)
    // Who is cut off amid a snapshot knows nothing, and begins anew.
    this.#version = this.#isSnapshotOpen ? null : event.resourceVersion
  }
}
