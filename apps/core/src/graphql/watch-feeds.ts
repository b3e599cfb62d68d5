/**
 * From the change log to the readers of list watches.
 *
 *   change log ──► WatchFeeds, one for each kind of object ──► a feed for each selection ──► its readers
 *
 * A selection is what a reader asked for: a kind of object, seen by a tenant, filtered. Readers of the same
 * selection share a feed. A change is routed to feeds by what the change itself says, so that it costs
 * readers of other tenants and applications nothing. A feed collects ids, and makes a batch of them: at once
 * when it was quiet, else at most four times a second, with the state that objects then have. It remembers its
 * last batch only: a reader that missed one takes what it missed from the log, so nothing queues for it.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import { LRUCache } from 'lru-cache'
import type { ChangeLog } from '../fleet/change-log.ts'
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { ApplicationView, Change } from '../fleet/views.ts'
import type { PodView } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { FleetReader } from './core-port.ts'
import type { Scope, VisibleNode } from './visibility.ts'

export const BATCH_INTERVAL_MS = 250
const NAMES_MAX = 10_000

/** What a reader asked for. `key` names it: equal keys select the same. */
export type Selection<T> = {
  readonly key: string
  readonly scope: Scope
  /** The name of an application; null for all. */
  readonly application: string | null
  /** Everything selected, lazily, while the fleet goes on. */
  all(): Iterable<T>
  /** The object of a change, if it is selected as it now is. */
  load(id: string): T | null
  /** The id by which changes name an object. */
  idOf(object: T): string
  /** What clients call the object of a change. */
  clientId(id: string): string
  /**
   * Whether clients may be told of objects that left the selection without having been in it. If not, only
   * ids that were shown are told, and a reader cannot continue from the log alone.
   */
  readonly isOpenAboutAbsence: boolean
}

/** What became of some objects. The same batch is handed to all readers of a feed. */
export type Batch<T> = {
  readonly kind: 'changes'
  readonly upserted: readonly T[]
  readonly removedIds: readonly string[]
  readonly resourceVersion: string
}

/** The watches of a server. */
export type Feeds = Disposable & {
  readonly sessions: WatchFeeds<Session>
  readonly pods: WatchFeeds<PodView>
  readonly applications: WatchFeeds<ApplicationView>
  readonly computeNodes: WatchFeeds<VisibleNode>
  readonly events: WatchFeeds<FleetEvent>
}

/** Where changes come from: the fleet's own log, or that of events. */
type Source = {
  readonly changes: Pick<ChangeLog<Routed>, 'onAppend' | 'resourceVersion' | 'since'>
  readonly application: FleetReader['application']
}

type Routed = Omit<Change, 'kind'> & { readonly kind: Change['kind'] | 'event' }

/** Follows the log until it is disposed. */
export function createFeeds(fleet: FleetReader, clock: Clock): Feeds {
  const sessions = new WatchFeeds<Session>({ source: fleet, clock, kind: 'session' })
  const pods = new WatchFeeds<PodView>({ source: fleet, clock, kind: 'pod' })
  const applications = new WatchFeeds<ApplicationView>({ source: fleet, clock, kind: 'application' })
  const computeNodes = new WatchFeeds<VisibleNode>({ source: fleet, clock, kind: 'node' })
  const { changes } = fleet.events
  const source = { changes, application: (id: string) => fleet.application(id) }
  const events = new WatchFeeds<FleetEvent>({ source, clock, kind: 'event' })
  const cancelEvents = changes.onAppend(() => events.sync())
  const all = [sessions, pods, applications, computeNodes]
  const cancel = fleet.changes.onAppend(() => {
    for (const feeds of all) feeds.sync()
  })
  const dispose = (): void => {
    cancel()
    cancelEvents()
    for (const feeds of [...all, events]) feeds[Symbol.dispose]()
  }
  return { sessions, pods, applications, computeNodes, events, [Symbol.dispose]: dispose }
}

/** Routes the changes of one kind of object to those who watch. */
export class WatchFeeds<T> implements Disposable {
  readonly clock: Clock
  readonly #source: Source
  readonly #kind: Routed['kind']
  readonly #index = new FeedIndex<T>()
  readonly #watchers = new Map<string, Set<() => void>>()
  /** Names of applications, by id: they never change, and each change of a session or pod asks for one. */
  readonly #names = new LRUCache<string, string>({ max: NAMES_MAX })
  #version: string

