/**
 * N11: a node that is short of memory, disk or process ids gets no new pod, and its idle pods go bit by bit: some with
 * each of its reports, for as long as it says so. Their pools refill elsewhere.
 */
import { conditionsOf, type NodePressure } from '../nodes/node-pressure.ts'
import { relievingPods } from '../nodes/relief-plan.ts'
import type { FleetState, NodeEntry } from './fleet-state.ts'
import { openOrClose } from './node-room.ts'
import { stopPod } from './pod-writer.ts'

/** Not the grace of a pool that shrinks: an auditor tells the two apart by it. */
const RELIEF_GRACE_MS = 3_000

/** What the node says it is short of, now. */
export function notePressure(state: FleetState, node: NodeEntry, pressure: NodePressure): void {
  const before = node.conditions
  node.conditions = conditionsOf(before, pressure, state.ports.nowMs())
  const isSame = before.length === node.conditions.length && before.every((one) => node.conditions.includes(one))
  if (!isSame) {
    openOrClose(state, node)
    state.nodeChanged(node)
  }
  if (node.conditions.length === 0) return
  const pods = [...node.podIds].flatMap((id) => state.pods.get(id) ?? [])
  for (const pod of relievingPods(pods)) stopPod(state, pod, RELIEF_GRACE_MS)
}
