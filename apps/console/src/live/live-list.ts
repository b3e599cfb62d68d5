/**
 * A followed list, outside React. It starts with its first reader, and lives on for
 * a while after its last, so that coming back to a page shows what is true at once.
 */
import { failureOf } from '@fornax/client/client-error'
import type { Client } from '@fornax/client/client'
import type { Identified, LiveCollection } from '@fornax/client/live-collection'
import type { WatchStatus, WatchUpdate } from '@fornax/client/watch'
import { sleep, type Clock } from '@fornax/kernel/clock'
import { Observed } from './observable.ts'

/** What to follow. */
export type LiveSpec<T extends Identified> = {
  /** Two specs with the same key follow the same thing. */
  readonly key: string
  readonly follow: (
    client: Client,
    from: LiveCollection<T> | null,
    signal: AbortSignal,
  ) => AsyncIterable<WatchUpdate<T>>
  /** Whether nothing can change any more, so that there is nothing left to follow. */
  readonly isFinal?: (items: ReadonlyMap<string, T>) => boolean
  /** Whether an item stays true for ever: then it stays in sight when the core no longer tells of it. */
  readonly isHistory?: (item: T) => boolean
}

/** What lies between two states of a list: nothing but these may be another, may have come or be gone. */
export type ListChange<T> = { readonly before: ReadonlyMap<string, T>; readonly ids: ReadonlySet<string> }

/** What a reader sees. */
export type LiveListState<T extends Identified> = {
  readonly items: ReadonlyMap<string, T>
  /** How the items came about, for readers who know those before; null when anything may be another. */
  readonly change: ListChange<T> | null
  /** False until there was something to show, be it an empty list. */
  readonly isLoaded: boolean
  readonly resourceVersion: string | null
  readonly status: WatchStatus
  /** Why the API refuses to let us follow; null while it does not. */
  readonly refusal: { readonly message: string; readonly sinceMs: number } | null
}

/** What a page was rendered with on the server; to be continued from. */
export type FirstPage<T extends Identified> = {
  /** The key of the spec that it is a page of. */
  readonly key: string
  readonly items: readonly T[]
  /** Null when more follows: then the watch begins with a snapshot. */
  readonly resourceVersion: string | null
}

export type LiveListPorts = {
  readonly client: Client
  readonly clock: Clock
  /** Resolves before the next paint. */
  readonly nextPaint: () => Promise<void>
  /** Told whenever something became live, or no longer is. */
  readonly onStatus: () => void
  /** The API no longer knows who we are. */
  readonly onLoggedOut: () => void
  /** Nobody has read this list for a while. */
  readonly onIdle: (key: string) => void
  /** Told how many things changed that nobody is shown, because the tab is paused. */
  readonly onHeldBack: (count: number) => void
}

const LINGER_MS = 30_000
const REFUSED_WAIT_MS = 5_000
/** How much history a tab remembers; more of it is a matter for a query. */
const HISTORY_MAX = 2_000

/** The state that a first page makes: the same on the server and in the browser. */
export function stateOf<T extends Identified>(firstPage: FirstPage<T> | null): LiveListState<T> {
  return {
    items: new Map(firstPage?.items.map((item) => [item.id, item])),
    change: null,
    isLoaded: firstPage !== null,
    resourceVersion: firstPage?.resourceVersion ?? null,
    status: { phase: 'connecting' },
    refusal: null,
  }
}

/** Follows one spec for all its readers. */
export class LiveList<T extends Identified> {
  readonly #ports: LiveListPorts
  readonly #spec: LiveSpec<T>
  readonly #state: Observed<LiveListState<T>>
  readonly #history = new Map<string, T>()
  /** The newest state while the tab is paused; what is shown stays as it is. */
  #heldBack: LiveListState<T> | null = null
  #isPaused = false
  #readers = 0
  #following: AbortController | null = null
  #cancelLinger = (): void => {}

  constructor(ports: LiveListPorts, spec: LiveSpec<T>, firstPage: FirstPage<T> | null) {
    this.#ports = ports
    this.#spec = spec
    this.#state = new Observed(stateOf(firstPage))
  }

  /** Whether it is followed, or kept warm for a reader who may come back. */
  get isFollowing(): boolean {
    return this.#following !== null
  }

  readonly get = (): LiveListState<T> => this.#state.get()

