/** What a seed says: the machines, the applications, and everything that will be done to them. */
import type { NodeResources } from '@fornax/agent/config'
import type { ScalingPolicy } from '@fornax/core/applications/application'
import type { Action } from './actions.ts'
import type { Place } from './clients.ts'
import type { ReaderPlan } from './readers.ts'

export type NodePlan = {
  readonly name: string
  readonly resources: NodeResources
  /** How fast its clock runs. */
  readonly rate: number
  readonly offsetMs: number
}

export type ApplicationPlan = Place & { readonly policy: ScalingPolicy; readonly sessionsPerPod: number }

export type Plan = {
  readonly seed: number
  readonly scenario: string
  readonly nodes: readonly NodePlan[]
  /** How many changes the core's log remembers. */
  readonly changesKept: number
  readonly applications: readonly ApplicationPlan[]
  readonly readers: readonly ReaderPlan[]
  /** In the order of their time. */
  readonly actions: readonly Action[]
  /** When the faults stop. */
  readonly durationMs: number
}
