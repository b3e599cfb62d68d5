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
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { NodeSession } from '@fornax/node-model/node-session-state'
import type { Pod } from '@fornax/node-model/pod-state'
import { keyOfChange, type Ledger, type LedgerChange } from './ledger.ts'

export type NodeReport =
  | { readonly kind: 'pod'; readonly pod: Pod }
  | { readonly kind: 'session'; readonly session: NodeSession }

/** Gets the reports of a flush. Nobody listening is no loss: the next full state says it all. */
export type ReportListener = (firstRevision: number, reports: readonly NodeReport[]) => void

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

  /** Of the last report that was made. */
  get revision(): number {
    return this.#revision
  }

  /** Writes a change down with the next commit. Of several about one thing, the last is written. */
  put(change: LedgerChange): void {
    this.#changes.set(keyOfChange(change), change)
    this.#plan()
  }

  /** Tells the core, after the commit. */
  report(report: NodeReport): void {
    this.#reports.push(report)
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

  /** Commits, does and tells everything now. */
  flush(): void {
    this.#cancelSoon()
    this.#planned = 'no'
    if (this.#isClosed) return
    const reports = this.#reports
    const effects = this.#effects
    this.#reports = []
    this.#effects = []
    const firstRevision = this.#revision + 1
    this.#revision += reports.length
    if (this.#changes.size > 0 || reports.length > 0) {
      this.#ledger.commit([...this.#changes.values()], this.#revision)
      this.#changes.clear()
    }
    for (const effect of effects) effect()
    if (reports.length > 0) this.#listener?.(firstRevision, reports)
  }

  /** Commits what is left, and takes nothing more. */
  close(): void {
    this.flush()
    this.#isClosed = true
    this.#cancelSoon()
  }

  #plan(): void {
    this.#windowItems += 1
    if (this.#planned === 'now' || this.#isClosed) return
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
