import type { Metadata } from 'next'
import { ApplicationsPage } from '../../../src/applications/applications-page.tsx'
import { firstPageOf } from '../../../src/graphql/first-page.ts'
import { ApplicationsDocument } from '../../../src/graphql/generated/documents.ts'
import { askApi, FIRST_ROWS } from '../../../src/graphql/server-api.ts'
import { applicationsSpec } from '../../../src/applications/application-watch.ts'

export const metadata: Metadata = { title: 'Applications' }

export default async function Applications() {
  return (
    <ApplicationsPage
      firstPage={firstPageOf(applicationsSpec.key, (await askApi(ApplicationsDocument, { first: FIRST_ROWS }))?.page)}
    />
  )
}
