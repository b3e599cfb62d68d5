/** Takes a node out that will not come back (N12). */
import { isConnected, type NodePhase } from './node-state.ts'

export type RemoveNodePorts = {
  readonly fleet: {
    /** Null when nobody knows it. */
    nodePhase(name: string): NodePhase | null
    /** False when it is connected, or nobody knows it. */
    removeNode(name: string): boolean
  }
  /** Ends a stream that it may have, and forgets by what it proved who it is. */
  readonly forgetNode: (name: string) => Promise<void>
  readonly journal: { whenWritten(name: string): Promise<void> }
}

export type RemoveNodeResult =
  | { readonly kind: 'removed' }
  | { readonly kind: 'nodeNotFound'; readonly name: string }
  | { readonly kind: 'nodeConnected'; readonly name: string }

/** An answer survives the core. Before it, a crash leaves the node in the list, and asking again does no harm. */
export async function removeNode(ports: RemoveNodePorts, name: string): Promise<RemoveNodeResult> {
  const refusal = refusalOf(ports, name)
  if (refusal !== null) return refusal
  await ports.forgetNode(name) // First, so that nothing speaks for a name that is about to be free.
  if (!ports.fleet.removeNode(name)) return refusalOf(ports, name) ?? { kind: 'nodeNotFound', name }
  await ports.journal.whenWritten(name)
  return { kind: 'removed' }
}

function refusalOf({ fleet }: RemoveNodePorts, name: string): RemoveNodeResult | null {
  const phase = fleet.nodePhase(name)
  if (phase === null) return { kind: 'nodeNotFound', name }
  return isConnected(phase) ? { kind: 'nodeConnected', name } : null
}
