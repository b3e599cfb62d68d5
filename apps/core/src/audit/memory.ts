/**
 * What invariants have to remember from one look to the next. Bounded by what exists: whoever is gone is forgotten
 * when it goes, or by the next look at everything.
 */
import type { FleetState } from '../fleet/fleet-state.ts'
import { FleetPicture } from './fleet-picture.ts'

/** How long a node was connected, in listening time (N8); an instant of it is a mark on this scale. */
type Connection = { isConnected: boolean; sinceMs: number; beforeMs: number }

/** A pod without a reason to exist, and how long its node had been connected when that was first seen. */
type Reasonless = { readonly nodeName: string; readonly connectedMs: number }

/** What a pool was at the last look. */
export type PoolMemory = {
  readonly revision: number
  /** When it was first seen with this revision, after another. */
  readonly revisedAtMs: number | null
  /** How many pods it may have because it had them before they became too many. */
  readonly ceiling: number
  readonly expectedNodes: number
  readonly atMs: number
  /** Pods in flight that were made at `atMs`; null when nobody looked after each turn. */
  readonly madeThen: { readonly newest: number; readonly older: number } | null
}

/** Where a session was last seen to run. */
type Running = { readonly nodeName: string; readonly podId: string; readonly coreEpoch: number }

export class Memory {
  readonly reasonless = new Map<string, Reasonless>()
  readonly pools = new Map<string, PoolMemory>()
  /** By application: sessions that left its queue without a pod, at an instant. */
  readonly leavers = new Map<string, { readonly atMs: number; readonly ids: Set<string> }>()
  /** By session. */
  readonly running = new Map<string, Running>()
  /** The last version that each reader was told. */
  readonly readers = new Map<string, string>()
  /** Nodes that had more booked than they have when they said what they have. */
  readonly shrunk = new Set<string>()
  /** What a reader of the change log knows; null where nobody follows it turn by turn. */
  readonly picture: FleetPicture | null
  /** With which evidence readers were last heard. */
  heard: object | null = null
  /** The resource version at the last look; null before the first of this core. */
  version: string | null = null
  readonly #connections = new Map<string, Connection>()
  #state: FleetState | null = null
  #listenedMs = 0

  /** `hasPicture`: remembers what every object looked like, to see that nothing changes without a word (I10). */
  constructor({ hasPicture = false }: { readonly hasPicture?: boolean } = {}) {
    this.picture = hasPicture ? new FleetPicture() : null
  }

  /** A look begins. Whatever was remembered of an earlier core means nothing to a new one. */
  begin(state: FleetState, nowMs: number): void {
    if (state !== this.#state) this.#newCore()
    this.#state = state
    this.#listenedMs = state.listening.at(nowMs)
  }

  /** Notes whether a node is connected. */
  noteConnection(nodeName: string, isConnected: boolean): void {
    const known = this.#connections.get(nodeName)
    if (known?.isConnected === isConnected) return
    const beforeMs = this.connectedMs(nodeName)
    this.#connections.set(nodeName, { isConnected, sinceMs: this.#listenedMs, beforeMs })
  }

  /** How long the node was connected, all in all. */
  connectedMs(nodeName: string): number {
    const known = this.#connections.get(nodeName)
    if (!known) return 0
    return known.beforeMs + (known.isConnected ? this.#listenedMs - known.sinceMs : 0)
  }

  /** Notes that a pod has no reason to exist; returns for how long its node was connected since. */
  noteReasonless(podId: string, nodeName: string): number {
    const nowMs = this.connectedMs(nodeName)
    const known = this.reasonless.get(podId)
    if (known?.nodeName === nodeName) return nowMs - known.connectedMs
    this.reasonless.set(podId, { nodeName, connectedMs: nowMs })
    return 0
  }

  forgetNode(nodeName: string): void {
    this.#connections.delete(nodeName)
    this.shrunk.delete(nodeName)
  }

  /** The names of all nodes that something is remembered of. */
  nodeNames(): Iterable<string> {
    return this.#connections.keys()
  }

  #newCore(): void {
    for (const [name, { isConnected }] of this.#connections) {
      if (isConnected) this.noteConnection(name, false)
      const beforeMs = this.connectedMs(name)
      this.#connections.set(name, { isConnected: false, sinceMs: 0, beforeMs })
    }
    this.pools.clear()
    this.leavers.clear()
    this.shrunk.clear()
    this.picture?.clear()
    this.version = null
  }
}