  readonly subscribe = (listener: () => void): (() => void) => {
    const stopListening = this.#state.subscribe(listener)
    this.#readers += 1
    this.#cancelLinger()
    if (this.#following === null) this.#start()
    return () => {
      stopListening()
      this.#readers -= 1
      if (this.#readers === 0) this.#cancelLinger = this.#ports.clock.schedule(LINGER_MS, () => this.#stop())
    }
  }

  /** Freezes what is shown; what comes is kept. Nothing is lost when it is shown again. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
    const newest = this.#heldBack
    this.#heldBack = null
    if (newest !== null) this.#state.set(newest)
  }

  /** Adds what a query found in history. */
  addHistory(items: readonly T[]): void {
    for (const item of items) this.#remember(item)
    const state = this.#newest()
    this.#change({ ...state, items: this.#withHistory(state.items), change: null })
  }

  /** Does not wait for the next attempt: the network is back, or somebody asked. */
  attemptNow(): void {
    if (this.#following === null || this.#newest().status.phase === 'live') return
    this.#following.abort()
    this.#start()
  }

  #stop(): void {
    this.#following?.abort()
    this.#following = null
    this.#ports.onIdle(this.#spec.key)
  }

  #start(): void {
    const following = new AbortController()
    this.#following = following
    void this.#keepFollowing(following.signal)
  }

  async #keepFollowing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#isFinal()) {
      try {
        await this.#followOnce(signal)
      } catch (error) {
        if (signal.aborted) return
        const failure = failureOf(error, this.#ports.client.url)
        if (failure.kind === 'unauthenticated') return this.#ports.onLoggedOut()
        const message = error instanceof Error ? error.message : String(error)
        const sinceMs = this.#newest().refusal?.sinceMs ?? this.#ports.clock.nowMs()
        this.#change({ ...this.#newest(), refusal: { message, sinceMs } })
        await sleep(this.#ports.clock, REFUSED_WAIT_MS, signal).catch(() => undefined)
      }
    }
  }

  /** Reads no faster than the screen is painted; what happens in between is merged for us. */
  async #followOnce(signal: AbortSignal): Promise<void> {
    for await (const update of this.#spec.follow(this.#ports.client, this.#held(), signal)) {
      if (signal.aborted) return
      this.#change(this.#after(update), update.upserted.length + update.removedIds.length)
      if (this.#isFinal()) return
      await this.#ports.nextPaint()
    }
  }

  /** Before its first snapshot a watch knows less than the page that the server rendered. */
  #after(update: WatchUpdate<T>): LiveListState<T> {
    const { items, upserted, removedIds, resourceVersion, status } = update
    const held = this.#newest()
    if (resourceVersion === null) return { ...held, status, refusal: null }
    const goneIds = held.resourceVersion === null ? held.items.keys() : removedIds
    for (const id of goneIds) {
      const item = held.items.get(id)
      if (item !== undefined && !items.has(id)) this.#remember(item)
    }
    const isContinued = held.resourceVersion !== null
    const ids = new Set(isContinued ? [...removedIds, ...upserted.map(({ id }) => id)] : [])
    const change = isContinued ? { before: held.items, ids } : null
    return { items: this.#withHistory(items), change, isLoaded: true, resourceVersion, status, refusal: null }
  }

  #remember(item: T): void {
    if (!(this.#spec.isHistory?.(item) ?? false) || this.#history.size >= HISTORY_MAX) return
    this.#history.set(item.id, item)
  }

  #withHistory(items: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
    if (this.#history.size === 0) return items
    const all = new Map(this.#history)
    for (const [id, item] of items) all.set(id, item) // No list of pairs between: this runs with every batch.
    return all
  }

  /** What a new watch may continue from; null when it must begin with a snapshot. */
  #held(): LiveCollection<T> | null {
    const { items, resourceVersion } = this.#newest()
    return resourceVersion === null ? null : { items, resourceVersion, arriving: [] }
  }

  #isFinal(): boolean {
    const { items, isLoaded } = this.#newest()
    return isLoaded && (this.#spec.isFinal?.(items) ?? false)
  }

  /** What is known, whether it is shown or not. */
  #newest(): LiveListState<T> {
    return this.#heldBack ?? this.get()
  }

  /** Only what was loaded already is frozen, and the connection is spoken of in any case. */
  #change(state: LiveListState<T>, changes = 0): void {
    const { status } = this.#newest()
    const shown = this.get()
    if (this.#isPaused && shown.isLoaded) {
      this.#heldBack = state
      if (changes > 0) this.#ports.onHeldBack(changes)
      this.#state.set({ ...shown, status: state.status, refusal: state.refusal })
    } else this.#state.set(state)
    if (status !== state.status) this.#ports.onStatus()
  }
}
