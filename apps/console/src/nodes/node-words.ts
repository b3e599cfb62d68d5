/** What a node is doing, for people. */
import type { ComputeNodePhase, NodeRowFragment } from '../graphql/generated/documents.ts'
import type { Tone } from '../ui/phase-mark.tsx'

type Words = { readonly word: string; readonly tone: Tone }

const PHASES: Readonly<Record<ComputeNodePhase, Words>> = {
  EXPECTED: { word: 'Expected', tone: 'waiting' },
  JOINING: { word: 'Joining', tone: 'starting' },
  READY: { word: 'Ready', tone: 'ready' },
  DISCONNECTED: { word: 'Disconnected', tone: 'warn' },
  LOST: { word: 'Lost', tone: 'danger' },
}

/** Phase and intent in one word: a node that is ready but closed to new pods is not simply ready. */
export function wordsOfNode(node: Pick<NodeRowFragment, 'phase' | 'isCordoned' | 'drainDeadline'>): Words {
  if (node.phase !== 'READY') return PHASES[node.phase]
  if (node.drainDeadline !== null) return { word: 'Draining', tone: 'leaving' }
  return node.isCordoned ? { word: 'Cordoned', tone: 'asleep' } : PHASES.READY
}
