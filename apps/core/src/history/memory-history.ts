/** History of tests and of fakes: the same port, in memory. No timers, no chance, no I/O. */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import { isMeant } from './event-match.ts'
import type { EventQuery, HistorySlice, HistoryStore, Prune, SliceQuery } from './history-store.ts'

export class MemoryHistory implements HistoryStore {
  readonly #events = new Map<string, FleetEvent>()
  readonly #slices = new Map<string, HistorySlice>()

  async recordEvents(events: readonly FleetEvent[]): Promise<void> {
    for (const event of events) this.#events.set(event.id, event)
  }

  async events(query: EventQuery): Promise<readonly FleetEvent[]> {
    return [...this.#events.values()]
      .filter((event) => isMeant(event, query) && (query.before === null || newestFirst(query.before, event) < 0))
      .toSorted(newestFirst)
      .slice(0, query.first)
  }

  async event(id: string): Promise<FleetEvent | null> {
    return this.#events.get(id) ?? null
  }

  async recordSlices(slices: readonly HistorySlice[]): Promise<void> {
    for (const slice of slices) this.#slices.set(`${slice.series}@${slice.atMs}/${slice.epoch}`, slice)
  }

  async slices({ series, fromMs, untilMs }: SliceQuery): Promise<readonly HistorySlice[]> {
    return [...this.#slices.values()]
      .filter((slice) => series.includes(slice.series) && slice.atMs >= fromMs && slice.atMs < untilMs)
      .toSorted((a, b) => a.atMs - b.atMs || a.epoch - b.epoch || (a.series < b.series ? -1 : 1))
  }

  async prune({ slicesBeforeMs, eventsBeforeMs, rowsMax }: Prune): Promise<boolean> {
    const slices = [...this.#slices].filter(([, { atMs }]) => atMs < slicesBeforeMs).slice(0, rowsMax)
    const events = [...this.#events].filter(([, { atMs }]) => atMs < eventsBeforeMs).slice(0, rowsMax)
    for (const [key] of slices) this.#slices.delete(key)
    for (const [key] of events) this.#events.delete(key)
    return slices.length === rowsMax || events.length === rowsMax
  }
}

type Key = Pick<FleetEvent, 'atMs' | 'id'>

function newestFirst(a: Key, b: Key): number {
  return b.atMs - a.atMs || (a.id === b.id ? 0 : a.id < b.id ? 1 : -1)
}
