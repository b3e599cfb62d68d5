/**
 * Writes of applications of which nobody knows whether they happened: the database failed after it was asked. Until
 * the row has been read back, core and database may differ, and nothing may be judged by what the core believes.
 *
 *   a write fails ─► doubted ─► read back, after a while or before the next write ─► the fleet has what the row says
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Application } from './application.ts'

export type WriteDoubtsPorts = {
  readonly clock: Clock
  readonly log: Log
  /** The application as the database has it, or null. Rejects when the database fails. */
  readonly read: (id: string) => Promise<Application | null>
  /** Gets what the database has. */
  readonly known: (id: string, application: Application | null) => void
  /** Runs one write after another; reading back takes its turn among them. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
}

const RETRY_MS = 1_000

export class WriteDoubts implements Disposable {
  readonly #ports: WriteDoubtsPorts
  /** Bounded by the writes that were asked for while the database failed, one at a time. */
  readonly #ids = new Set<string>()
  #cancelRetry: Cancel = () => undefined
  #isClosed = false

  constructor(ports: WriteDoubtsPorts) {
    this.#ports = ports
  }

  /** Nobody knows what became of a write of this application. */
  add(id: string): void {
    this.#ids.add(id)
    this.#retryLater()
  }

  /** Reads back what is doubted; only in the turn of a write. Rejects when the database still fails. */
  async settle(): Promise<void> {
    for (const id of this.#ids) {
      this.#ports.known(id, await this.#ports.read(id))
      this.#ids.delete(id)
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#cancelRetry()
    this.#ids.clear()
  }

  #retryLater(): void {
    if (this.#isClosed) return
    this.#cancelRetry()
    this.#cancelRetry = this.#ports.clock.schedule(RETRY_MS, () => void this.#retry())
  }

  async #retry(): Promise<void> {
    try {
      await this.#ports.inTurn(() => this.settle())
    } catch (cause) {
      this.#ports.log.warn({ err: cause }, 'what became of a write is still unknown; trying again')
      if (this.#ids.size > 0) this.#retryLater()
    }
  }
}
