import type { Metadata } from 'next'
import { firstPageOf } from '../../../src/graphql/first-page.ts'
import { NodesDocument } from '../../../src/graphql/generated/documents.ts'
import { askApi, FIRST_ROWS } from '../../../src/graphql/server-api.ts'
import { NodesPage } from '../../../src/nodes/nodes-page.tsx'
import { nodesSpec } from '../../../src/nodes/node-watch.ts'

export const metadata: Metadata = { title: 'Nodes' }

export default async function Nodes() {
  return (
    <NodesPage firstPage={firstPageOf(nodesSpec.key, (await askApi(NodesDocument, { first: FIRST_ROWS }))?.page)} />
  )
}
