/**
 * Many callers, one transaction: while a group is being written the next one gathers, so that a commit's price is paid
 * once for everything that came in meanwhile. What comes now and then leaves at once; under load a group gathers
 * for `spacingMs`, which costs a caller little (its node works at the same time) and saves most of the price.
 *
 *     record ─► gathering ─► queued (full groups) ─► being written ─► settled
 */
import type { Clock } from '@fornax/kernel/clock'
import { sleep } from '@fornax/kernel/clock'
import { JournalFullError } from './store-error.ts'

export type GroupCommitOptions<Row> = {
  readonly clock: Clock
  /** Writes all rows or none. Never called again before it has settled. */
  readonly commit: (rows: readonly Row[]) => Promise<void>
  /** A row replaces the one of the same id that still waits. */
  readonly idOf: (row: Row) => string
  readonly bytesOf: (row: Row) => number
  /** Whether a group failed because of what is in it. Then each row is written alone, so that only the culprit fails. */
  readonly isRowFault: (error: unknown) => boolean
  readonly bounds: GroupBounds
}

export type GroupBounds = {
  /** From the start of one commit to the start of the next, under load. */
  readonly spacingMs: number
  /** How many commits may start without spacing after a quiet moment. */
  readonly burst: number
  /** Of one group. */
  readonly rowsMax: number
  readonly bytesMax: number
  /** Of everything that is not written yet. */
  readonly waitingRowsMax: number
  readonly waitingBytesMax: number
}

type Group<Row> = {
  readonly rows: Map<string, Row>
  bytes: number
  /** Settles with the rows that were refused. */
  readonly written: PromiseWithResolvers<ReadonlyMap<string, unknown>>
}

const NOTHING_REFUSED: ReadonlyMap<string, unknown> = new Map()

export class GroupCommit<Row> implements AsyncDisposable {
  readonly #options: GroupCommitOptions<Row>
  /** Oldest first; the last one still gathers. */
  readonly #groups: Group<Row>[] = []
  #waitingRows = 0
  #waitingBytes = 0
  /** When the next commit would start if all of them kept the spacing. */
  #dueMs = Number.NEGATIVE_INFINITY
  #writing: Promise<void> | null = null
  #isClosed = false

  constructor(options: GroupCommitOptions<Row>) {
    this.#options = options
  }

  /** Settles when the rows are durable; fails when one of them is not. Nothing is recorded when there is no room. */
  async record(rows: readonly Row[]): Promise<void> {
    if (this.#isClosed) throw new Error('the store is closed')
    if (rows.length === 0) return
    this.#refuseWhenFull(rows)
    const groups: Group<Row>[] = []
    for (const row of rows) {
      const group = this.#add(row)
      if (groups.at(-1) !== group) groups.push(group) // A group that is full is never added to again.
    }
    this.#writing ??= this.#writeAll()
    for (const group of groups) {
      const refused = await group.written.promise
      if (refused.size > 0) this.#failIfRefused(rows, refused)
    }
  }

  /** Writes what waits, then ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#writing
  }

  #refuseWhenFull(rows: readonly Row[]): void {
    const { waitingRowsMax, waitingBytesMax } = this.#options.bounds
    if (this.#waitingRows + rows.length > waitingRowsMax || this.#waitingBytes > waitingBytesMax)
      throw new JournalFullError(`${this.#waitingRows} rows (${this.#waitingBytes} bytes) wait to be written`)
  }

  #add(row: Row): Group<Row> {
    const { idOf, bytesOf } = this.#options
    const id = idOf(row)
    const group = this.#gathering()
    const before = group.rows.get(id)
    const bytes = bytesOf(row) - (before === undefined ? 0 : bytesOf(before))
    group.rows.set(id, row)
    group.bytes += bytes
    this.#waitingBytes += bytes
    if (before === undefined) this.#waitingRows += 1
    return group
  }

  #gathering(): Group<Row> {
    const { rowsMax, bytesMax } = this.#options.bounds
    const last = this.#groups.at(-1)
    if (last !== undefined && last.rows.size < rowsMax && last.bytes < bytesMax) return last
    const group = { rows: new Map(), bytes: 0, written: Promise.withResolvers<ReadonlyMap<string, unknown>>() }
    // Each caller hears of a failure itself; a group may fail before any of them listens.
    group.written.promise.catch(() => undefined)
    this.#groups.push(group)
    return group
  }

  async #writeAll(): Promise<void> {
    await this.#gatherMore()
    for (let group = this.#groups.shift(); group !== undefined; group = this.#groups.shift()) {
      await this.#write(group)
      this.#waitingRows -= group.rows.size
      this.#waitingBytes -= group.bytes
      if (this.#groups.length > 0) await this.#gatherMore()
    }
    this.#writing = null
  }

  /** Waits out the spacing, unless a full group is ready to go. */
  async #gatherMore(): Promise<void> {
    const { clock, bounds } = this.#options
    const waitMs = this.#dueMs - bounds.burst * bounds.spacingMs - clock.nowMs()
    if (this.#groups.length > 1 || waitMs <= 0) return
    await sleep(clock, Math.min(waitMs, bounds.spacingMs))
  }

  async #write(group: Group<Row>): Promise<void> {
    const { clock, commit, isRowFault, bounds } = this.#options
    this.#dueMs = Math.max(this.#dueMs, clock.nowMs()) + bounds.spacingMs
    try {
      await commit([...group.rows.values()])
      group.written.resolve(NOTHING_REFUSED)
    } catch (error) {
      if (isRowFault(error)) group.written.resolve(await this.#writeEach(group.rows))
      else group.written.reject(error)
    }
  }

  async #writeEach(rows: ReadonlyMap<string, Row>): Promise<ReadonlyMap<string, unknown>> {
    const refused = new Map<string, unknown>()
    for (const [id, row] of rows) {
      try {
        await this.#options.commit([row])
      } catch (error) {
        refused.set(id, error)
      }
    }
    return refused
  }

  #failIfRefused(rows: readonly Row[], refused: ReadonlyMap<string, unknown>): void {
    for (const row of rows) {
      const id = this.#options.idOf(row)
      if (refused.has(id)) throw new Error(`the database refused ${id}`, { cause: refused.get(id) })
    }
  }
}
