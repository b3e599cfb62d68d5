/** What a pod is doing, for people. */
import type { PodPhase } from '../graphql/generated/documents.ts'
import type { Tone } from '../ui/phase-mark.tsx'

export type PodPhaseWords = { readonly word: string; readonly tone: Tone; readonly fill: string }

export const POD_PHASES: Readonly<Record<PodPhase, PodPhaseWords>> = {
  STANDBY: { word: 'Standby', tone: 'ready', fill: 'bg-fill-ready' },
  HIBERNATED: { word: 'Hibernated', tone: 'asleep', fill: 'bg-fill-asleep' },
  ACTIVE: { word: 'Active', tone: 'busy', fill: 'bg-fill-busy' },
  CREATING: { word: 'Creating', tone: 'starting', fill: 'bg-fill-starting' },
  PENDING: { word: 'Pending', tone: 'waiting', fill: 'bg-fill-waiting' },
  TERMINATING: { word: 'Terminating', tone: 'leaving', fill: 'bg-fill-leaving' },
  FAILED: { word: 'Failed', tone: 'danger', fill: 'bg-danger' },
  TERMINATED: { word: 'Terminated', tone: 'gone', fill: 'bg-fill-waiting' },
}

/** What serves comes first, then what could. */
export const POD_PHASES_IN_ORDER: readonly PodPhase[] = [
  'ACTIVE',
  'STANDBY',
  'HIBERNATED',
  'CREATING',
  'PENDING',
  'TERMINATING',
  'FAILED',
  'TERMINATED',
]
