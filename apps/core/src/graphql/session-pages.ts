/**
 * Pages of sessions, newest first: those in memory and those in the history are one list. Memory knows
 * better: what is in both is taken from there. A closed session leaves memory only after its row is durable,
 * so reading the history first misses none.
 */
import type { Session, SessionPhase } from '../sessions/session.ts'
import type { SessionHistoryQuery } from '../store/store.ts'
import {
  pageSize,
  sortedAfter,
  startKey,
  toPage,
  type Key,
  type Order,
  type Page,
  type PageArgs,
} from './connections.ts'
import type { CorePort, FleetReader } from './core-port.ts'
import { sessionMatches, traitsOf, type Where } from './filters.ts'
import type { SessionFilter } from './generated/resolver-types.ts'
import { visibleApplications, visibleSessions, type Scope } from './visibility.ts'

export const newestSessionFirst: Order<Session> = {
  tag: 'sessions',
  direction: 'descending',
  first: (session) => session.createdAtMs,
  second: (session) => session.id,
}

type Core = { readonly fleet: FleetReader; readonly store: Pick<CorePort['store'], 'sessionHistory'> }

export async function sessionPage(
  { fleet, store }: Core,
  scope: Scope,
  args: PageArgs & { readonly where?: Where<SessionFilter> },
): Promise<Page<Session>> {
  const { where } = args
  const size = pageSize(args)
  const after = startKey(newestSessionFirst, args)
  const queries = historyQueries(fleet, scope, where, { first: size + 1, before: toHistoryKey(after) })
  const history = (await Promise.all(queries.map((query) => store.sessionHistory(query)))).flat()
  // From here on nothing waits, so memory is one picture.
  const found = new Map<string, Session>()
  for (const session of history) if (fleet.session(session.id) === null) found.set(session.id, session)
  const matches = sessionMatches(where)
  for (const session of visibleSessions(fleet, scope, where)) if (matches(session)) found.set(session.id, session)
  const sorted = sortedAfter(found.values(), newestSessionFirst, after, size + 1)
  return toPage(sorted, newestSessionFirst, size, args)
}

/** More applications of one name than this, in as many tenants, are not looked up one by one. */
const SAME_NAME_MAX = 50

/** What the history holds and memory may not: closed sessions. Open ones are always in memory. */
function historyQueries(
  fleet: FleetReader,
  scope: Scope,
  where: Where<SessionFilter>,
  page: Pick<SessionHistoryQuery, 'first' | 'before'>,
): readonly SessionHistoryQuery[] {
  const phases = where?.phases ?? []
  if (phases.length > 0 && !phases.includes('closed')) return []
  const query = {
    ...page,
    tenantId: scope,
    nodeName: where?.nodeName ?? null,
    phases: CLOSED,
    traits: traitsOf(where),
    labels: Object.fromEntries((where?.labels ?? []).map(({ name, value }) => [name, value])),
  }
  return applicationIds(fleet, scope, where?.application ?? null).map((applicationId) => ({ ...query, applicationId }))
}

const CLOSED: readonly SessionPhase[] = ['closed']

/** The history knows applications by id. Null stands for all. */
function applicationIds(fleet: FleetReader, scope: Scope, name: string | null): readonly (string | null)[] {
  if (name === null) return [null]
  if (scope !== null) return [fleet.applicationNamed(scope, name)?.definition.id].filter((id) => id !== undefined)
  const ids: string[] = []
  for (const { definition } of visibleApplications(fleet, scope)) if (definition.name === name) ids.push(definition.id)
  return ids.slice(0, SAME_NAME_MAX)
}

function toHistoryKey(key: Key | null): SessionHistoryQuery['before'] {
  return key === null ? null : { createdAtMs: Number(key[0]), id: key[1] }
}
