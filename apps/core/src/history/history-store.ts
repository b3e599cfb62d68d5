/**
 * The port to the part of the database that remembers what was: sums of time, events, and closed sessions, all of them
 * for a while. Nothing that a core decides depends on it. Implementations: `store/prisma-history.ts`, and
 * `store/memory-history.ts` for tests; both pass `store/history.contract.ts`.
 */
import type { EventSeverity, FleetEvent, FleetEventKind } from '../fleet/fleet-event.ts'

/** What one core counted in five minutes. */
export type HistorySlice = {
  /** What was counted, as in `pool/app-…`. */
  readonly series: string
  /** When the five minutes began. */
  readonly atMs: number
  /** Of the core that counted: two that followed each other share the five minutes in which they did. */
  readonly epoch: number
  /** Whole numbers of four bytes, little-endian; what they mean is the series' own. */
  readonly counts: Uint8Array
}

export type SliceQuery = {
  readonly series: readonly string[]
  readonly fromMs: number
  readonly untilMs: number
}

/** A page of events, newest first. `before` is the key of the last event of the page before. */
export type EventQuery = {
  readonly first: number
  readonly before: { readonly atMs: number; readonly id: string } | null
  /** Null: of every tenant, and the platform's own. */
  readonly tenantId: string | null
  /** The name of an application. */
  readonly application: string | null
  readonly nodeName: string | null
  readonly podId: string | null
  readonly sessionId: string | null
  /** Null: any. */
  readonly kinds: readonly FleetEventKind[] | null
  readonly severities: readonly EventSeverity[] | null
  /** Happened last at this instant or later. */
  readonly fromMs: number | null
  /** Happened first before this instant. */
  readonly untilMs: number | null
}

/** What may go: whatever is older. */
export type Prune = {
  readonly slicesBeforeMs: number
  readonly eventsBeforeMs: number
  /** Of closed sessions; open ones stay. */
  readonly sessionsBeforeMs: number
  /** How many rows of each at most, so that others get their turn. */
  readonly rowsMax: number
}

export type HistoryStore = {
  /** An event that is recorded again replaces its row. */
  recordEvents(events: readonly FleetEvent[]): Promise<void>
  events(query: EventQuery): Promise<readonly FleetEvent[]>
  event(id: string): Promise<FleetEvent | null>
  /** A slice of the same series, time and epoch replaces the one before. */
  recordSlices(slices: readonly HistorySlice[]): Promise<void>
  /** In order of time; at most 100 000. */
  slices(query: SliceQuery): Promise<readonly HistorySlice[]>
  /** Removes what may go; true when more may be left. */
  prune(prune: Prune): Promise<boolean>
}
