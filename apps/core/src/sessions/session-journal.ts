/**
 * The one way of sessions into the database. Rows of one session are written in the order in which they came
 * about, and one that is on its way is not written a second time.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Session } from './session.ts'

export type SessionJournalPorts = {
  readonly store: {
    recordSessions(sessions: readonly Session[]): Promise<void>
    session(id: string): Promise<Session | null>
    sessionOfKey(applicationId: string, key: string, sinceMs: number): Promise<Session | null>
  }
  /** The session as it is now; null when it has left memory. */
  readonly current: (id: string) => Session | null
  /** Told when a row is durable. */
  readonly recorded: (session: Session) => void
  readonly clock: Clock
  readonly log: Log
}

/** For how long a key means the session that it opened. */
export const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000

/** How long a session that nobody was told of may go unrecorded. A warm start takes less, on a busy core too. */
const LATER_MS = 250

export class SessionJournal implements Disposable {
  readonly #ports: SessionJournalPorts
  /** The rows that are on their way: the session, and when it is durable. */
  readonly #underway = new Map<string, { readonly session: Session; readonly done: Promise<void> }>()
  /** Sessions that will be recorded, and when: the next one first. */
  readonly #later = new Map<string, number>()
  #cancelLater: Cancel | null = null

  constructor(ports: SessionJournalPorts) {
    this.#ports = ports
  }

  /** Settles when the session, as it is given here, is durable; rejects when it could not be made so. */
  record(session: Session): Promise<void> {
    const underway = this.#underway.get(session.id)
    if (underway?.session === session) return underway.done
    this.#later.delete(session.id)
    const done = this.#write(session)
    this.#underway.set(session.id, { session, done })
    return done
  }

  /**
   * Records without anybody waiting; what fails is logged, and tried again with the next change, or before the
   * closed session leaves memory.
   */
  recordSoon(session: Session): void {
    this.record(session).catch((cause: unknown) =>
      this.#ports.log.error({ err: cause, session: session.id }, 'a session could not be recorded'),
    )
  }

  /**
   * Records a session in a while, as it then is. Who is available by then has been recorded as such, which saves half
   * of all rows. Nobody may be told of the session before. If the core dies, it is lost, and its node is told to close
   * it, as whatever was never answered: nobody could ask for it, but who has a key, and opens another one with it.
   */
  recordLater(session: Session): void {
    if (!this.#later.has(session.id)) this.#later.set(session.id, this.#ports.clock.nowMs() + LATER_MS)
    this.#cancelLater ??= this.#ports.clock.schedule(LATER_MS, () => this.#recordDue())
  }

  read(id: string): Promise<Session | null> {
    return this.#ports.store.session(id)
  }

  sessionOfKey(applicationId: string, key: string): Promise<Session | null> {
    return this.#ports.store.sessionOfKey(applicationId, key, this.#ports.clock.nowMs() - KEY_LIFETIME_MS)
  }

  /** The core stops: what would have been recorded is recorded now. */
  [Symbol.dispose](): void {
    this.#cancelLater?.()
    for (const id of this.#later.keys()) this.#recordNow(id)
  }

  #recordDue(): void {
    this.#cancelLater = null
    const nowMs = this.#ports.clock.nowMs()
    for (const [id, dueMs] of this.#later) {
      if (dueMs > nowMs) {
        this.#cancelLater = this.#ports.clock.schedule(dueMs - nowMs, () => this.#recordDue())
        return
      }
      this.#recordNow(id)
    }
  }

  #recordNow(id: string): void {
    const session = this.#ports.current(id)
    if (session === null) this.#later.delete(id)
    else this.recordSoon(session)
  }

  async #write(session: Session): Promise<void> {
    try {
      await this.#ports.store.recordSessions([session])
      this.#ports.recorded(session)
    } finally {
      if (this.#underway.get(session.id)?.session === session) this.#underway.delete(session.id)
    }
  }
}
