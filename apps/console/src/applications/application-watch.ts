/** How applications are followed. */
import { WatchApplicationsDocument, type ApplicationRowFragment } from '../graphql/generated/documents.ts'
import type { LiveSpec } from '../live/live-list.ts'

export const applicationsSpec: LiveSpec<ApplicationRowFragment> = {
  key: 'applications',
  follow: (client, from, signal) =>
    client.watch(WatchApplicationsDocument, {}, { signal, ...(from === null ? {} : { from }) }),
}

/** Only those with a problem: few, even where there are many applications. */
export const troubledApplicationsSpec: LiveSpec<ApplicationRowFragment> = {
  key: 'applications with a problem',
  follow: (client, from, signal) =>
    client.watch(
      WatchApplicationsDocument,
      { where: { hasProblem: true } },
      { signal, ...(from === null ? {} : { from }) },
    ),
}

/** All applications of a name: one, but for who sees several tenants. */
export function applicationSpec(name: string): LiveSpec<ApplicationRowFragment> {
  return {
    key: `application ${name}`,
    follow: (client, from, signal) =>
      client.watch(WatchApplicationsDocument, { where: { name } }, { signal, ...(from === null ? {} : { from }) }),
  }
}
