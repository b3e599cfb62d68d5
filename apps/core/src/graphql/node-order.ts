/** How lists of nodes are sorted. */
import { unreachable } from '@fornax/kernel/assert'
import type { Order } from './connections.ts'
import type { ComputeNodeOrder } from './enums.ts'
import type { VisibleNode } from './visibility.ts'

/** By name upwards; by anything else downwards. A cursor of one order is none of another. */
export function nodeOrder(by: ComputeNodeOrder): Order<VisibleNode> {
  return {
    tag: by === 'name' ? 'computeNodes' : `computeNodes/${by}`,
    direction: by === 'name' ? 'ascending' : 'descending',
    first: (node) => weightOf(by, node),
    second: ({ view }) => view.registered.name,
  }
}

function weightOf(by: ComputeNodeOrder, node: VisibleNode): string | number {
  const { view, booked, podCount, sessionCount } = node
  const resources = view.introduction?.resources
  switch (by) {
    case 'name':
      return view.registered.name
    case 'cpuBooked':
      return share(booked.cpuMillis, resources?.cpuMillis)
    case 'memoryBooked':
      return share(booked.memoryBytes, resources?.memoryBytes)
    case 'podCount':
      return podCount
    case 'sessionCount':
      return sessionCount
    case 'lastHeard':
      return -(view.lastHeardAtMs ?? 0)
    default:
      return unreachable(by)
  }
}

function share(booked: number, capacity: number | undefined): number {
  return capacity === undefined || capacity === 0 ? 0 : booked / capacity
}
