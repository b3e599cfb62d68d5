/** A page of a connection, as the beginning of a followed list. */
import type { Identified } from '@fornax/client/live-collection'
import type { FirstPage } from '../live/live-list.ts'

type Connection<T> = {
  readonly edges: readonly { readonly node: T }[]
  readonly pageInfo: { readonly hasNextPage: boolean }
  readonly resourceVersion: string
}

/** Only a whole list can be continued from its version: changes say nothing of what was not on the page. */
export function firstPageOf<T extends Identified>(key: string, page: Connection<T> | undefined): FirstPage<T> | null {
  if (page === undefined) return null
  const resourceVersion = page.pageInfo.hasNextPage ? null : page.resourceVersion
  return { key, items: page.edges.map(({ node }) => node), resourceVersion }
}
