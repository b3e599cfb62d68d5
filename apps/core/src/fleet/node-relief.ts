/**
 * N11: a node that is short of memory, disk or process ids gets no new pod, and its idle pods go bit by bit: some with
 * each of its reports, for as long as it says so. Their pools refill elsewhere, and for a while not there.
 */
import { conditionsOf, HELD_MS, NO_PRESSURE, type NodePressure } from '../nodes/node-pressure.ts'
import { relievingPods } from '../nodes/relief-plan.ts'
import type { FleetState, NodeEntry } from './fleet-state.ts'
import { openOrClose } from './node-room.ts'
import { stopPod } from './pod-writer.ts'

const RELIEF_GRACE_MS = 3_000

/** What the node says it is short of, now. */
export function notePressure(state: FleetState, node: NodeEntry, pressure: NodePressure): void {
  setConditions(state, node, pressure)
  if (!pressure.memory && !pressure.disk && !pressure.pids) return
  const pods = [...node.podIds].flatMap((id) => state.pods.get(id) ?? [])
  for (const pod of relievingPods(pods, pressure, state.ports.nowMs())) {
    // To end by itself it would wake, and take back what it gave away.
    const isKilled = pressure.memory && pod.phase === 'hibernated'
    stopPod(state, pod, isKilled ? 0 : RELIEF_GRACE_MS)
  }
}

/** A condition may be over: the node has not said so for a while. */
export function pressureDue(state: FleetState, node: NodeEntry): void {
  setConditions(state, node, NO_PRESSURE)
}

function setConditions(state: FleetState, node: NodeEntry, pressure: NodePressure): void {
  const before = node.conditions
  node.conditions = conditionsOf(before, pressure, state.ports.nowMs())
  const saidAtMs = node.conditions.map((one) => one.saidAtMs)
  if (saidAtMs.length > 0)
    state.ports.deadlines.set(`pressure:${node.registered.name}`, Math.min(...saidAtMs) + HELD_MS)
  const isSame =
    before.length === node.conditions.length && before.every(({ kind }, at) => node.conditions[at]?.kind === kind)
  if (isSame) return
  openOrClose(state, node)
  state.nodeChanged(node)
}
