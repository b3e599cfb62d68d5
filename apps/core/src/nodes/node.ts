/** A machine that runs pods, as the core sees it. */
import type { Isolation } from '../applications/application.ts'

export type NodeResources = { readonly cpuMillis: number; readonly memoryBytes: number; readonly pods: number }

export type RuntimeOffer = { readonly name: string; readonly isolation: Isolation }

export type Taint = { readonly key: string; readonly value: string; readonly effect: string }

/**
 * What the database knows of a node: that it exists, and what an operator said of it.
 * Everything else is the node's to say.
 */
export type RegisteredNode = {
  readonly name: string
  readonly ledgerId: string
  readonly isCordoned: boolean
  /** Labels an operator gave, on top of the node's own. */
  readonly labels: Readonly<Record<string, string>>
  readonly joinedAtMs: number
  /** When the sessions that are left on it close, while it is drained. A drained node is cordoned. */
  readonly drainDeadlineMs: number | null
  /** When its lease ended; null while it is heard. What it ran then was given up. */
  readonly lostAtMs: number | null
}

/** What an agent says of its node when it connects. */
export type NodeIntroduction = {
  readonly name: string
  readonly ledgerId: string
  readonly agentVersion: string
  readonly address: string
  readonly resources: NodeResources
  readonly runtimes: readonly RuntimeOffer[]
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
}
