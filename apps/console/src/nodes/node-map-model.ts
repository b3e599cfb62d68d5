/** Keeps the numbers that the map is drawn from, and computes again only those of nodes that changed. */
import { stepOf } from '../canvas/heat-scale.ts'
import { cellCode, MARKS, type Mark } from '../canvas/marks.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { arrange, type Arrangement, type Grouping } from './node-arrangement.ts'
import { fillScaleOf, FILLS, type FillId, type FillScale } from './node-fill.ts'

type Row = NodeRowFragment

export type NodeMapState = {
  readonly arrangement: Arrangement
  readonly scale: FillScale
  readonly fillId: FillId
  readonly nodes: ReadonlyMap<string, Row>
  /** One for each node, in the order of the arrangement. */
  readonly codes: Uint16Array
}

export type NodeMapInput = {
  readonly nodes: ReadonlyMap<string, Row>
  readonly grouping: Grouping
  readonly fillId: FillId
  readonly nowMs: number
}

/** The state for these nodes, from the one before. Pure; arrays are new when something in them is. */
export function nodeMapAfter(before: NodeMapState | null, input: NodeMapInput): NodeMapState {
  const { nodes, grouping, fillId, nowMs } = input
  const arrangement = arrange(before, nodes, grouping)
  const fresh = fillScaleOf(nodes.values(), nowMs)
  const isComparable =
    before !== null &&
    before.arrangement === arrangement &&
    before.fillId === fillId &&
    before.scale.sessionsMax === fresh.sessionsMax &&
    FILLS[fillId].isTimed !== true
  const codes = isComparable ? before.codes.slice() : new Uint16Array(arrangement.ids.length)
  for (const [index, id] of arrangement.ids.entries()) {
    const node = nodes.get(id)
    if (node === undefined || (isComparable && before.nodes.get(id) === node)) continue
    codes[index] = cellCode(stepOf(FILLS[fillId].shareOf(node, fresh)), markOf(node))
  }
  return { arrangement, scale: fresh, fillId, nodes, codes }
}

/** Remembers the state before, which only saves work: the result is the same without it. */
export class NodeMapMemory {
  #last: NodeMapState | null = null

  after(input: NodeMapInput): NodeMapState {
    this.#last = nodeMapAfter(this.#last, input)
    return this.#last
  }
}

/** What is unusual about a node. */
export function markOf({ phase, isCordoned, drainDeadline }: Row): Mark {
  if (phase === 'LOST') return MARKS.lost
  if (phase !== 'READY') return MARKS.silent
  if (drainDeadline !== null) return MARKS.leaving
  return isCordoned ? MARKS.closed : MARKS.none
}
