/** What readers of the fleet see: the same objects that the fleet writes, read-only. */
import type { Application } from '../applications/application.ts'
import type { NodeIntroduction, NodeResources, RegisteredNode } from '../nodes/node.ts'
import type { NodeCondition } from '../nodes/node-pressure.ts'
import type { NodeLinkEntry } from '../nodes/node-link.ts'
import type { NodePhase } from '../nodes/node-state.ts'
import type { NodeUsage } from '../pods/pod.ts'

/** The pods of one application, by what they do. */
export type PoolCounts = {
  readonly pending: number
  readonly creating: number
  readonly standby: number
  readonly hibernated: number
  readonly active: number
  readonly terminating: number
}

/** Why an application is not as it was asked to be. */
export type ApplicationFailure = {
  readonly kind: 'podFailed' | 'noCapacity' | 'quotaExceeded'
  readonly message: string
  readonly lastLogLines: readonly string[]
  readonly failureCount: number
  readonly sinceMs: number
  readonly retryAtMs: number | null
  readonly isRollOutHalted: boolean
}

export type ApplicationView = {
  readonly definition: Application
  readonly counts: PoolCounts
  readonly waitingSessions: number
  readonly openSessions: number
  /** What its idle pods keep booked. */
  readonly idleMemoryBytes: number
  readonly failure: ApplicationFailure | null
}

export type NodeView = {
  readonly registered: RegisteredNode
  readonly phase: NodePhase
  /** Null until it was heard, since the core started. */
  readonly introduction: NodeIntroduction | null
  readonly booked: NodeResources
  readonly podCount: number
  readonly sessionCount: number
  readonly revision: number | null
  readonly lastHeardAtMs: number | null
  readonly usage: NodeUsage | null
  /** What it is short of; while it is, it gets no pods. */
  readonly conditions: readonly NodeCondition[]
  /** What became of its link, oldest first. */
  readonly link: readonly NodeLinkEntry[]
}

/** The names of the application and of the node near which a list looks; more may come of it than is there. */
export type Near = { readonly application: string | null; readonly node: string | null }

/**
 * What changed. Enough is said here for a reader to know, without loading the object,
 * whether it may be of interest; `isGone` when the fleet holds it no longer.
 */
export type Change = {
  readonly kind: 'session' | 'pod' | 'application' | 'node'
  /** The id; of a node, its name. */
  readonly id: string
  /** Null for nodes, which belong to nobody. */
  readonly tenantId: string | null
  /** Null for nodes. */
  readonly applicationId: string | null
  readonly isGone: boolean
}
