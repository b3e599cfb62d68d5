/**
 * What leaves on WebSockets. All messages of a turn of the event loop leave a socket in one write: an answer and the
 * word that it was the last, or the answers to many operations, cost one system call.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '@fornax/kernel/clock'
import type { WebSocket } from 'ws'

/** A sender may go on while no more than this waits for its reader. */
const WAITING_BYTES = 64 * 1024

/** A socket, and the stream that carries it. */
export type Line = { readonly socket: WebSocket; readonly stream: Duplex }

export class SocketOutbox {
  readonly #clock: Clock
  /** Streams that hold back what was written in this turn. */
  readonly #held = new Set<Duplex>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A promise to wait for when the reader is slow, so that it slows only itself. A lost socket closes soon. */
  send({ socket, stream }: Line, text: string): Promise<void> | undefined {
    if (socket.readyState !== socket.OPEN) return undefined
    this.#hold(stream)
    if (socket.bufferedAmount + text.length > WAITING_BYTES)
      return new Promise((resolve) => socket.send(text, () => resolve()))
    socket.send(text)
    return undefined
  }

  #hold(stream: Duplex): void {
    if (this.#held.has(stream)) return
    if (this.#held.size === 0) this.#clock.schedule(0, () => this.#release())
    this.#held.add(stream)
    stream.cork()
  }

  #release(): void {
    for (const stream of this.#held) stream.uncork()
    this.#held.clear()
  }
}
