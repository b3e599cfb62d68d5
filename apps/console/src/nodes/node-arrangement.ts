/**
 * The order in which nodes stand on the map: by group, then by name, numbers by their value. It stays the same
 * object for as long as no node comes, goes or changes its group, because then nothing has to be laid out anew. Pure.
 */
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { wordsOfNode } from './node-words.ts'

type Row = NodeRowFragment

/** `none`, `phase`, `version`, `runtime`, or `label:` and the name of a label. */
export type Grouping = string

export type NodeGroup = { readonly name: string; readonly ids: readonly string[] }

export type Arrangement = {
  readonly grouping: Grouping
  readonly groups: readonly NodeGroup[]
  /** Where each node stands. */
  readonly indexOf: ReadonlyMap<string, number>
  /** All ids in that order. */
  readonly ids: readonly string[]
  /** All ids by name alone. */
  readonly byName: readonly string[]
}

/** An arrangement, and the nodes that it was last known to hold for. */
export type Arranged = { readonly arrangement: Arrangement; readonly nodes: ReadonlyMap<string, Row> }

/** More blocks than this are not a picture any more: the smallest become one. */
const GROUPS_MAX = 60

const LABEL = 'label:'

/** What nodes can be grouped by: what they differ in, and their labels. */
export function groupingsOf(nodes: Iterable<Row>): readonly { readonly id: Grouping; readonly name: string }[] {
  const labels = new Set<string>()
  for (const node of nodes) for (const { name } of node.labels) labels.add(name)
  return [
    { id: 'none', name: 'nothing' },
    ...[...labels].toSorted().map((name) => ({ id: `${LABEL}${name}`, name })),
    { id: 'phase', name: 'phase' },
    { id: 'version', name: 'agent version' },
    { id: 'runtime', name: 'runtime' },
  ]
}

/** The arrangement of these nodes; the one before when it still holds. */
export function arrange(before: Arranged | null, nodes: ReadonlyMap<string, Row>, grouping: Grouping): Arrangement {
  const old = before?.arrangement
  if (old?.grouping === grouping && before !== null && isSameOrder(before, nodes, grouping)) return old
  // Names never change: while no node comes or goes, their order is known, and each group gets its own in it.
  const byName = before !== null && isSameSet(before.nodes, nodes) ? before.arrangement.byName : orderByName(nodes)
  const members = new Map<string, string[]>()
  for (const id of byName) {
    const node = nodes.get(id)
    if (node === undefined) continue
    const group = groupOf(node, grouping)
    const list = members.get(group)
    if (list === undefined) members.set(group, [id])
    else list.push(id)
  }
  const groups = limited(
    [...members]
      .map(([name, list]) => ({ name, ids: list }))
      .toSorted((a, b) => compare(sortKey(a.name), sortKey(b.name))),
  )
  const ids = groups.flatMap((group) => group.ids)
  const indexOf = new Map<string, number>()
  for (const [index, id] of ids.entries()) indexOf.set(id, index)
  return { grouping, groups, ids, byName, indexOf }
}

function orderByName(nodes: ReadonlyMap<string, Row>): readonly string[] {
  return [...nodes]
    .map(([id, { name }]) => ({ id, key: sortKey(name) }))
    .toSorted((a, b) => compare(a.key, b.key))
    .map(({ id }) => id)
}

function isSameSet(old: ReadonlyMap<string, Row>, nodes: ReadonlyMap<string, Row>): boolean {
  if (old.size !== nodes.size) return false
  for (const id of nodes.keys()) if (!old.has(id)) return false
  return true
}

function isSameOrder({ nodes: old }: Arranged, nodes: ReadonlyMap<string, Row>, grouping: Grouping): boolean {
  if (old === nodes) return true
  if (old.size !== nodes.size) return false
  for (const [id, node] of nodes) {
    const known = old.get(id)
    if (known === undefined) return false
    if (known !== node && groupOf(known, grouping) !== groupOf(node, grouping)) return false
  }
  return true
}

function limited(groups: readonly NodeGroup[]): readonly NodeGroup[] {
  if (groups.length <= GROUPS_MAX) return groups
  const bySize = groups.toSorted((a, b) => b.ids.length - a.ids.length)
  const kept = new Set(bySize.slice(0, GROUPS_MAX - 1))
  const rest = groups.filter((group) => !kept.has(group))
  return [
    ...groups.filter((group) => kept.has(group)),
    { name: `${rest.length} more groups`, ids: rest.flatMap(({ ids }) => ids) },
  ]
}

function groupOf(node: Row, grouping: Grouping): string {
  if (grouping === 'phase') return wordsOfNode(node).word
  if (grouping === 'version') return node.agentVersion
  if (grouping === 'runtime') return node.runtimes.map(({ name }) => name).join(', ') || 'none'
  if (!grouping.startsWith(LABEL)) return ''
  const wanted = grouping.slice(LABEL.length)
  return node.labels.find(({ name }) => name === wanted)?.value ?? 'without'
}

/** `node-2` before `node-10`, by comparing texts only: a collator would take a tenth of a second for ten thousand. */
function sortKey(name: string): string {
  return name.replaceAll(/\d+/g, (digits) => digits.padStart(8, '0'))
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
