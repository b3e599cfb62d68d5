import type { Metadata } from 'next'
import { applicationsSpec } from '../../src/applications/application-watch.ts'
import { FleetPage } from '../../src/fleet/fleet-page.tsx'
import { firstPageOf } from '../../src/graphql/first-page.ts'
import {
  ApplicationsDocument,
  FleetHistoryDocument,
  FleetOverviewDocument,
  NodesDocument,
} from '../../src/graphql/generated/documents.ts'
import { askApi, FIRST_ROWS } from '../../src/graphql/server-api.ts'
import { nodesSpec } from '../../src/nodes/node-watch.ts'

export const metadata: Metadata = { title: 'Fleet' }

export default async function Fleet() {
  const [overview, history, nodes, applications] = await Promise.all([
    askApi(FleetOverviewDocument, {}),
    askApi(FleetHistoryDocument, {}),
    askApi(NodesDocument, { first: FIRST_ROWS }),
    askApi(ApplicationsDocument, { first: FIRST_ROWS }),
  ])
  return (
    <FleetPage
      overview={overview}
      history={history}
      nodes={firstPageOf(nodesSpec.key, nodes?.page)}
      applications={firstPageOf(applicationsSpec.key, applications?.page)}
    />
  )
}
