/**
 * A list watch, as one reader sees it: a snapshot, then exactly the changes since, and bookmarks while it is
 * quiet. A reader comes with the version it saw last, and continues from there if the log still knows it; who
 * comes without, comes too late, or reads slower than the log forgets, gets a snapshot. Nobody gets a gap.
 *
 *         ┌── no version, or too old ──► snapshot ──┐
 *   start ┤                                         ├──► changes · bookmarks ──┐
 *         └── a version the log knows ──────────────┘        ▲    fell behind: snapshot
 *                                                            └─────────────────┘
 */
import { abortable } from '@fornax/kernel/abortable'
import type { Batch, Feed, Selection, WatchFeeds } from './watch-feeds.ts'

/** What a reader of a list watch receives. */
export type WatchEvent<T> =
  | {
      readonly kind: 'snapshot'
      readonly items: readonly T[]
      readonly isLast: boolean
      readonly resourceVersion: string
    }
  | Batch<T>
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }

export const SNAPSHOT_PART = 500
export const BOOKMARK_MS = 10_000

/** Watches a selection from `after`; null: from a snapshot. */
export function watch<T>(
  feeds: WatchFeeds<T>,
  selection: Selection<T>,
  after: string | null,
): AsyncIterableIterator<WatchEvent<T>> {
  return abortable((signal) => new Reader(feeds, selection, signal).read(after))
}

/** Watches one object, without delay: `read` is asked at each change, until `isLast`. */
export function watchOne<T>(
  feeds: Pick<WatchFeeds<T>, 'onChange'>,
  id: string,
  one: { read(): T | null; isLast(object: T): boolean },
): AsyncIterableIterator<T> {
  return abortable(async function* (signal) {
    let changed = Promise.withResolvers<void>()
    const wake = (): void => changed.resolve()
    const cancel = feeds.onChange(id, wake)
    signal.addEventListener('abort', wake, { once: true })
    try {
      for (let last: T | null = null; !signal.aborted; await changed.promise) {
        changed = Promise.withResolvers()
        const object = one.read()
        if (object === null) return
        if (object !== last) yield object
        last = object
        if (one.isLast(object)) return
      }
    } finally {
      cancel()
    }
  })
}

const INCOMPLETE = 'incomplete'

/** No batch has this number: a reader that begins has to look at the log. */
const NOTHING_SEEN = -2

class Reader<T> {
  readonly #feeds: WatchFeeds<T>
  readonly #selection: Selection<T>
  readonly #signal: AbortSignal

  constructor(feeds: WatchFeeds<T>, selection: Selection<T>, signal: AbortSignal) {
    this.#feeds = feeds
    this.#selection = selection
    this.#signal = signal
  }

  async *read(after: string | null): AsyncGenerator<WatchEvent<T>> {
    const feed = this.#feeds.join(this.#selection)
    try {
      yield* this.#follow(feed, after)
    } finally {
      this.#feeds.leave(feed)
    }
  }

  async *#follow(feed: Feed<T>, after: string | null): AsyncGenerator<WatchEvent<T>> {
    let position = after
    let seen = NOTHING_SEEN
    while (!this.#signal.aborted) {
      if (feed.sequence === seen) {
        await feed.next(BOOKMARK_MS, this.#signal)
        const { version } = feed
        // A batch may have come after the time was up, and before this line: the bookmark would pass it over.
        if (feed.sequence !== seen || version === null || this.#signal.aborted) continue
        position = version
        yield { kind: 'bookmark', resourceVersion: version }
        continue
      }
      const batch = position === null ? null : this.#since(feed, seen, position)
      const isResumed = seen === NOTHING_SEEN
      // Read in the same turn as the version below: whatever changes from now on is in a later batch.
      seen = feed.sequence
      // Who began between changes and their batch has seen them already.
      const isKnown = batch?.resourceVersion === position
      position = batch?.resourceVersion ?? this.#feeds.logVersion
      if (batch === null) yield* this.#snapshot(feed, position)
      else if (!isKnown && batch.upserted.length + batch.removedIds.length > 0) yield batch
      else if (isResumed) yield { kind: 'bookmark', resourceVersion: position }
    }
  }

  /** What came after the batch that was seen last; null when only a snapshot can tell. */
  #since(feed: Feed<T>, seen: number, position: string): Batch<T> | null {
    return feed.sequence === seen + 1 && feed.latest !== null
      ? feed.latest
      : this.#feeds.missed(this.#selection, position)
  }

  /**
   * Parts are read while the fleet goes on, so that a slow reader holds one part and not the fleet. The last
   * carries the version of the beginning: what changed since is repeated as changes. The others carry one that
   * nobody can continue from: whoever leaves in between has not seen everything.
   */
  async *#snapshot(feed: Feed<T>, resourceVersion: string): AsyncGenerator<WatchEvent<T>> {
    let items: T[] = []
    for (const item of this.#selection.all()) {
      if (items.length === SNAPSHOT_PART) {
        yield { kind: 'snapshot', items, isLast: false, resourceVersion: INCOMPLETE }
        items = []
      }
      items.push(item)
      feed.show(this.#selection.idOf(item))
    }
    yield { kind: 'snapshot', items, isLast: true, resourceVersion }
  }
}
