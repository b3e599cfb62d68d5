/** What one may look for in sessions, beyond where they are and in which phase. Pure. */
import type { CloseReason, Session } from './session.ts'

/** Null: whatever. Instants and durations are in milliseconds; each `…From` is included, each end is not. */
export type SessionTraits = {
  readonly podId: string | null
  readonly start: 'warm' | 'cold' | null
  readonly closeReasons: readonly CloseReason[] | null
  readonly created: Bounds
  readonly available: Bounds
  /** From asking to available. */
  readonly latency: Bounds
}

export type Bounds = { readonly from: number | null; readonly below: number | null }

/** Whether a session is one of those that were looked for. */
export function hasTraits(session: Session, traits: SessionTraits): boolean {
  const { podId, start, closeReason, createdAtMs, availableAtMs } = session
  return (
    isSame(traits.podId, podId) &&
    isSame(traits.start, start) &&
    (traits.closeReasons === null || (closeReason !== null && traits.closeReasons.includes(closeReason))) &&
    isWithin(traits.created, createdAtMs) &&
    isWithin(traits.available, availableAtMs) &&
    isWithin(traits.latency, availableAtMs === null ? null : availableAtMs - createdAtMs)
  )
}

function isSame<T>(wanted: T | null, value: T | null): boolean {
  return wanted === null || wanted === value
}

function isWithin({ from, below }: Bounds, value: number | null): boolean {
  if (from === null && below === null) return true
  return value !== null && (from === null || value >= from) && (below === null || value < below)
}
