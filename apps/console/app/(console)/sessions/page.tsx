import type { Metadata } from 'next'
import type { SearchParams } from 'nuqs/server'
import { firstPageOf } from '../../../src/graphql/first-page.ts'
import { SessionsDocument } from '../../../src/graphql/generated/documents.ts'
import { askApi, FIRST_ROWS } from '../../../src/graphql/server-api.ts'
import { sessionsSpec } from '../../../src/sessions/session-watch.ts'
import { loadSessionsWhere, toSessionFilter } from '../../../src/sessions/sessions-where.ts'
import { SessionsPage } from '../../../src/sessions/sessions-page.tsx'

export const metadata: Metadata = { title: 'Sessions' }

export default async function Sessions({ searchParams }: { readonly searchParams: Promise<SearchParams> }) {
  const where = loadSessionsWhere(await searchParams)
  const answer = await askApi(SessionsDocument, { first: FIRST_ROWS, where: toSessionFilter(where) })
  return <SessionsPage firstPage={firstPageOf(sessionsSpec(where).key, answer?.page)} />
}
