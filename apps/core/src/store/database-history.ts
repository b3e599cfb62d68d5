/** History in a real database: rows in groups, read by statements of their own. No rule lives here. */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { EventQuery, HistorySlice, HistoryStore, Prune, SliceQuery } from '../history/history-store.ts'
import type { Database } from './database.ts'
import { EVENTS, fromEventRow, fromSliceRow, HISTORY_SLICES, toEventRow, toSliceRow } from './history-rows.ts'
import * as statements from './history-statements.ts'

export class DatabaseHistory implements HistoryStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  recordEvents(events: readonly FleetEvent[]): Promise<void> {
    return this.#database.upsert(EVENTS, events.map(toEventRow))
  }

  async events(query: EventQuery): Promise<readonly FleetEvent[]> {
    const { sql, args } = statements.eventPage(query)
    return (await this.#database.query(sql, args)).map(fromEventRow)
  }

  async event(id: string): Promise<FleetEvent | null> {
    const { sql, args } = statements.eventById(id)
    const [row] = await this.#database.query(sql, args)
    return row === undefined ? null : fromEventRow(row)
  }

  recordSlices(slices: readonly HistorySlice[]): Promise<void> {
    return this.#database.upsert(HISTORY_SLICES, slices.map(toSliceRow))
  }

  async slices(query: SliceQuery): Promise<readonly HistorySlice[]> {
    if (query.series.length === 0) return []
    const { sql, args } = statements.slicesOf(query)
    return (await this.#database.query(sql, args)).map(fromSliceRow)
  }

  async prune({ slicesBeforeMs, eventsBeforeMs, sessionsBeforeMs, rowsMax }: Prune): Promise<boolean> {
    const deletions = [
      statements.pruneSlices(slicesBeforeMs, rowsMax),
      statements.pruneEvents(eventsBeforeMs, rowsMax),
      statements.pruneSessions(sessionsBeforeMs, rowsMax),
    ]
    let isMore = false
    for (const { sql, args } of deletions) {
      const removed = await this.#database.query(sql, args)
      isMore ||= removed.length === rowsMax
    }
    return isMore
  }
}
