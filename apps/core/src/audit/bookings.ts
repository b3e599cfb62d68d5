/** A node is never oversubscribed (I5), and its account is the sum of its pods. */
import type { NodeEntry } from '../fleet/fleet-state.ts'
import type { NodeResources } from '../nodes/node.ts'
import { bookingOf } from '../pods/booking-rules.ts'
import type { Evidence, Found } from './evidence.ts'

type Sum = { cpuMillis: number; memoryBytes: number; pods: number }

/** What is booked is not more than there is. */
export function withinCapacity(node: NodeEntry, evidence: Evidence, found: Found): void {
  const { name } = node.registered
  const capacity = node.introduction?.resources
  if (!capacity) return
  const booked = evidence.state.groups.booked(name)
  if (!isMore(booked, capacity)) evidence.memory.shrunk.delete(name)
  else if (!isExcused(node, evidence))
    found({
      invariant: 'I5',
      what: 'more is booked on a node than it has',
      objects: [`node ${name}`],
      evidence: { booked, capacity },
    })
}

/** A machine that says that it has less than before is over its capacity by nobody's decision, until it is not. */
function isExcused(node: NodeEntry, { memory, pace }: Evidence): boolean {
  const { name } = node.registered
  if (pace === 'nowAndThen' && node.phase !== 'ready') memory.shrunk.add(name)
  return memory.shrunk.has(name)
}

/** What is booked is what the pods there need. */
export function accountIsSum(node: NodeEntry, { state, countUpTo }: Evidence, found: Found): void {
  if (node.podIds.size > countUpTo) return
  const { name } = node.registered
  const needed: Sum = { cpuMillis: 0, memoryBytes: 0, pods: 0 }
  for (const id of node.podIds) {
    const pod = state.pods.get(id)
    const booking = pod && pod.nodeName === name ? bookingOf(pod) : null
    if (booking !== null) add(needed, booking)
  }
  const booked = state.groups.booked(name)
  if (isEqual(booked, needed)) return
  const what = 'what is booked on a node is not what its pods need'
  found({ invariant: 'I5', what, objects: [`node ${name}`], evidence: { booked, needed: { ...needed } } })
}

/** As it really is: the pods that are there, whoever wants them. */
export function withinMachine(node: NodeEntry, { witnesses }: Evidence, found: Found): void {
  const { name } = node.registered
  const witness = witnesses.nodes?.get(name)
  if (!witness) return
  const used: Sum = { cpuMillis: 0, memoryBytes: 0, pods: 0 }
  for (const pod of witness.pods()) add(used, pod)
  const { resources } = witness
  if (!isMore(used, resources)) return
  const what = 'the pods on a node need more than the machine has'
  found({ invariant: 'I5', what, objects: [`node ${name}`], evidence: { used: { ...used }, resources } })
}

function add(sum: Sum, need: { readonly cpuMillis: number; readonly memoryBytes: number }): void {
  sum.cpuMillis += need.cpuMillis
  sum.memoryBytes += need.memoryBytes
  sum.pods += 1
}

function isMore(a: NodeResources, b: NodeResources): boolean {
  return a.cpuMillis > b.cpuMillis || a.memoryBytes > b.memoryBytes || a.pods > b.pods
}

function isEqual(a: NodeResources, b: NodeResources): boolean {
  return a.cpuMillis === b.cpuMillis && a.memoryBytes === b.memoryBytes && a.pods === b.pods
}
