/** How series are called in the database. */

export type StartKind = 'warm' | 'cold'

export const START_KINDS: readonly StartKind[] = ['warm', 'cold']

/** Whose starts: an application's, a tenant's, or all. */
export type Whose =
  | { readonly kind: 'application'; readonly id: string }
  | { readonly kind: 'tenant'; readonly id: string }
  | { readonly kind: 'all' }

export function latencySeries(whose: Whose, start: StartKind): string {
  return whose.kind === 'all' ? `latency/${start}` : `latency/${start}/${whose.id}`
}

export function poolSeries(applicationId: string): string {
  return `pool/${applicationId}`
}

export const FLEET_SERIES = 'fleet'
