/**
 * The pods of one application that can take a session, and which of them takes the next.
 *
 * The newest version before older ones; a pod that serves already (and has slots left) before one
 * that is free, so that free pods stay free; hot before hibernated; most recently used first, so that
 * the others can sleep. What shrinks the pool takes from the other end.
 */
import type { Pod } from '../pods/pod.ts'
import { RecencyList } from './recency-list.ts'

type Shelf = 'open' | 'hot' | 'asleep'
type Shelves = Readonly<Record<Shelf, RecencyList<Pod>>>

const CLAIM_ORDER: readonly Shelf[] = ['open', 'hot', 'asleep']
const SHRINK_ORDER: readonly Shelf[] = ['asleep', 'hot']

export class WarmPool {
  /** By version number. Few: old ones go as their pods do. */
  readonly #versions = new Map<number, Shelves>()

  /** Puts a pod where its phase and its free slots say; a pod that cannot take a session leaves. */
  place(pod: Pod): void {
    this.remove(pod)
    const shelf = shelfOf(pod)
    if (shelf !== null) this.#shelves(pod.version.number)[shelf].add(pod)
  }

  remove(pod: Pod): void {
    const shelves = this.#versions.get(pod.version.number)
    if (!shelves) return
    for (const shelf of CLAIM_ORDER) if (shelves[shelf].delete(pod)) break
    if (CLAIM_ORDER.every((shelf) => shelves[shelf].size === 0)) this.#versions.delete(pod.version.number)
  }

  /** The pod for the next session; null when there is none. It stays until its phase is changed. */
  next(): Pod | null {
    for (const number of this.#newestFirst()) {
      for (const shelf of CLAIM_ORDER) {
        const pod = this.#versions.get(number)?.[shelf].newest ?? null
        if (pod !== null) return pod
      }
    }
    return null
  }

  /** The idle pod to give up next: of an old version, then asleep, then least recently used. */
  spare(atMostVersion: number): Pod | null {
    for (const number of this.#newestFirst().toReversed()) {
      if (number > atMostVersion) continue
      for (const shelf of SHRINK_ORDER) {
        const pod = this.#versions.get(number)?.[shelf].oldest ?? null
        if (pod !== null) return pod
      }
    }
    return null
  }

  #newestFirst(): number[] {
    return [...this.#versions.keys()].toSorted((a, b) => b - a)
  }

  #shelves(version: number): Shelves {
    const known = this.#versions.get(version)
    if (known) return known
    const shelves = { open: new RecencyList<Pod>(), hot: new RecencyList<Pod>(), asleep: new RecencyList<Pod>() }
    this.#versions.set(version, shelves)
    return shelves
  }
}

function shelfOf(pod: Pod): Shelf | null {
  if (pod.isSpent) return null
  if (pod.phase === 'standby') return 'hot'
  if (pod.phase === 'hibernated') return 'asleep'
  return pod.phase === 'active' && pod.sessionIds.size < pod.version.spec.sessionsPerPod ? 'open' : null
}
