/** How pods are followed. */
import { WatchPodsDocument, type PodFilter, type PodRowFragment } from '../graphql/generated/documents.ts'
import type { LiveSpec } from '../live/live-list.ts'

/** The pods that match, for as long as they exist. */
export function podsSpec(where: PodFilter): LiveSpec<PodRowFragment> {
  return {
    key: `pods ${JSON.stringify(where)}`,
    follow: (client, from, signal) =>
      client.watch(WatchPodsDocument, { where }, { signal, ...(from === null ? {} : { from }) }),
  }
}
