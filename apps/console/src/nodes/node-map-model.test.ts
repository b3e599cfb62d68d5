import { expect, it } from 'vitest'
import { cellCode, MARKS } from '../canvas/marks.ts'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { groupingsOf } from './node-arrangement.ts'
import { nodeMapAfter, type NodeMapInput, type NodeMapState } from './node-map-model.ts'

type Row = NodeRowFragment

it('orders nodes by group, and numbers in names by their value', () => {
  const nodes = mapOf(node('n-10', 'b'), node('n-2', 'a'), node('n-1', 'b'), node('lone', null))
  const { arrangement } = mapAfter(null, { nodes, grouping: 'label:zone' })
  expect(arrangement.groups).toEqual([
    { name: 'a', ids: ['n-2'] },
    { name: 'b', ids: ['n-1', 'n-10'] },
    { name: 'without', ids: ['lone'] },
  ])
  expect(arrangement.indexOf.get('n-10')).toBe(2)
})

it('keeps its arrangement, and so the layout, for as long as no node comes, goes or changes its group', () => {
  const first = mapAfter(null, { nodes: mapOf(node('a', 'x'), node('b', 'x')), grouping: 'label:zone' })
  const busier = mapAfter(first, {
    nodes: new Map([...first.nodes, ['b', { ...node('b', 'x'), sessionCount: 1 }]]),
    grouping: 'label:zone',
  })
  expect(busier.arrangement).toBe(first.arrangement)
  const moved = mapAfter(busier, { nodes: new Map([...busier.nodes, ['b', node('b', 'y')]]), grouping: 'label:zone' })
  expect(moved.arrangement).not.toBe(first.arrangement)
  const joined = mapAfter(busier, { nodes: new Map([...busier.nodes, ['c', node('c', 'x')]]), grouping: 'label:zone' })
  expect(joined.arrangement.ids).toEqual(['a', 'b', 'c'])
})

it('fills a cell by its share, and marks what is unusual whatever it is filled by', () => {
  const nodes = mapOf(
    { ...node('a', null), podCount: 5 },
    { ...node('b', null), phase: 'LOST' },
    { ...node('c', null), isCordoned: true, podCount: 10 },
  )
  const { codes } = mapAfter(null, { nodes, fillId: 'pods' })
  expect([...codes]).toEqual([cellCode(32, MARKS.none), cellCode(0, MARKS.lost), cellCode(63, MARKS.closed)])
})

it('says the same after changes as it would say of the result alone', () => {
  let state = mapAfter(null, { nodes: mapOf(node('a', null), node('b', null)), fillId: 'sessions' })
  for (const sessionCount of [1, 7, 30, 2, 0]) {
    const nodes = new Map([...state.nodes, ['b', { ...node('b', null), sessionCount }]])
    state = mapAfter(state, { nodes, fillId: 'sessions' })
    expect([...state.codes]).toEqual([...mapAfter(null, { nodes, fillId: 'sessions' }).codes])
  }
})

it('offers to group by every label that a node has', () => {
  const ids = groupingsOf([node('a', 'x'), node('b', null)]).map(({ id }) => id)
  expect(ids).toEqual(['none', 'label:zone', 'phase', 'version', 'runtime'])
})

function mapAfter(before: NodeMapState | null, input: Partial<NodeMapInput> & Pick<NodeMapInput, 'nodes'>) {
  return nodeMapAfter(before, { grouping: 'none', fillId: 'memory-booked', nowMs: 0, ...input })
}

function mapOf(...nodes: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(nodes.map((one) => [one.id, one]))
}

function node(name: string, zone: string | null): Row {
  const resources = { cpuMillis: 1_000, memoryBytes: 1_000, pods: 10 }
  return {
    address: '127.0.0.1',
    agentVersion: '1',
    booked: { ...resources, pods: 0 },
    capacity: resources,
    cpuMillisUsed: null,
    drainDeadline: null,
    hibernatedPodCount: 0,
    id: name,
    isCordoned: false,
    joinedAt: '2026-01-01T00:00:00Z',
    labels: zone === null ? [] : [{ name: 'zone', value: zone }],
    lastHeardAt: null,
    memoryBytesUsed: null,
    name,
    phase: 'READY',
    podCount: 0,
    runtimes: [],
    sessionCount: 0,
    taints: [],
  }
}
