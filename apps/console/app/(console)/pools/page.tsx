import type { Metadata } from 'next'
import { applicationsSpec } from '../../../src/applications/application-watch.ts'
import { firstPageOf } from '../../../src/graphql/first-page.ts'
import { ApplicationsDocument } from '../../../src/graphql/generated/documents.ts'
import { askApi, FIRST_ROWS } from '../../../src/graphql/server-api.ts'
import { PoolsPage } from '../../../src/pools/pools-page.tsx'

export const metadata: Metadata = { title: 'Warm pools' }

export default async function Pools() {
  const answer = await askApi(ApplicationsDocument, { first: FIRST_ROWS })
  return <PoolsPage firstPage={firstPageOf(applicationsSpec.key, answer?.page)} />
}
