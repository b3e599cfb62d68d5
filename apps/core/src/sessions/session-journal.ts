/**
 * The one way of sessions into the database. Rows of one session are written in the order in which they came
 * about, and one that is on its way is not written a second time.
 */
import type { Log } from '@fornax/kernel/log'
import type { Session } from './session.ts'

export type SessionJournalPorts = {
  readonly store: {
    recordSessions(sessions: readonly Session[]): Promise<void>
    session(id: string): Promise<Session | null>
    sessionOfKey(applicationId: string, key: string, sinceMs: number): Promise<Session | null>
  }
  /** Told when a row is durable. */
  readonly recorded: (session: Session) => void
  readonly nowMs: () => number
  readonly log: Log
}

/** For how long a key means the session that it opened. */
export const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000

export class SessionJournal {
  readonly #ports: SessionJournalPorts
  /** The rows that are on their way: the session, and when it is durable. */
  readonly #underway = new Map<string, { readonly session: Session; readonly done: Promise<void> }>()

  constructor(ports: SessionJournalPorts) {
    this.#ports = ports
  }

  /** Settles when the session, as it is given here, is durable; rejects when it could not be made so. */
  record(session: Session): Promise<void> {
    const underway = this.#underway.get(session.id)
    if (underway?.session === session) return underway.done
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

  read(id: string): Promise<Session | null> {
    return this.#ports.store.session(id)
  }

  sessionOfKey(applicationId: string, key: string): Promise<Session | null> {
    return this.#ports.store.sessionOfKey(applicationId, key, this.#ports.nowMs() - KEY_LIFETIME_MS)
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
