/**
 * Writes nodes to the database, one row at a time for each node, the newest word last. What fails is written again
 * until it succeeds, because the next core must know which nodes were lost and what an operator said of them.
 *
 *   record ─► writing ─► written
 *                │  ▲
 *                ▼  │ after a while, or with the next word
 *               failed
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { RegisteredNode } from './node.ts'

export type NodeJournalPorts = {
  readonly clock: Clock
  readonly log: Log
  /** Rejects when the database fails; then nothing is written. */
  readonly save: (node: RegisteredNode) => Promise<void>
}

/** What is still to be written of one node. */
type Page = {
  latest: RegisteredNode
  isWriting: boolean
  /** Who waits for the attempt that carries `latest`. */
  waiters: PromiseWithResolvers<void>[]
  cancelRetry: Cancel
}

const RETRY_MS = 1_000

export class NodeJournal implements Disposable {
  readonly #ports: NodeJournalPorts
  /** Nodes with something unwritten. Bounded by the number of nodes. */
  readonly #pages = new Map<string, Page>()
  #isClosed = false

  constructor(ports: NodeJournalPorts) {
    this.#ports = ports
  }

  /** Writes the node, soon. */
  record(node: RegisteredNode): void {
    const page = this.#pages.get(node.name)
    if (page) page.latest = node
    else {
      const fresh = { latest: node, isWriting: false, waiters: [], cancelRetry: () => undefined }
      this.#pages.set(node.name, fresh)
    }
    this.#writeSoon(node.name)
  }

  /** Settles when everything recorded of the node is durable; rejects when an attempt failed, which is then repeated. */
  whenWritten(nodeName: string): Promise<void> {
    const page = this.#pages.get(nodeName)
    if (!page) return Promise.resolve()
    const waiter = Promise.withResolvers<void>()
    page.waiters.push(waiter)
    return waiter.promise
  }

  /** Tries nothing any more. */
  [Symbol.dispose](): void {
    this.#isClosed = true
    for (const page of this.#pages.values()) page.cancelRetry()
  }

  /** Words of the same turn share a row. */
  #writeSoon(name: string): void {
    queueMicrotask(() => void this.#write(name))
  }

  async #write(name: string): Promise<void> {
    const page = this.#pages.get(name)
    if (!page || page.isWriting || this.#isClosed) return
    page.isWriting = true
    page.cancelRetry()
    const { latest } = page
    try {
      await this.#ports.save(latest)
      if (page.latest === latest) this.#pages.delete(name)
      settle(page, latest, (waiter) => waiter.resolve())
    } catch (cause) {
      this.#ports.log.error({ err: cause, node: name }, 'a node could not be recorded; trying again')
      settle(page, latest, (waiter) => waiter.reject(new Error(`node ${name} could not be recorded`, { cause })))
      page.cancelRetry = this.#ports.clock.schedule(RETRY_MS, () => void this.#write(name))
    }
    page.isWriting = false
    if (page.latest !== latest) void this.#write(name)
  }
}

/** Tells those who waited for what the attempt carried. A newer word is carried by the next one, and so are its waiters. */
function settle(page: Page, carried: RegisteredNode, tell: (waiter: PromiseWithResolvers<void>) => void): void {
  if (page.latest !== carried) return
  const { waiters } = page
  page.waiters = []
  for (const waiter of waiters) tell(waiter)
}
