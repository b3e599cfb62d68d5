'use client'
/** What an operator can do to a node, and why not. */
import { useMemo } from 'react'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoNodes } from '../viewer/viewer-rules.ts'

export type NodeAct = 'cordon' | 'uncordon' | 'drain' | 'remove'

export type NodeAction = {
  readonly id: NodeAct
  readonly verb: string
  readonly label: string
  readonly disabledReason: string | null
  readonly ask: () => void
}

/** `ask` is told which of them somebody wants. */
export function useNodeActs(
  node: Pick<NodeRowFragment, 'isCordoned' | 'drainDeadline' | 'phase'>,
  ask: (act: NodeAct) => void,
): readonly NodeAction[] {
  const noRight = whyNoNodes(useRole())
  const isDraining = node.drainDeadline !== null
  const isConnected = node.phase === 'READY' || node.phase === 'JOINING'
  const isClosedToPods = node.isCordoned || isDraining
  return useMemo(() => {
    const action = (id: NodeAct, verb: string, disabledReason: string | null): NodeAction => {
      return { id, verb, label: `${verb}…`, disabledReason, ask: () => ask(id) }
    }
    return [
      isClosedToPods ? action('uncordon', 'Uncordon', noRight) : action('cordon', 'Cordon', noRight),
      action('drain', 'Drain', noRight ?? (isDraining ? 'It is being drained already.' : null)),
      action('remove', 'Remove', noRight ?? (isConnected ? 'It is connected: drain it, then stop its agent.' : null)),
    ]
  }, [isClosedToPods, isDraining, isConnected, noRight, ask])
}