  constructor(options: { source: Source; clock: Clock; kind: Routed['kind'] }) {
    this.clock = options.clock
    this.#source = options.source
    this.#kind = options.kind
    this.#version = options.source.changes.resourceVersion
  }

  get logVersion(): string {
    return this.#source.changes.resourceVersion
  }

  /** How far the log was read. */
  get version(): string {
    return this.#version
  }

  /** The feed of a selection, for one more reader; `leave` it when done. */
  join(selection: Selection<T>): Feed<T> {
    this.sync() // So that a new feed does not begin with what its reader is about to see in a snapshot.
    const feed = this.#index.feed(selection.key) ?? new Feed<T>(selection, this)
    if (feed.readers === 0) this.#index.add(feed)
    feed.readers += 1
    return feed
  }

  leave(feed: Feed<T>): void {
    feed.readers -= 1
    if (feed.readers > 0) return
    this.#index.remove(feed)
    feed.stop()
  }

  /** Calls back at every change of one object, at once. */
  onChange(id: string, act: () => void): Cancel {
    const watchers = this.#watchers.get(id) ?? new Set()
    this.#watchers.set(id, watchers.add(act))
    return () => {
      watchers.delete(act)
      if (watchers.size === 0) this.#watchers.delete(id)
    }
  }

  /** Routes what the log has that was not routed yet. */
  sync(): void {
    if (this.#index.isEmpty && this.#watchers.size === 0) {
      this.#version = this.#source.changes.resourceVersion
      return
    }
    const since = this.#source.changes.since(this.#version)
    if (since.kind === 'expired') return this.#startOver()
    this.#version = since.resourceVersion
    const touched = new Set<Feed<T>>()
    for (const change of since.changes) if (change.kind === this.#kind) this.#route(change, touched)
    for (const feed of touched) feed.settle()
  }

  /** What a selection missed since a version; null when the log has forgotten, or cannot tell. */
  missed(selection: Selection<T>, version: string): Batch<T> | null {
    if (!selection.isOpenAboutAbsence) return null
    const since = this.#source.changes.since(version)
    if (since.kind === 'expired') return null
    const ids = new Set<string>()
    for (const change of since.changes) if (this.#concerns(selection, change)) ids.add(change.id)
    return toBatch(selection, ids, since.resourceVersion, null)
  }

  [Symbol.dispose](): void {
    for (const feed of this.#index.all()) feed.stop()
  }

  #route(change: Routed, touched: Set<Feed<T>>): void {
    const name = change.applicationId === null ? null : this.#applicationName(change.applicationId)
    for (const feed of this.#index.concerned(change.tenantId, name)) {
      feed.note(change.id)
      touched.add(feed)
    }
    for (const act of this.#watchers.get(change.id) ?? []) act()
  }

  #concerns(selection: Selection<T>, change: Routed): boolean {
    if (change.kind !== this.#kind) return false
    if (selection.scope !== null && change.tenantId !== null && selection.scope !== change.tenantId) return false
    if (selection.application === null || change.applicationId === null) return true
    const name = this.#applicationName(change.applicationId)
    return name === null || name === selection.application
  }

  /** Null when it is gone and was never asked for: then its name does not decide, the object does. */
  #applicationName(id: string): string | null {
    const known = this.#names.get(id)
    if (known !== undefined) return known
    const name = this.#source.application(id)?.definition.name ?? null
    if (name !== null) this.#names.set(id, name)
    return name
  }

  /** More changed in one turn than the log remembers: every reader must look for itself. */
  #startOver(): void {
    this.#version = this.#source.changes.resourceVersion
    for (const feed of this.#index.all()) feed.skip()
    for (const watchers of this.#watchers.values()) for (const act of watchers) act()
  }
}

/** The batches of one selection, and who waits for the next. */
export class Feed<T> {
  readonly selection: Selection<T>
  readers = 0
  /** Grows by one with each batch; by more when batches were skipped. */
  sequence = 0
  /** The batch that made the sequence what it is. */
  latest: Batch<T> | null = null
  readonly #feeds: WatchFeeds<T>
  readonly #noted = new Set<string>()
  readonly #shown: Set<string> | null
  readonly #wakers = new Set<() => void>()
  #quietUntilMs = 0
  #cancel: Cancel | null = null

  constructor(selection: Selection<T>, feeds: WatchFeeds<T>) {
    this.selection = selection
    this.#feeds = feeds
    this.#shown = selection.isOpenAboutAbsence ? null : new Set()
  }

  /** How far a reader is that has seen the latest batch; null while the next one is being collected. */
  get version(): string | null {
    return this.#noted.size > 0 ? null : this.#feeds.version
  }

  note(id: string): void {
    this.#noted.add(id)
  }

  /** A turn's changes are all noted: makes a batch now, or when the last one is old enough. */
  settle(): void {
    if (this.#cancel !== null) return
    const waitMs = this.#quietUntilMs - this.#feeds.clock.nowMs()
    if (waitMs <= 0) return this.#flush()
    this.#cancel = this.#feeds.clock.schedule(waitMs, () => {
      this.#cancel = null
      this.#feeds.sync()
      this.#flush()
    })
  }

  /** A reader was shown this, apart from the batches. */
  show(id: string): void {
    this.#shown?.add(id)
  }

  skip(): void {
    this.#noted.clear()
    this.sequence += 2
    this.latest = null
    this.#wake()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#noted.clear()
    this.#wake()
  }

  /** Resolves at the next batch, or when there was none in time, or when the signal aborts: `sequence` tells. */
  next(withinMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wakers.delete(done)
        signal.removeEventListener('abort', done)
        cancel()
        resolve()
      }
      const cancel = this.#feeds.clock.schedule(withinMs, done)
      this.#wakers.add(done)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
    })
  }

  #flush(): void {
    if (this.#noted.size === 0) return
    const ids = new Set(this.#noted)
    this.#noted.clear()
    const batch = toBatch(this.selection, ids, this.#feeds.version, this.#shown)
    if (batch.upserted.length + batch.removedIds.length === 0) return
    this.#quietUntilMs = this.#feeds.clock.nowMs() + BATCH_INTERVAL_MS
    this.latest = batch
    this.sequence += 1
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#wakers) wake()
  }
}

/** Finds the feeds that a change concerns without asking each. */
class FeedIndex<T> {
  readonly #byKey = new Map<string, Feed<T>>()
  /** By tenant, then by the name of an application; null stands for all. */
  readonly #byScope = new Map<Scope, Map<string | null, Set<Feed<T>>>>()

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  feed(key: string): Feed<T> | null {
    return this.#byKey.get(key) ?? null
  }

  all(): Iterable<Feed<T>> {
    return this.#byKey.values()
  }

  add(feed: Feed<T>): void {
    const { key, scope, application } = feed.selection
    this.#byKey.set(key, feed)
    const ofScope = this.#byScope.get(scope) ?? new Map<string | null, Set<Feed<T>>>()
    this.#byScope.set(scope, ofScope)
    ofScope.set(application, (ofScope.get(application) ?? new Set()).add(feed))
  }

  remove(feed: Feed<T>): void {
    const { key, scope, application } = feed.selection
    this.#byKey.delete(key)
    const ofScope = this.#byScope.get(scope)
    const same = ofScope?.get(application)
    same?.delete(feed)
    if (same?.size === 0) ofScope?.delete(application)
    if (ofScope?.size === 0) this.#byScope.delete(scope)
  }

  /** `application` is the name of the change's; null when that is gone, or when it belongs to none. */
  *concerned(tenantId: string | null, application: string | null): Iterable<Feed<T>> {
    const scopes = tenantId === null ? this.#byScope.keys() : [null, tenantId]
    for (const scope of scopes) {
      const byName = this.#byScope.get(scope)
      if (byName === undefined) continue
      const names = application === null ? byName.keys() : [null, application]
      for (const name of names) yield* byName.get(name) ?? []
    }
  }
}

function toBatch<T>(
  selection: Selection<T>,
  ids: Iterable<string>,
  resourceVersion: string,
  shown: Set<string> | null,
): Batch<T> {
  const upserted: T[] = []
  const removedIds: string[] = []
  for (const id of ids) {
    const object = selection.load(id)
    if (object !== null) {
      upserted.push(object)
      shown?.add(id)
    } else if (shown === null || shown.delete(id)) removedIds.push(selection.clientId(id))
  }
  return { kind: 'changes', upserted, removedIds, resourceVersion }
}
