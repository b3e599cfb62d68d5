import type { Metadata } from 'next'
import { applicationsSpec } from '../../src/applications/application-watch.ts'
import { FleetPage } from '../../src/fleet/fleet-page.tsx'
import { RECENT_SESSIONS } from '../../src/fleet/recent-sessions.ts'
import { firstPageOf } from '../../src/graphql/first-page.ts'
import { ApplicationsDocument, FleetOverviewDocument, NodesDocument } from '../../src/graphql/generated/documents.ts'
import { askApi, FIRST_ROWS } from '../../src/graphql/server-api.ts'
import { nodesSpec } from '../../src/nodes/node-watch.ts'

export const metadata: Metadata = { title: 'Fleet' }

export default async function Fleet() {
  const [overview, nodes, applications] = await Promise.all([
    askApi(FleetOverviewDocument, { recent: RECENT_SESSIONS }),
    askApi(NodesDocument, { first: FIRST_ROWS }),
    askApi(ApplicationsDocument, { first: FIRST_ROWS }),
  ])
  return (
    <FleetPage
      overview={overview}
      nodes={firstPageOf(nodesSpec.key, nodes?.page)}
      applications={firstPageOf(applicationsSpec.key, applications?.page)}
    />
  )
}
