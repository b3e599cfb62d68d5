/**
 * Follows a collection for as long as its reader wants, across lost connections: it resumes with the newest version
 * that was wholly applied, and says whether it is live.
 *
 * A pump applies what comes as soon as it comes; the reader takes the state when it is ready for it, with everything
 * that changed since it last did. So a slow reader costs two states of the collection, never a queue.
 */
import { sleep, type Clock } from '@fornax/kernel/clock'
import { backoffMs } from './backoff.ts'
import { ClientError, failureOf, isTransient, type ClientFailure } from './client-error.ts'
import {
  applyEvent,
  difference,
  emptyCollection,
  forgetParts,
  type Identified,
  type LiveCollection,
  type WatchEvent,
} from './live-collection.ts'

export type WatchStatus =
  /** Waits for the first snapshot. */
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  /** What is shown may be old: nothing was heard since. */
  | { readonly phase: 'reconnecting'; readonly sinceMs: number; readonly failure: ClientFailure }

/** What a reader gets: the state, and what is new in it since the update before. */
export type WatchUpdate<T> = {
  readonly status: WatchStatus
  readonly items: ReadonlyMap<string, T>
  readonly upserted: readonly T[]
  readonly removedIds: readonly string[]
  /** Where another watch may continue; null before the first snapshot. */
  readonly resourceVersion: string | null
}

export type WatchAttempt = {
  /** Null asks for a snapshot. */
  readonly after: string | null
  readonly signal: AbortSignal
  /** To be called when the server has accepted the connection. */
  readonly onConnected: () => void
}

export type WatchPorts<T> = {
  /** Subscribes once; what it throws ends the attempt. */
  readonly subscribe: (attempt: WatchAttempt) => AsyncIterable<WatchEvent<T>>
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
  readonly url: string
}

/** Updates until the signal aborts; throws a ClientError only for what trying again cannot mend. */
export async function* follow<T extends Identified>(
  ports: WatchPorts<T>,
  after: LiveCollection<T> | null,
  signal: AbortSignal,
): AsyncGenerator<WatchUpdate<T>> {
  const abort = new AbortController()
  const board = new Board<T>(after ?? emptyCollection())
  const pump = keepConnected(ports, board, AbortSignal.any([signal, abort.signal]))
  try {
    for (;;) {
      const update = await board.take()
      if (update === null) return
      yield update
    }
  } finally {
    abort.abort()
    await pump
  }
}

async function keepConnected<T extends Identified>(
  ports: WatchPorts<T>,
  board: Board<T>,
  signal: AbortSignal,
): Promise<void> {
  const leave = (): void => board.end(null)
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()
  let attempt = 0
  while (!signal.aborted) {
    const outcome = await readOnce(ports, board, signal)
    if (signal.aborted) break
    if (!isTransient(outcome.failure)) {
      board.end(outcome.error ?? new ClientError(outcome.failure))
      break
    }
    board.lost(outcome.failure, ports.clock.nowMs())
    attempt = outcome.hasHeard ? 0 : attempt + 1
    await sleep(ports.clock, backoffMs(attempt, ports.random()), signal).catch(leave)
  }
  signal.removeEventListener('abort', leave)
}

type Outcome = { readonly failure: ClientFailure; readonly error: Error | null; readonly hasHeard: boolean }

async function readOnce<T extends Identified>(
  ports: WatchPorts<T>,
  board: Board<T>,
  signal: AbortSignal,
): Promise<Outcome> {
  let hasHeard = false
  try {
    const attempt = { after: board.resourceVersion, signal, onConnected: () => board.connected() }
    for await (const event of ports.subscribe(attempt)) {
      hasHeard = true
      board.apply(event)
    }
    const failure = { kind: 'unreachable', url: ports.url, message: 'the server ended the watch' } as const
    return { failure, error: null, hasHeard }
  } catch (error) {
    return { failure: failureOf(error, ports.url), error: error instanceof Error ? error : null, hasHeard }
  }
}

/** Where the pump writes and the reader reads. */
class Board<T extends Identified> {
  #collection: LiveCollection<T>
  #seen: ReadonlyMap<string, T> = new Map()
  /** What may have changed since the reader took its last state; null: everything. */
  #touched: Set<string> | null = null
  #status: WatchStatus = { phase: 'connecting' }
  #hasNews = false
  #end: { readonly error: Error | null } | null = null
  #wake: (() => void) | null = null

  constructor(collection: LiveCollection<T>) {
    this.#collection = collection
  }

  get resourceVersion(): string | null {
    return this.#collection.resourceVersion
  }

  apply(event: WatchEvent<T>): void {
    const before = this.#collection
    this.#collection = applyEvent(before, event)
    this.#touch(before, event)
    this.connected()
    if (before.items !== this.#collection.items) this.#tell()
  }

  /** Live as soon as there is something to be live with: a resumed watch may hear nothing for a while. */
  connected(): void {
    if (this.#status.phase === 'live' || this.#collection.resourceVersion === null) return
    this.#status = { phase: 'live' }
    this.#tell()
  }

  lost(failure: ClientFailure, nowMs: number): void {
    this.#collection = forgetParts(this.#collection)
    const sinceMs = this.#status.phase === 'reconnecting' ? this.#status.sinceMs : nowMs
    this.#status = { phase: 'reconnecting', sinceMs, failure }
    this.#tell()
  }

  end(error: Error | null): void {
    this.#end ??= { error }
    this.#tell()
  }

  /** Waits for news. Null when the watch has ended. */
  async take(): Promise<WatchUpdate<T> | null> {
    while (!this.#hasNews)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    if (this.#end?.error) throw this.#end.error
    if (this.#end !== null) return null
    this.#hasNews = false
    const { items, resourceVersion } = this.#collection
    const update = { status: this.#status, items, resourceVersion, ...difference(this.#seen, items, this.#touched) }
    this.#seen = items
    this.#touched = new Set()
    return update
  }

  /** Changes name what they touch, unless they are part of a snapshot, which replaces everything. */
  #touch({ arriving }: LiveCollection<T>, event: WatchEvent<T>): void {
    if (event.kind === 'bookmark' || this.#touched === null) return
    if (event.kind === 'snapshot' || arriving.length > 0) {
      this.#touched = null
      return
    }
    for (const { id } of event.upserted) this.#touched.add(id)
    for (const id of event.removedIds) this.#touched.add(id)
  }

  #tell(): void {
    this.#hasNews = true
    this.#wake?.()
    this.#wake = null
  }
}
