/**
 * Whether a node gets new pods. It does not while it still runs pods that are nobody's: those that were given up with
 * it, or that a core before this one had ended. Nothing is booked for them, and they need their room until they have
 * ended (N10).
 */
import type { FleetState, NodeEntry } from './fleet-state.ts'

/** Opens a node for placements, or closes it, as its state now says. */
export function openOrClose(state: FleetState, node: NodeEntry): void {
  const isFree = node.strangers.size === 0 && node.conditions.length === 0
  const admitsPods = node.phase === 'ready' && !node.registered.isCordoned && isFree
  state.groups.setOpen(node.registered.name, admitsPods)
  if (admitsPods) state.hasNewRoom = true
}

/** Stops a pod that is nobody's. */
export function expel(state: FleetState, node: NodeEntry, podId: string): void {
  node.strangers.add(podId)
  state.ports.tell(node.registered.name, { kind: 'stopPod', podId, graceMs: 0 })
  openOrClose(state, node)
}

/** A pod of the node has ended; if it was nobody's, its room is free now. */
export function expelled(state: FleetState, node: NodeEntry, podId: string): void {
  if (node.strangers.delete(podId) && node.strangers.size === 0) openOrClose(state, node)
}
