/** How nodes are followed. */
import { WatchNodesDocument, type NodeRowFragment } from '../graphql/generated/documents.ts'
import type { LiveSpec } from '../live/live-list.ts'

export const nodesSpec: LiveSpec<NodeRowFragment> = {
  key: 'nodes',
  follow: (client, from, signal) =>
    client.watch(WatchNodesDocument, {}, { signal, ...(from === null ? {} : { from }) }),
}
