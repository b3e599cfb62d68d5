/** Which nodes are marked, on the map and in the table alike. A node that is gone is no longer. */
import { useMemo, useState } from 'react'
import { plural } from '../format/quantity.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'

type Row = NodeRowFragment

export type MarkedNodes = {
  readonly ids: ReadonlySet<string>
  /** Those in sight: what a filter hides is not acted upon. */
  readonly nodes: readonly Row[]
  /** How many a filter hides. */
  readonly hiddenCount: number
  readonly mark: (ids: ReadonlySet<string>) => void
}

const NONE: ReadonlySet<string> = new Set()

/** `items` are all nodes that there are, `shown` those that match the filter. */
export function useMarkedNodes(items: ReadonlyMap<string, Row>, shown: ReadonlyMap<string, Row>): MarkedNodes {
  const [marked, mark] = useState(NONE)
  const ids = withoutGone(marked, items)
  // Forgotten for good: a machine that joins anew under the same id was not marked by anybody.
  if (ids !== marked) mark(ids)
  return useMemo(() => {
    const nodes = [...ids].flatMap((id) => shown.get(id) ?? [])
    return { ids, nodes, hiddenCount: ids.size - nodes.length, mark }
  }, [ids, shown])
}

/** The same marks, but for those of nodes that are gone; the same set when none is. */
export function withoutGone(ids: ReadonlySet<string>, items: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const kept = [...ids].filter((id) => items.has(id))
  return kept.length === ids.size ? ids : new Set(kept)
}

/** The same marks, but for one. */
export function withToggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return next
}

/** How many are marked, in words; nothing when none is. */
export function markWords({ nodes, hiddenCount }: Pick<MarkedNodes, 'hiddenCount' | 'nodes'>): string {
  if (nodes.length + hiddenCount === 0) return ''
  const count = `${plural(nodes.length, 'node')} marked`
  return hiddenCount === 0 ? count : `${count}, ${hiddenCount} more ${hiddenCount === 1 ? 'is' : 'are'} not shown`
}
