/** How sessions are followed. */
import { follow } from '@fornax/client/watch'
import { systemClock } from '@fornax/kernel/clock'
import {
  WatchSessionDocument,
  WatchSessionsDocument,
  type SessionPhase,
  type SessionRowFragment,
  type SessionStoryFragment,
} from '../graphql/generated/documents.ts'
import type { LiveSpec } from '../live/live-list.ts'
import { toSessionFilter, type SessionsWhere } from './sessions-where.ts'

/** All sessions that match, as long as the core knows them; closed ones stay in sight after that. */
export function sessionsSpec(where: SessionsWhere): LiveSpec<SessionRowFragment> {
  const filter = toSessionFilter(where)
  return {
    key: `sessions ${JSON.stringify(filter)}`,
    follow: (client, from, signal) =>
      client.watch(WatchSessionsDocument, { where: filter }, { signal, ...(from === null ? {} : { from }) }),
    isHistory: isClosed,
  }
}

/** One session, until it is closed. Its watch has no versions: each event is the whole of it. */
export function sessionSpec(id: string): LiveSpec<SessionStoryFragment> {
  return {
    key: `session ${id}`,
    follow: (client, _from, signal) => {
      const ports = {
        async *subscribe(attempt: { readonly signal: AbortSignal; readonly onConnected: () => void }) {
          for await (const { watchSession } of client.subscribe(
            WatchSessionDocument,
            { id },
            { signal: attempt.signal },
          )) {
            attempt.onConnected()
            yield { kind: 'snapshot', items: [watchSession], isLast: true, resourceVersion: 'whole' } as const
          }
        },
        clock: systemClock,
        random: Math.random,
        url: client.url,
      }
      return follow(ports, null, signal)
    },
    isFinal: (items) => [...items.values()].every(isClosed),
  }
}

/** A closed session never changes again. */
export function isClosed({ phase }: { readonly phase: SessionPhase }): boolean {
  return phase === 'CLOSED'
}
