/** Which nodes are marked, on the map and in the table alike. A node that is gone is no longer. */
import { useMemo, useState } from 'react'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'

type Row = NodeRowFragment

export type MarkedNodes = {
  /** Ids; some may be of nodes that are gone. */
  readonly ids: ReadonlySet<string>
  readonly nodes: readonly Row[]
  readonly mark: (ids: ReadonlySet<string>) => void
}

const NONE: ReadonlySet<string> = new Set()

export function useMarkedNodes(items: ReadonlyMap<string, Row>): MarkedNodes {
  const [ids, mark] = useState(NONE)
  return useMemo(() => ({ ids, nodes: [...ids].flatMap((id) => items.get(id) ?? []), mark }), [ids, items])
}

/** The same marks, but for one. */
export function withToggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return next
}
