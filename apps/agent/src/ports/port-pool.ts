/**
 * Host ports, given out one after the other and rested after use, so that a
 * client of yesterday's session never reaches today's. Which ports are taken and
 * which rest is in the ledger; this is the picture of it.
 *
 *   free ──take──► taken ──rest──► resting (60 s) ──► free
 */
import type { Clock } from '@fornax/kernel/clock'
import { hasEnded } from '@fornax/node-model/pod-state'
import type { LedgerChange, LedgerContents } from '../ledger/ledger.ts'
import type { PortBlocks } from './port-blocks.ts'

export type PortRange = { readonly first: number; readonly last: number }

/** Below the range that Linux gives to outgoing connections. */
export const HOST_PORTS: PortRange = { first: 20_000, last: 29_999 }

export const REST_MS = 60_000
const BLOCK_PORTS = 100

export type PortPoolOptions = {
  readonly range: PortRange
  readonly clock: Clock
  readonly blocks: PortBlocks
  readonly put: (change: LedgerChange) => void
}

export class PortPool {
  readonly #options: PortPoolOptions
  readonly #taken: Set<number>
  /** Until when a port rests; the order of insertion is that of their ends. */
  readonly #resting: Map<number, number>
  #next: number

  constructor(options: PortPoolOptions, known: Pick<LedgerContents, 'pods' | 'sessions' | 'portRests'>) {
    this.#options = options
    const pods = known.pods.filter(({ pod }) => !hasEnded(pod)) // The ports of the others rest, or have rested.
    this.#taken = new Set([...pods, ...known.sessions].flatMap((row) => row.hostPorts))
    const inOrder = known.portRests.toSorted((a, b) => a.untilMs - b.untilMs)
    this.#resting = new Map(inOrder.map(({ port, untilMs }) => [port, untilMs]))
    this.#next = options.range.first
  }

  /** Claims the blocks of the ports that are in use already, so that no other agent gives them out. */
  async claimTaken(): Promise<void> {
    const blocks = new Set(Array.from(this.#taken, (port) => this.#blockOf(port)))
    for (const block of blocks) await this.#options.blocks.claim(block)
  }

  /** One port for each protocol, in their order; null when there are not that many. */
  async take(
    protocols: readonly string[],
    isFree: (port: number, protocol: string) => Promise<boolean>,
  ): Promise<readonly number[] | null> {
    this.#wakeRested()
    const ports: number[] = []
    for (const protocol of protocols) {
      const port = await this.#takeOne(protocol, isFree)
      if (port === null) {
        for (const taken of ports) this.#taken.delete(taken)
        return null
      }
      ports.push(port)
    }
    return ports
  }

  /** Nobody uses these ports any more. */
  rest(ports: readonly number[]): void {
    const untilMs = this.#options.clock.nowMs() + REST_MS
    for (const port of ports) {
      if (!this.#taken.delete(port)) continue
      this.#resting.delete(port)
      this.#resting.set(port, untilMs)
      this.#options.put({ kind: 'putPortRest', rest: { port, untilMs } })
    }
  }

  async #takeOne(
    protocol: string,
    isFree: (port: number, protocol: string) => Promise<boolean>,
  ): Promise<number | null> {
    const { first, last } = this.#options.range
    if (this.#taken.size + this.#resting.size > last - first) return null
    for (let tries = first; tries <= last; tries += 1) {
      const port = this.#next
      this.#next = port === last ? first : port + 1
      if (this.#taken.has(port) || this.#resting.has(port)) continue
      this.#taken.add(port) // Booked before the first wait.
      const isOurs = await this.#options.blocks.claim(this.#blockOf(port))
      if (isOurs && (await isFree(port, protocol))) return port
      this.#taken.delete(port)
      if (!isOurs) tries += this.#skipBlock(port)
    }
    return null
  }

  /** Goes on behind the block of a port. Says how many ports that leaves out. */
  #skipBlock(port: number): number {
    const { first, last } = this.#options.range
    const lastOfBlock = Math.min(last, (this.#blockOf(port) + 1) * BLOCK_PORTS - 1)
    this.#next = lastOfBlock === last ? first : lastOfBlock + 1
    return lastOfBlock - port
  }

  #wakeRested(): void {
    const nowMs = this.#options.clock.nowMs()
    for (const [port, untilMs] of this.#resting) {
      if (untilMs > nowMs) return
      this.#resting.delete(port)
      this.#options.put({ kind: 'removePortRest', port })
    }
  }

  #blockOf(port: number): number {
    return Math.floor(port / BLOCK_PORTS)
  }
}
