/** Every address of the console, in one place. */
import type { SessionPhase } from './graphql/generated/documents.ts'

/** What the list of sessions may be narrowed to. */
export type SessionsFilter = { readonly application?: string; readonly phases?: readonly SessionPhase[] }

/** Paths, by the page they lead to. */
export const paths = {
  fleet: () => '/',
  nodes: () => '/nodes',
  applications: () => '/applications',
  application: (name: string) => `/applications?${new URLSearchParams({ open: name })}`,
  sessions: ({ application, phases = [] }: SessionsFilter = {}) => {
    const query = new URLSearchParams()
    if (application !== undefined) query.set('application', application)
    if (phases.length > 0) query.set('phase', phases.join(','))
    return query.size === 0 ? '/sessions' : `/sessions?${query}`
  },
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
  login: (problem?: 'ended') => (problem === undefined ? '/login' : `/login?${new URLSearchParams({ problem })}`),
  logout: () => '/logout',
} as const
