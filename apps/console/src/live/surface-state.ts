/** The four states of everything that shows data. Pure; a page cannot forget one of them. */
import type { Identified } from '@fornax/client/live-collection'
import type { LiveListState } from './live-list.ts'

export type SurfaceState<T> =
  /** Nothing is known yet, and nothing is wrong. */
  | { readonly kind: 'loading' }
  /** Nothing is known, and something is wrong. */
  | { readonly kind: 'failed'; readonly message: string; readonly sinceMs: number }
  /** `isStale`: it was true once; whether it still is, is not known. */
  | { readonly kind: 'ready'; readonly value: T; readonly isStale: boolean; readonly problem: string | null }

/** What a followed list can be shown as. */
export function surfaceStateOf<T extends Identified>(list: LiveListState<T>): SurfaceState<ReadonlyMap<string, T>> {
  const { items, isLoaded, status, refusal } = list
  if (isLoaded) {
    const isStale = status.phase === 'reconnecting' || refusal !== null
    return { kind: 'ready', value: items, isStale, problem: refusal?.message ?? null }
  }
  if (refusal !== null) return { kind: 'failed', ...refusal }
  if (status.phase !== 'reconnecting') return { kind: 'loading' }
  return { kind: 'failed', message: 'The core cannot be reached.', sinceMs: status.sinceMs }
}
