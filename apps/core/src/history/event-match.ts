/** Which events a question means. Pure. */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { EventQuery } from './history-store.ts'

/** What is asked for, without the page. */
export type EventTraits = Omit<EventQuery, 'first' | 'before'>

export function isMeant(event: FleetEvent, traits: EventTraits): boolean {
  const { kinds, severities, fromMs, untilMs } = traits
  return (
    isSame(traits.tenantId, event.tenantId) &&
    isSame(traits.application, event.applicationName) &&
    isSame(traits.nodeName, event.nodeName) &&
    isSame(traits.podId, event.podId) &&
    isSame(traits.sessionId, event.sessionId) &&
    (kinds === null || kinds.includes(event.kind)) &&
    (severities === null || severities.includes(event.severity)) &&
    (fromMs === null || event.lastAtMs >= fromMs) &&
    (untilMs === null || event.atMs < untilMs)
  )
}

function isSame(wanted: string | null, value: string | null): boolean {
  return wanted === null || wanted === value
}
