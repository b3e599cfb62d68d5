/** Sessions: parse, use-case, map. No rule lives here. */
import { unreachable } from '@fornax/kernel/assert'
import type { Session } from '../sessions/session.ts'
import { pageSize } from './connections.ts'
import type { RequestContext } from './context.ts'
import type { OpenSessionResult } from './core-port.ts'
import { badInput } from './bad-input.ts'
import type {
  EndpointResolvers,
  MutationResolvers,
  OpenSessionInput,
  QueryResolvers,
  ResolversTypes,
  SessionResolvers,
  SubscriptionResolvers,
} from './generated/resolver-types.ts'
import { toLabels } from './labels.ts'
import { BATCH_SESSIONS_MAX } from './limits.ts'
import {
  applicationNotFound,
  idempotencyConflict,
  invalidInput,
  queueFull,
  quotaExceeded,
  sessionNotFound,
  sessionNotOpened,
  tenantSuspended,
} from './problems.ts'
import { sessionPlacement } from './placement-words.ts'
import { toDateTime } from './scalars.ts'
import { toOpenSession } from './session-input.ts'
import { sessionPage } from './session-pages.ts'
import { visibleApplication, visiblePod, visibleSession, within } from './visibility.ts'
import { selectSessions } from './watch-selections.ts'
import { watch, watchOne, type WatchEvent } from './watch.ts'

type OpenSessionPayload = Awaited<ResolversTypes['OpenSessionPayload']>

export const sessionQueries: Required<Pick<QueryResolvers, 'session' | 'sessions'>> = {
  session: (_root, { id }, { core, scope }) => visibleSession(core, scope, id),
  sessions: async (_root, args, { core, scope, budget }) => {
    budget.take(pageSize(args))
    // The version is read first: what changes while the history is read comes again in a watch, and is not missed.
    const { resourceVersion } = core.fleet
    return { ...(await sessionPage(core, scope, args)), resourceVersion }
  },
}

export const sessionMutations: Required<
  Pick<MutationResolvers, 'openSession' | 'openSessions' | 'closeSession' | 'closeSessions'>
> = {
  openSession: (_root, { input }, context) => openSession(input, context),
  openSessions: async (_root, { input: { sessions } }, context) => {
    if (sessions.length > BATCH_SESSIONS_MAX)
      throw badInput(`sessions has ${sessions.length} entries; at most ${BATCH_SESSIONS_MAX} are possible.`)
    return { results: await Promise.all(sessions.map((input) => openSession(input, context))) }
  },
  closeSession: (_root, { input: { id } }, context) => closeSession(id, context),
  closeSessions: async (_root, { input: { ids } }, context) => {
    if (ids.length > BATCH_SESSIONS_MAX)
      throw badInput(`ids has ${ids.length} entries; at most ${BATCH_SESSIONS_MAX} are possible.`)
    return { results: await Promise.all(ids.map((id) => closeSession(id, context))) }
  },
}

export const sessionSubscriptions: Required<Pick<SubscriptionResolvers, 'watchSession' | 'watchSessions'>> = {
  watchSession: {
    subscribe: async (_root, { id }, { core, scope, feeds }) => {
      const begin = await visibleSession(core, scope, id)
      if (begin === null) throw badInput(`There is no session "${id}".`)
      return watchOne(feeds.sessions, id, {
        // Who has left memory meanwhile was closed, and is as it was found.
        read: () => within(scope, core.fleet.session(id)) ?? begin,
        isLast: (session) => session.phase === 'closed' || core.fleet.session(id) === null,
      })
    },
    resolve: (session: Session) => session,
  },
  watchSessions: {
    subscribe: (_root, { where, after }, { core, scope, feeds }) =>
      watch(feeds.sessions, selectSessions(core.fleet, scope, where), after ?? null),
    resolve: toWatchEvent,
  },
}

export const sessionTypes: { readonly Session: SessionResolvers; readonly Endpoint: EndpointResolvers } = {
  Session: {
    application: ({ applicationId }, _args, { core, scope }) => visibleApplication(core.fleet, scope, applicationId),
    availableAt: ({ availableAtMs }) => toDateTime(availableAtMs),
    closedAt: ({ closedAtMs }) => toDateTime(closedAtMs),
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    labels: ({ request }) => toLabels(request.labels),
    placement: (session, _args, { core }) => sessionPlacement(core.fleet, session),
    phaseDeadline: ({ deadline }) => toDateTime(deadline?.atMs ?? null),
    pod: ({ podId }, _args, { core, scope }) => (podId === null ? null : visiblePod(core.fleet, scope, podId)),
    queuePosition: ({ id, phase }, _args, { core }) => (phase === 'pending' ? core.fleet.queuePosition(id) : null),
    timeline: ({ timeline, createdAtMs }) =>
      timeline.map(({ step, atMs, by }) => ({
        step,
        at: toDateTime(atMs),
        sinceAskedMs: atMs - createdAtMs,
        by: by === undefined ? null : { actorId: by.id, source: by.source, requestId: by.requestId },
      })),
  },
  Endpoint: {
    url: ({ protocol, host, port }) => `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`,
  },
}

async function closeSession(
  id: string,
  context: RequestContext,
): Promise<Awaited<ResolversTypes['CloseSessionPayload']>> {
  const { core } = context
  const result = await core.useCases.closeSession(context, id)
  const { resourceVersion } = core.fleet
  return result.kind === 'closing'
    ? { session: result.session, problem: null, resourceVersion }
    : { session: null, problem: sessionNotFound(id), resourceVersion }
}

async function openSession(input: OpenSessionInput, context: RequestContext): Promise<OpenSessionPayload> {
  const { core, caller } = context
  const parsed = toOpenSession(input)
  if (parsed.kind === 'invalid') return refused(invalidInput(parsed.problem), core.fleet.resourceVersion)
  const result = await core.useCases.openSession(context, parsed.command, caller)
  return toOpenSessionPayload(result, core.fleet.resourceVersion)
}

function toOpenSessionPayload(result: OpenSessionResult, resourceVersion: string): OpenSessionPayload {
  switch (result.kind) {
    case 'opened':
    case 'underway':
      return { session: result.session, problem: null, resourceVersion }
    case 'notOpened': {
      const { session, reason } = result
      return { session, problem: sessionNotOpened(reason, session.closeMessage), resourceVersion }
    }
    case 'applicationNotFound':
      return refused(applicationNotFound(result.application), resourceVersion)
    case 'idempotencyConflict':
      return refused(idempotencyConflict(result.idempotencyKey), resourceVersion)
    case 'queueFull':
      return refused(queueFull(result.waiting), resourceVersion)
    case 'tenantSuspended':
      return refused(tenantSuspended(), resourceVersion)
    case 'quotaExceeded':
      return refused(quotaExceeded(result), resourceVersion)
    default:
      return unreachable(result)
  }
}

function refused(problem: NonNullable<OpenSessionPayload['problem']>, resourceVersion: string): OpenSessionPayload {
  return { session: null, problem, resourceVersion }
}

function toWatchEvent(event: WatchEvent<Session>): Awaited<ResolversTypes['SessionWatchEvent']> {
  switch (event.kind) {
    case 'snapshot': {
      const { items: sessions, isLast, resourceVersion } = event
      return { __typename: 'SessionSnapshot', sessions, isLast, resourceVersion }
    }
    case 'changes':
      return { __typename: 'SessionChanges', ...event }
    case 'bookmark':
      return { __typename: 'SessionBookmark', resourceVersion: event.resourceVersion }
    default:
      return unreachable(event)
  }
}
