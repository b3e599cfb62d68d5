/** Every address of the console, in one place. */
import type { SessionPhase } from './graphql/generated/documents.ts'

/** What the list of sessions may be narrowed to. */
export type SessionsFilter = {
  readonly application?: string
  readonly node?: string
  readonly phases?: readonly SessionPhase[]
  readonly reason?: string
  readonly start?: 'WARM' | 'COLD'
  /** Milliseconds since the epoch: when they became available. */
  readonly from?: number
  readonly until?: number
  /** How long that took. */
  readonly fromMs?: number
  readonly belowMs?: number
}

/** How the nodes may be looked at. */
export type NodesView = {
  readonly view?: 'map' | 'table'
  readonly group?: string
  readonly fill?: string
  /** The node whose drawer is open. */
  readonly node?: string
  readonly q?: string
}

/** Paths, by the page they lead to. */
export const paths = {
  fleet: () => '/',
  nodes: (view: NodesView = {}) => withQuery('/nodes', view),
  node: (name: string) => `/nodes/${encodeURIComponent(name)}`,
  applications: () => '/applications',
  newApplication: () => '/new-application',
  /** The tenant only matters to who sees several. */
  application: (name: string, tenant?: string) => withQuery(`/applications/${encodeURIComponent(name)}`, { tenant }),
  pools: () => '/pools',
  sessions: ({ phases = [], ...filter }: SessionsFilter = {}) =>
    withQuery('/sessions', { ...filter, phase: phases.length === 0 ? undefined : phases.join(',') }),
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
  latency: (where: { readonly application?: string; readonly start?: 'WARM' | 'COLD' } = {}) =>
    withQuery('/latency', where),
  events: (where: { readonly object?: string; readonly kind?: string } = {}) => withQuery('/events', where),
  audit: () => '/audit',
  settings: () => '/settings',
  login: (problem?: 'ended') => withQuery('/login', { problem }),
  logout: () => '/logout',
} as const

function withQuery(path: string, values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? path : `${path}?${query}`
}
