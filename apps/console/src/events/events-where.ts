/** Which events are looked at, as the address says it. */
import { parseAsArrayOf, parseAsBoolean, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs/server'
import type { EventFilter, EventKind } from '../graphql/generated/documents.ts'
import { EVENT_KINDS_IN_ORDER } from './event-words.ts'

export const EVENTS_WHERE = {
  /** A session, a node or an application, by what it is called. */
  object: parseAsString,
  kind: parseAsArrayOf(parseAsStringLiteral(EVENT_KINDS_IN_ORDER)).withDefault([]),
  faults: parseAsBoolean.withDefault(false),
  from: parseAsInteger,
  until: parseAsInteger,
}

export type EventsWhere = {
  readonly object: string | null
  readonly kind: readonly EventKind[]
  readonly faults: boolean
}

/** The API's filter; the object is looked for here, because one cannot see from a name what it names. */
export function toEventFilter({ kind, faults }: Omit<EventsWhere, 'object'>): EventFilter {
  return {
    ...(kind.length === 0 ? {} : { kinds: kind }),
    ...(faults ? { severities: ['ERROR', 'WARNING'] } : {}),
  }
}
