/**
 * Asks every socket from time to time whether it is still there, and ends those that did not answer since the last
 * time. Sockets are asked in many small groups: ten thousand at once would keep everybody else waiting.
 */
import type { Clock } from '@fornax/kernel/clock'
import type { WebSocket } from 'ws'

/** How often each socket is asked. */
const PERIOD_MS = 10_000
const GROUPS = 500

/** What of a socket is needed. */
type Asked = Pick<WebSocket, 'ping' | 'terminate'> & {
  readonly readyState: number
  readonly OPEN: number
  on(event: 'pong', act: () => void): unknown
  once(event: 'close', act: () => void): unknown
}

export class SocketPulse implements Disposable {
  readonly #groups: readonly Set<Asked>[] = Array.from({ length: GROUPS }, () => new Set<Asked>())
  readonly #heard = new WeakSet<Asked>()
  readonly #clock: Clock
  /** The group that is asked next, and the one that the next socket joins: groups are of one size. */
  #asking = 0
  #joining = 0
  #cancel: () => void

  constructor(clock: Clock) {
    this.#clock = clock
    this.#cancel = this.#next()
  }

  /** Looks after the socket until it closes. */
  add(socket: Asked): void {
    this.#joining = (this.#joining + 1) % GROUPS
    const group = this.#groups[this.#joining]
    group?.add(socket)
    this.#heard.add(socket)
    socket.on('pong', () => this.#heard.add(socket))
    socket.once('close', () => group?.delete(socket))
  }

  [Symbol.dispose](): void {
    this.#cancel()
  }

  #next(): () => void {
    return this.#clock.schedule(PERIOD_MS / GROUPS, () => {
      this.#ask(this.#groups[this.#asking] ?? new Set())
      this.#asking = (this.#asking + 1) % GROUPS
      this.#cancel = this.#next()
    })
  }

  #ask(group: ReadonlySet<Asked>): void {
    for (const socket of group) {
      if (!this.#heard.delete(socket)) socket.terminate()
      else if (socket.readyState === socket.OPEN) socket.ping()
    }
  }
}
