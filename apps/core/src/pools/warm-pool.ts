/**
 * The pods of one application that can take a session, and which of them takes the next.
 *
 * The newest version before older ones; a pod that serves already (and has slots left) before one
 * that is free, so that free pods stay free; hot before those that are about to wake, to sleep,
 * and asleep; most recently used first, so that the others can sleep. What shrinks the pool takes from the other end.
 */
import type { Pod } from '../pods/pod.ts'
import { placeFor, RecencyList, type Place } from './recency-list.ts'

export type Shelf = 'open' | 'hot' | 'waking' | 'dozing' | 'asleep'
type Shelves = { readonly version: number } & Readonly<Record<Shelf, RecencyList<Pod>>>

const CLAIM_ORDER: readonly Shelf[] = ['open', 'hot', 'waking', 'dozing', 'asleep']
const SHRINK_ORDER: readonly Shelf[] = ['asleep', 'dozing', 'waking', 'hot']

export class WarmPool {
  /** By version, the newest first. Few: old ones go as their pods do. */
  readonly #versions: Shelves[] = []
  readonly #places = new Map<Pod, Place<Pod>>()

  /** Puts a pod where its phase and its free slots say; a pod that cannot take a session leaves. */
  place(pod: Pod): void {
    const shelf = shelfOf(pod)
    if (shelf === null) return this.remove(pod)
    const place = this.#places.get(pod) ?? placeFor(pod)
    if (place.list === null) this.#places.set(pod, place)
    this.#shelves(pod.version.number)[shelf].add(place)
  }

  remove(pod: Pod): void {
    const place = this.#places.get(pod)
    if (!place) return
    this.#places.delete(pod)
    place.list?.remove(place)
    const at = this.#versions.findIndex(({ version }) => version === pod.version.number)
    const shelves = this.#versions[at]
    if (shelves && CLAIM_ORDER.every((shelf) => shelves[shelf].size === 0)) this.#versions.splice(at, 1)
  }

  /** How many pods stand here. */
  get size(): number {
    return this.#places.size
  }

  /** Where a pod stands; null when it does not. */
  shelfOf(pod: Pod): Shelf | null {
    const list = this.#places.get(pod)?.list
    const shelves = this.#versions.find(({ version }) => version === pod.version.number)
    return (shelves && CLAIM_ORDER.find((shelf) => shelves[shelf] === list)) ?? null
  }

  /** How many pods stand on a shelf. */
  count(shelf: Shelf): number {
    return this.#versions.reduce((sum, shelves) => sum + shelves[shelf].size, 0)
  }

  /** The pods of a shelf by version, the oldest first, and of each the least recently used first. */
  *versionsFromOldest(shelf: Shelf): Generator<Iterable<Pod>, void> {
    for (const shelves of this.#versions.toReversed()) yield shelves[shelf].fromOldest()
  }

  /** The pods of a shelf: of the newest version first, and of each the most recently used first. */
  *fromNewest(shelf: Shelf): Generator<Pod, void> {
    for (const shelves of this.#versions) yield* shelves[shelf].fromNewest()
  }

  /** The pod for the next session; null when there is none. It stays until its phase is changed. */
  next(): Pod | null {
    for (const shelves of this.#versions) {
      for (const shelf of CLAIM_ORDER) {
        const { newest } = shelves[shelf]
        if (newest !== null) return newest
      }
    }
    return null
  }

  /** The idle pod to give up next: of an old version, then asleep, then least recently used. */
  spare(atMostVersion: number): Pod | null {
    for (const shelves of this.#versions.toReversed()) {
      if (shelves.version > atMostVersion) return null
      for (const shelf of SHRINK_ORDER) {
        const { oldest } = shelves[shelf]
        if (oldest !== null) return oldest
      }
    }
    return null
  }

  #shelves(version: number): Shelves {
    const known = this.#versions.find((shelves) => shelves.version === version)
    if (known) return known
    const shelves = {
      version,
      open: new RecencyList<Pod>(),
      hot: new RecencyList<Pod>(),
      waking: new RecencyList<Pod>(),
      dozing: new RecencyList<Pod>(),
      asleep: new RecencyList<Pod>(),
    }
    const older = this.#versions.findIndex((other) => other.version < version)
    this.#versions.splice(older < 0 ? this.#versions.length : older, 0, shelves)
    return shelves
  }
}

function shelfOf(pod: Pod): Shelf | null {
  if (pod.isSpent) return null
  if (pod.phase === 'standby') return pod.rest === 'askedToSleep' ? 'dozing' : 'hot'
  if (pod.phase === 'hibernated') return pod.rest === 'askedToWake' ? 'waking' : 'asleep'
  return pod.phase === 'active' && pod.sessionIds.size < pod.version.spec.sessionsPerPod ? 'open' : null
}
