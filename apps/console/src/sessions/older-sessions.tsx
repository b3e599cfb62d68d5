'use client'
/** The way further back: closed sessions that the core keeps in its database only. */
import { browserClient } from '../graphql/browser-client.ts'
import { SessionsDocument, type SessionRowFragment } from '../graphql/generated/documents.ts'
import { useLiveStore } from '../live/live-context.tsx'
import type { LiveSpec } from '../live/live-list.ts'
import { MoreRows } from '../ui/more-rows.tsx'
import { toSessionFilter, type SessionsWhere } from './sessions-where.ts'

const PAGE_SIZE = 100

type OlderSessionsProps = { readonly spec: LiveSpec<SessionRowFragment>; readonly where: SessionsWhere }

export function OlderSessions({ spec, where }: OlderSessionsProps) {
  const store = useLiveStore()
  if (where.phases.length > 0 && !where.phases.includes('CLOSED')) return null
  const ask = async (after: string | null) => {
    const filter = toSessionFilter({ ...where, phases: ['CLOSED'] })
    const { page } = await browserClient().request(SessionsDocument, { first: PAGE_SIZE, after, where: filter })
    store.list(spec, null).addHistory(page.edges.map(({ node }) => node))
    return page.pageInfo
  }
  return <MoreRows what="sessions" ask={ask} />
}
