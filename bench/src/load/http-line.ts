/**
 * HTTP/1.1 by hand, one request at a time on each connection: the load tool shares the machine with what it measures,
 * and a general client would cost more than the core.
 */
import { connect, type Socket } from 'node:net'
import type { Line, LineAnswer } from './line.ts'
import type { LoadTarget } from './load-job.ts'

const HEAD_END = '\r\n\r\n'
const OK = 'HTTP/1.1 200'
/** The server was tired of waiting for a request, and has seen none: it may be sent again (RFC 9110, 15.5.9). */
const NOT_SEEN = 'HTTP/1.1 408'

export async function openHttpLine({ host, port, token }: LoadTarget): Promise<Line> {
  const socket = connect({ host, port, noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const head = [
    'POST /graphql HTTP/1.1',
    `host: ${host}:${port}`,
    'content-type: application/json',
    'accept: application/json',
    `authorization: Bearer ${token}`,
    'content-length: ',
  ].join('\r\n')
  return new HttpLine({ host, port }, socket, head)
}

type Address = Pick<LoadTarget, 'host' | 'port'>

class HttpLine implements Line {
  readonly capacity = 1
  readonly #address: Address
  readonly #head: string
  #socket: Socket
  /** The server has ended it while nobody used it, as servers do after a while: the next call connects anew. */
  #isLeft = false
  #received = ''
  #waiting: ((answer: LineAnswer) => void) | null = null
  #failure: string | null = null
  /** What waits for an answer, while it may still be sent again. */
  #unseen: string | null = null

  constructor(address: Address, socket: Socket, head: string) {
    this.#address = address
    this.#head = head
    this.#socket = this.#heard(socket)
  }

  /** The whole request; it may be sent again and again. */
  prepare(payload: string): string {
    return `${this.#head}${Buffer.byteLength(payload)}${HEAD_END}${payload}`
  }

  send(prepared: string, done: (answer: LineAnswer) => void): void {
    if (this.#failure !== null) return done({ kind: 'failed', why: this.#failure })
    if (this.#isLeft) this.#connectAnew()
    this.#waiting = done
    this.#unseen = prepared
    this.#socket.write(prepared)
  }

  close(): void {
    this.#socket.destroy()
  }

  #connectAnew(): void {
    this.#isLeft = false
    this.#received = ''
    this.#socket = this.#heard(connect({ ...this.#address, noDelay: true }))
  }

  /** What a socket says that is no longer in use concerns nobody. */
  #heard(socket: Socket): Socket {
    const ifInUse = (act: () => void): void => {
      if (socket === this.#socket) act()
    }
    socket.setEncoding('utf8')
    socket.on('data', (text) => ifInUse(() => this.#receive(text.toString())))
    socket.on('error', (error) => ifInUse(() => this.#fail(error.message)))
    for (const event of ['end', 'close']) socket.on(event, () => ifInUse(() => this.#fail('the connection was closed')))
    return socket
  }

  #receive(text: string): void {
    if (this.#waiting === null) return this.#leave()
    this.#received = this.#received === '' ? text : this.#received + text
    const headEnd = this.#received.indexOf(HEAD_END)
    if (headEnd < 0) return
    if (this.#unseen !== null && this.#received.startsWith(NOT_SEEN)) return this.#sendAgain(this.#unseen)
    const length = /content-length: *(\d+)/i.exec(this.#received.slice(0, headEnd))?.[1]
    if (length === undefined) return this.#fail('an answer without content-length')
    const body = this.#received.slice(headEnd + HEAD_END.length)
    // A character is at least a byte: only what could be complete is measured.
    if (body.length < Number(length) && Buffer.byteLength(body) < Number(length)) return
    const isOk = this.#received.startsWith(OK)
    this.#received = ''
    this.#answer(isOk ? { kind: 'answered', body } : { kind: 'failed', why: body })
  }

  #sendAgain(prepared: string): void {
    this.#unseen = null
    this.#socket.destroy()
    this.#connectAnew()
    this.#socket.write(prepared)
  }

  #leave(): void {
    this.#isLeft = true
    this.#socket.destroy()
  }

  #fail(why: string): void {
    if (this.#waiting === null) return this.#leave()
    this.#failure ??= why
    this.#answer({ kind: 'failed', why })
  }

  #answer(answer: LineAnswer): void {
    const done = this.#waiting
    this.#waiting = null
    this.#unseen = null
    done?.(answer)
  }
}
