/**
 * What a watcher holds, as a pure function of the events it received.
 *
 *     snapshot part … snapshot part (isLast)   replace everything
 *     changes                                  apply, all at once
 *     bookmark                                 only the version moves on
 *
 * The version is the point from which a lost connection may be resumed: it moves only with events that are wholly
 * applied, so a resume can repeat something but never miss it.
 */

export type Identified = { readonly id: string }

export type WatchEvent<T> =
  | {
      readonly kind: 'snapshot'
      readonly items: readonly T[]
      readonly isLast: boolean
      readonly resourceVersion: string
    }
  | {
      readonly kind: 'changes'
      readonly upserted: readonly T[]
      readonly removedIds: readonly string[]
      readonly resourceVersion: string
    }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }

export type LiveCollection<T> = {
  /** By id. The map is a new one whenever something in it changed, and never changes itself. */
  readonly items: ReadonlyMap<string, T>
  /** Where to resume; null before the first snapshot is complete. */
  readonly resourceVersion: string | null
  /** The parts of a snapshot that is not complete yet; nobody sees them before it is. */
  readonly arriving: readonly WatchEvent<T>[]
}

/** A collection that has heard nothing yet. */
export function emptyCollection<T>(): LiveCollection<T> {
  return { items: new Map(), resourceVersion: null, arriving: [] }
}

/** The collection after one more event. */
export function applyEvent<T extends Identified>(
  collection: LiveCollection<T>,
  event: WatchEvent<T>,
): LiveCollection<T> {
  if (event.kind === 'snapshot' && !event.isLast) return { ...collection, arriving: [...collection.arriving, event] }
  if (event.kind === 'snapshot') {
    const parts = [...collection.arriving, event]
    return { items: foldParts(parts), resourceVersion: event.resourceVersion, arriving: [] }
  }
  // A change between two parts belongs to the snapshot that is arriving: it takes its place in their order.
  if (collection.arriving.length > 0) return { ...collection, arriving: [...collection.arriving, event] }
  if (event.kind === 'bookmark') return { ...collection, resourceVersion: event.resourceVersion }
  return { ...collection, items: withChanges(collection.items, event), resourceVersion: event.resourceVersion }
}

/** The collection once its connection is lost: a snapshot that was cut off begins anew. */
export function forgetParts<T>(collection: LiveCollection<T>): LiveCollection<T> {
  return collection.arriving.length === 0 ? collection : { ...collection, arriving: [] }
}

export type Difference<T> = { readonly upserted: readonly T[]; readonly removedIds: readonly string[] }

/**
 * What lies between two states of a collection, for a reader that knows the first. Only ids in `touched` can differ;
 * null: any can. A change of a few costs as much as the few, however large the collection is.
 */
export function difference<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  touched: ReadonlySet<string> | null = null,
): Difference<T> {
  if (touched !== null) return differenceOf(before, after, touched)
  if (before === after) return { upserted: [], removedIds: [] }
  // Loops, and no copies: a collection may hold tens of thousands, and this runs with every batch.
  const upserted: T[] = []
  for (const [id, item] of after) if (before.get(id) !== item) upserted.push(item)
  const removedIds: string[] = []
  for (const id of before.keys()) if (!after.has(id)) removedIds.push(id)
  return { upserted, removedIds }
}

function differenceOf<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  touched: ReadonlySet<string>,
): Difference<T> {
  const upserted: T[] = []
  const removedIds: string[] = []
  for (const id of touched) {
    const item = after.get(id)
    if (item === undefined) {
      if (before.has(id)) removedIds.push(id)
    } else if (before.get(id) !== item) upserted.push(item)
  }
  return { upserted, removedIds }
}

type Changes<T> = Extract<WatchEvent<T>, { readonly kind: 'changes' }>

function withChanges<T extends Identified>(items: ReadonlyMap<string, T>, changes: Changes<T>): ReadonlyMap<string, T> {
  if (changes.upserted.length === 0 && changes.removedIds.length === 0) return items
  const next = new Map(items)
  write(next, changes)
  return next
}

function foldParts<T extends Identified>(parts: readonly WatchEvent<T>[]): ReadonlyMap<string, T> {
  const items = new Map<string, T>()
  for (const part of parts) {
    if (part.kind === 'snapshot') for (const item of part.items) items.set(item.id, item)
    else if (part.kind === 'changes') write(items, part)
  }
  return items
}

function write<T extends Identified>(items: Map<string, T>, changes: Changes<T>): void {
  for (const id of changes.removedIds) items.delete(id)
  for (const item of changes.upserted) items.set(item.id, item)
}
