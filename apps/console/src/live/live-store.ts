/** Everything a tab follows: one client, and one list for each thing that is asked for. */
import type { Identified } from '@fornax/client/live-collection'
import type { WatchStatus } from '@fornax/client/watch'
import { LiveList, type FirstPage, type LiveListPorts, type LiveSpec } from './live-list.ts'
import { Observed, type Observable } from './observable.ts'
import { isSameTabState, tabStateOf, type LostCause, type TabState } from './tab-state.ts'

/** Why nothing is heard; asked over HTTP, because a browser does not tell why a socket failed. */
export type ProbeResult =
  | { readonly kind: 'reachable' }
  | { readonly kind: 'loggedOut' }
  | { readonly kind: 'lost'; readonly cause: LostCause }

export type LiveStorePorts = Pick<LiveListPorts, 'client' | 'clock' | 'nextPaint'> & {
  readonly probe: () => Promise<ProbeResult>
}

/** What the store does with a list, whatever it lists. */
type AnyList = {
  readonly isFollowing: boolean
  readonly get: () => { readonly status: WatchStatus }
  readonly attemptNow: () => void
  readonly pause: (isPaused: boolean) => void
}

/** What is shown is frozen since then, and so many changes wait. Null: it is live. */
export type Pause = { readonly sinceMs: number; readonly waiting: number } | null

/** How many lists may be remembered without a reader. */
const LISTS_MAX = 24

/** Finds or makes lists. Not a React thing, so that no render tears or restarts a watch. */
export class LiveStore {
  readonly #ports: LiveStorePorts
  readonly #listPorts: LiveListPorts
  readonly #lists = new Map<string, AnyList>()
  readonly #tab = new Observed<TabState>({ phase: 'connecting' })
  readonly #pause = new Observed<Pause>(null)
  #cause: LostCause = 'unknown'
  #isExplaining = false

  constructor(ports: LiveStorePorts) {
    this.#ports = ports
    this.#listPorts = {
      ...ports,
      onStatus: () => this.#statusChanged(),
      onLoggedOut: () => this.#tab.set({ phase: 'ended' }),
      onIdle: (key) => {
        this.#lists.delete(key)
        this.#statusChanged()
      },
      onHeldBack: (count) => {
        const pause = this.#pause.get()
        if (pause !== null) this.#pause.set({ ...pause, waiting: pause.waiting + count })
      },
    }
  }

  /** How live this tab is. */
  get tab(): Observable<TabState> {
    return this.#tab
  }

  /** Whether what is shown is frozen. */
  get pause(): Observable<Pause> {
    return this.#pause
  }

  /** Freezes everything that is shown, or shows everything that waited. */
  togglePause(): void {
    const isPaused = this.#pause.get() === null
    this.#pause.set(isPaused ? { sinceMs: this.#ports.clock.nowMs(), waiting: 0 } : null)
    for (const list of this.#lists.values()) list.pause(isPaused)
  }

  /** The list of a spec. A first page only matters when nothing is known yet. */
  list<T extends Identified>(spec: LiveSpec<T>, firstPage: FirstPage<T> | null): LiveList<T> {
    const known = this.#lists.get(spec.key)
    // What a key names is what its spec reads, which the type of a map cannot say.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (known !== undefined) return known as LiveList<T>
    const list = new LiveList(this.#listPorts, spec, firstPage?.key === spec.key ? firstPage : null)
    list.pause(this.#pause.get() !== null)
    this.#makeRoom()
    this.#lists.set(spec.key, list)
    return list
  }

  /** Tries everything again that waits. */
  attemptNow(): void {
    for (const list of this.#lists.values()) list.attemptNow()
  }

  #makeRoom(): void {
    if (this.#lists.size < LISTS_MAX) return
    for (const [key, list] of this.#lists) {
      if (list.isFollowing) continue
      this.#lists.delete(key)
      return
    }
  }

  #statusChanged(): void {
    if (this.#tab.get().phase === 'ended') return
    const statuses = [...this.#lists.values()].filter((list) => list.isFollowing).map((list) => list.get().status)
    const isLost = statuses.some(isWaiting)
    if (!isLost) this.#cause = 'unknown'
    this.#show(tabStateOf(statuses, this.#cause))
    if (isLost && !this.#isExplaining) void this.#explain()
  }

  async #explain(): Promise<void> {
    this.#isExplaining = true
    const result = await this.#ports.probe()
    this.#isExplaining = false
    if (result.kind === 'loggedOut') return this.#tab.set({ phase: 'ended' })
    const tab = this.#tab.get()
    if (result.kind !== 'lost' || tab.phase !== 'reconnecting') return
    this.#cause = result.cause
    this.#show({ ...tab, cause: result.cause })
  }

  #show(next: TabState): void {
    if (!isSameTabState(this.#tab.get(), next)) this.#tab.set(next)
  }
}

function isWaiting(status: WatchStatus): boolean {
  return status.phase === 'reconnecting'
}
