/**
 * The order in which a node does things: what changed is written down, then done,
 * then told.
 *
 *   put · report · afterCommit ──► one flush: commit ──► effects ──► reports (revision + 1 each)
 *
 * When little happens, a flush follows within the same turn of the event loop.
 * Under load, changes gather for at most 1 ms or 64 of them, and share a commit
 * and a frame. A report leaves only after its commit, so a revision that a core
 * has seen is never used again, whatever happens to this process.
 *
 * Without room for the ledger nothing is done and nothing told, until there is.
 * Reports of that time are only counted: a full state must follow them.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { NodeSession } from '@fornax/node-model/node-session-state'
import type { Pod } from '@fornax/node-model/pod-state'
import { keyOfChange, LedgerFullError, type Ledger, type LedgerChange } from './ledger.ts'

export type NodeReport =
  | { readonly kind: 'pod'; readonly pod: Pod }
  | { readonly kind: 'session'; readonly session: NodeSession }

/** Gets the reports of a flush. Nobody listening is no loss: the next full state says it all. */
export type ReportListener = (firstRevision: number, reports: readonly NodeReport[]) => void

/** Learns that there is no room for the ledger, and that there is again. */
export type RoomListener = (hasRoom: boolean) => void

/** How long to wait for room before the next attempt. */
const ROOM_RETRY_MS = 500
/** What may wait to be done until there is room; a node with more should not go on like this. */
const WAITING_EFFECTS_MAX = 100_000
const WINDOW_MS = 2
const CALM_ITEMS_MAX = 16
const GATHERED_ITEMS_MAX = 64

export class NodeRecord {
  readonly #ledger: Pick<Ledger, 'commit'>
  readonly #clock: Clock
  readonly #changes = new Map<string, LedgerChange>()
  #reports: NodeReport[] = []
  #effects: (() => void)[] = []
  #revision: number
  #listener: ReportListener | null = null
  #roomListener: RoomListener | null = null
  #hasRoom = true
  #needsRoom = true
  /** Reports that will never be told one by one. */
  #untold = 0
  #planned: 'no' | 'soon' | 'now' = 'no'
  #cancelSoon: Cancel = () => undefined
  #windowStartMs = 0
  #windowItems = 0
  #isClosed = false

  constructor(ledger: Pick<Ledger, 'commit'>, clock: Clock, revision: number) {
    this.#ledger = ledger
    this.#clock = clock
    this.#revision = revision
  }

  /** Of the last report that was written down. */
  get revision(): number {
    return this.#revision
  }

  /** Whether what is put is written down. */
  get hasRoom(): boolean {
    return this.#hasRoom
  }

  /** Writes a change down with the next commit. Of several about one thing, the last is written. */
  put(change: LedgerChange): void {
    this.#changes.set(keyOfChange(change), change)
    this.#plan()
  }

  /** Tells the core, after the commit. */
  report(report: NodeReport): void {
    if (this.#hasRoom) this.#reports.push(report)
    else this.#untold += 1
    this.#plan()
  }

  /** Runs what cannot be taken back, once everything put before is committed. Must not throw. */
  afterCommit(effect: () => void): void {
    this.#effects.push(effect)
    this.#plan()
  }

  /** Who gets the reports from now on; null: nobody. */
  listen(listener: ReportListener | null): void {
    this.#listener = listener
  }

  /** Who learns whether there is room; null: nobody. */
  watchRoom(listener: RoomListener | null): void {
    this.#roomListener = listener
  }

  /** From now on what cannot be written down is done all the same, and not told: for the end of the node. */
  goOnWithoutRoom(): void {
    this.#needsRoom = false
    this.flush()
  }

  /** Commits, does and tells everything now; nothing of it when there is no room. */
  flush(): void {
    this.#cancelSoon()
    this.#planned = 'no'
    if (this.#isClosed) return
    const hadRoom = this.#hasRoom
    this.#hasRoom = this.#commit()
    if (!this.#hasRoom) this.#awaitRoom(hadRoom)
    if (!this.#hasRoom && this.#needsRoom) return
    const reports = this.#reports
    const effects = this.#effects
    this.#reports = []
    this.#effects = []
    for (const effect of effects) effect()
    if (reports.length > 0) this.#listener?.(this.#revision - reports.length + 1, reports)
    if (this.#hasRoom && !hadRoom) this.#roomListener?.(true)
  }

  /** Commits what is left, and takes nothing more. */
  close(): void {
    this.flush()
    this.#isClosed = true
    this.#cancelSoon()
  }

  /** Whether everything is written down. */
  #commit(): boolean {
    const told = this.#reports.length + this.#untold
    if (this.#changes.size === 0 && told === 0) return true
    try {
      this.#ledger.commit([...this.#changes.values()], this.#revision + told)
    } catch (error) {
      if (!(error instanceof LedgerFullError) || this.#effects.length > WAITING_EFFECTS_MAX) throw error
      return false
    }
    this.#revision += told
    this.#untold = 0
    this.#changes.clear()
    return true
  }

  #awaitRoom(hadRoom: boolean): void {
    this.#untold += this.#reports.length
    this.#reports = []
    if (this.#needsRoom) this.#cancelSoon = this.#clock.schedule(ROOM_RETRY_MS, () => this.flush())
    if (hadRoom) this.#roomListener?.(false)
  }

  #plan(): void {
    this.#windowItems += 1
    if (this.#planned === 'now' || this.#isClosed || (!this.#hasRoom && this.#needsRoom)) return
    const gathered = this.#reports.length + this.#effects.length + this.#changes.size
    if (this.#planned === 'soon' && gathered < GATHERED_ITEMS_MAX) return
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs
      this.#windowItems = 1
    }
    const isCalm = this.#windowItems <= CALM_ITEMS_MAX
    this.#planned = isCalm || gathered >= GATHERED_ITEMS_MAX ? 'now' : 'soon'
    if (this.#planned === 'soon') this.#cancelSoon = this.#clock.schedule(1, () => this.flush())
    else queueMicrotask(() => this.#planned === 'now' && this.flush())
  }
}
