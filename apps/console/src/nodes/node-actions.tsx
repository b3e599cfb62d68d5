'use client'
/** What an operator can do to a node, as a menu. */
import { useState } from 'react'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { ActionMenu } from '../ui/menu.tsx'
import { NodeQuestions } from './node-questions.tsx'
import { useNodeActs, type NodeAct } from './use-node-acts.ts'

type Node = Pick<NodeRowFragment, 'name' | 'phase' | 'isCordoned' | 'drainDeadline' | 'podCount' | 'sessionCount'>

export function NodeActions({ node }: { readonly node: Node }) {
  const [asking, setAsking] = useState<NodeAct | null>(null)
  const actions = useNodeActs(node, setAsking)
  return (
    <>
      <ActionMenu
        label={`Actions for ${node.name}`}
        actions={actions.map(({ id, label, disabledReason, ask }) => ({
          label,
          onSelect: ask,
          disabledReason,
          isDangerous: id === 'drain' || id === 'remove',
        }))}
      />
      {asking !== null && <NodeQuestions node={node} asking={asking} close={() => setAsking(null)} />}
    </>
  )
}
