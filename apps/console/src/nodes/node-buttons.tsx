'use client'
/** What an operator can do to a node, as buttons, and in the palette. */
import dynamic from 'next/dynamic'
import { useMemo, useState } from 'react'
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { usePageActions } from '../palette/palette-actions.ts'
import { Button } from '../ui/button.tsx'
import { useNodeActs, type NodeAct } from './use-node-acts.ts'

const NodeQuestions = dynamic(() => import('./node-questions.tsx').then((module) => module.NodeQuestions), {
  ssr: false,
})

type Node = Pick<NodeRowFragment, 'name' | 'phase' | 'isCordoned' | 'drainDeadline' | 'podCount' | 'sessionCount'>

export function NodeButtons({ node }: { readonly node: Node }) {
  const [asking, setAsking] = useState<NodeAct | null>(null)
  const actions = useNodeActs(node, setAsking)
  const inPalette = useMemo(
    () => actions.map(({ verb, disabledReason, ask }) => ({ name: `${verb} ${node.name}`, disabledReason, act: ask })),
    [actions, node.name],
  )
  usePageActions(inPalette)
  return (
    <>
      {actions.map(({ id, label, disabledReason, ask }) => (
        <Button key={id} look="secondary" disabledReason={disabledReason} onClick={ask}>
          {label}
        </Button>
      ))}
      {asking !== null && <NodeQuestions node={node} asking={asking} close={() => setAsking(null)} />}
    </>
  )
}
