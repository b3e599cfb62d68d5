/** The sessions of a test server: a truth, the log of its changes, and the watch that the API promises. */
import { abortable } from '@fornax/kernel/abortable'
import type { SessionFieldsFragment, SessionPhase } from '../src/generated/documents.ts'

type SessionEvent = Readonly<Record<string, unknown>>
type Entry = { readonly id: string; readonly session: SessionFieldsFragment | null }

export class SessionLog {
  readonly sessions = new Map<string, SessionFieldsFragment>()
  /** The `after` of each watch, in order of asking. */
  readonly askedAfter: (string | null)[] = []
  /** Sessions per part of a snapshot. */
  partSize = 2
  #entries: Entry[] = []
  /** Versions up to here are forgotten. */
  #floor = 0
  #wake = Promise.withResolvers<void>()

  get version(): number {
    return this.#floor + this.#entries.length
  }

  put(id: string, phase: SessionPhase): void {
    const session = sessionOf(id, phase)
    this.sessions.set(id, session)
    this.#append({ id, session })
  }

  remove(id: string): void {
    this.sessions.delete(id)
    this.#append({ id, session: null })
  }

  /** As after a restart: no version from before is known any more. */
  forget(): void {
    this.#floor = this.version + 1_000
    this.#entries = []
    this.#append({ id: 'none', session: null })
  }

  /** The resolver of `watchSessions`. */
  watch = ({ after }: { readonly after?: string | null }): AsyncIterable<{ readonly event: SessionEvent }> => {
    this.askedAfter.push(after ?? null)
    const events = (signal: AbortSignal): AsyncGenerator<SessionEvent> => this.#events(after ?? null, signal)
    async function* named(signal: AbortSignal): AsyncGenerator<{ readonly event: SessionEvent }> {
      for await (const event of events(signal)) yield Object.assign({ event }, { watchSessions: event })
    }
    return abortable(named)
  }

  async *#events(after: string | null, signal: AbortSignal): AsyncGenerator<SessionEvent> {
    let at = Number(after?.slice(1) ?? -1)
    if (at < this.#floor || at > this.version) {
      at = this.version
      yield* this.#snapshot(at)
    }
    while (!signal.aborted) {
      const fresh = this.#entries.slice(at - this.#floor)
      if (fresh.length > 0) yield this.#changes(fresh)
      at += fresh.length
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      if (at === this.version) await Promise.race([this.#wake.promise, aborted])
    }
  }

  *#snapshot(version: number): Generator<SessionEvent> {
    const all = [...this.sessions.values()]
    for (let from = 0; from === 0 || from < all.length; from += this.partSize) {
      const sessions = all.slice(from, from + this.partSize)
      const isLast = from + this.partSize >= all.length
      yield { __typename: 'SessionSnapshot', sessions, isLast, resourceVersion: `v${version}` }
    }
  }

  #changes(entries: readonly Entry[]): SessionEvent {
    const latest = new Map(entries.map((entry) => [entry.id, entry.session]))
    return {
      __typename: 'SessionChanges',
      upserted: [...latest.values()].filter((session) => session !== null),
      removedIds: [...latest].filter(([, session]) => session === null).map(([id]) => id),
      resourceVersion: `v${this.version}`,
    }
  }

  #append(entry: Entry): void {
    this.#entries.push(entry)
    const { resolve } = this.#wake
    this.#wake = Promise.withResolvers<void>()
    resolve()
  }
}

/** A session with everything the documents ask for. */
export function sessionOf(id: string, phase: SessionPhase): SessionFieldsFragment {
  return {
    id,
    applicationName: 'hello',
    phase,
    start: 'WARM',
    endpoints: [],
    clientCount: 0,
    queuePosition: null,
    podId: null,
    nodeName: null,
    versionNumber: 1,
    labels: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    availableAt: null,
    closedAt: null,
    phaseDeadline: null,
    closeReason: null,
    closeMessage: null,
  }
}
