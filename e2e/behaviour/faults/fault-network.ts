/** A network between a core and its nodes that a test can break, one node at a time, and mend again. */
export type FaultNetwork = AsyncDisposable & {
  readonly kind: 'namespaces' | 'proxies'
  /** Where the core listens. */
  readonly coreHost: string
  /** Where a node's agent and pods run. */
  place(nodeName: string): NodePlace
  /** From now on nothing reaches the node, and nothing of it arrives. */
  cut(nodeName: string): void
  /** From now on so many of a hundred packets get lost, in both directions. Proxies can only imitate that. */
  drop(nodeName: string, percent: number): void
  /** The network is whole again. */
  heal(nodeName: string): void
}

export type NodePlace = {
  /** Where others reach the node. */
  readonly host: string
  /** Where the node finds a core whose node link has this port. */
  coreAddress(nodeLinkPort: number): string
  /** The command that runs a command there. */
  command(command: readonly string[]): readonly string[]
}
