/** Reads a list of the API to its end, or up to a limit. */
import type { Page, PageRequest } from './kind-definition.ts'

/** What the API gives in one answer at most. */
export const PAGE_SIZE = 500

export type Listing<T> = {
  readonly items: readonly T[]
  /** That of the first page: a watch from there repeats what later pages hold, and misses nothing. */
  readonly resourceVersion: string | null
  readonly hasMore: boolean
}

/** A limit of null reads everything. */
export async function readPages<T>(
  fetchPage: (at: PageRequest) => Promise<Page<T>>,
  limit: number | null,
): Promise<Listing<T>> {
  const items: T[] = []
  let after: string | null = null
  let resourceVersion: string | null = null
  for (;;) {
    const first = limit === null ? PAGE_SIZE : Math.min(PAGE_SIZE, limit - items.length)
    const page: Page<T> = await fetchPage({ first, after })
    items.push(...page.edges.map((edge) => edge.node))
    resourceVersion ??= page.resourceVersion
    const { hasNextPage, endCursor } = page.pageInfo
    if (!hasNextPage || endCursor === null) return { items, resourceVersion, hasMore: false }
    if (limit !== null && items.length >= limit) return { items, resourceVersion, hasMore: true }
    after = endCursor
  }
}
