/** graphql-transport-ws over `ws`, with the least that a client must do. */
import { WebSocket } from 'ws'
import type { Line, LineAnswer } from './line.ts'
import type { LoadTarget } from './load-job.ts'

/** The core allows 50 operations on a socket at a time. */
const OPERATIONS_MAX = 40

export async function openSocketLine({ host, port, token }: LoadTarget): Promise<Line> {
  const socket = new WebSocket(`ws://${host}:${port}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })),
    )
    socket.once('message', () => resolve())
    socket.once('error', reject)
    socket.once('close', (code) => reject(new Error(`the socket was closed: ${code}`)))
  })
  return new SocketLine(socket)
}

class SocketLine implements Line {
  readonly capacity = OPERATIONS_MAX
  readonly #socket: WebSocket
  readonly #waiting = new Map<string, (answer: LineAnswer) => void>()
  #next = 0
  #failure: string | null = null

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => this.#receive(data))
    socket.on('error', (error) => this.#fail(error.message))
    socket.on('close', (code) => this.#fail(`the socket was closed: ${code}`))
  }

  /** Everything behind the id, which differs from call to call. */
  prepare(payload: string): string {
    return `","type":"subscribe","payload":${payload}}`
  }

  send(prepared: string, done: (answer: LineAnswer) => void): void {
    if (this.#failure !== null) return done({ kind: 'failed', why: this.#failure })
    this.#next += 1
    const id = String(this.#next)
    this.#waiting.set(id, done)
    this.#socket.send(`{"id":"${id}${prepared}`)
  }

  close(): void {
    this.#socket.terminate()
  }

  #receive(data: Buffer): void {
    const text = data.toString()
    const id = between(text, '"id":"')
    const done = this.#waiting.get(id)
    if (done === undefined) return // A ping, or the end of what was answered already.
    this.#waiting.delete(id)
    const isAnswer = between(text, '"type":"') === 'next'
    done(isAnswer ? { kind: 'answered', body: text } : { kind: 'failed', why: text })
  }

  #fail(why: string): void {
    this.#failure ??= why
    for (const done of this.#waiting.values()) done({ kind: 'failed', why })
    this.#waiting.clear()
  }
}

/** The text behind the first mark, up to the next quotation mark. */
function between(text: string, mark: string): string {
  const start = text.indexOf(mark)
  return start < 0 ? '' : text.slice(start + mark.length, text.indexOf('"', start + mark.length))
}
