'use client'
/** What is asked before a node is steered. */
import { CordonNodeDocument, UncordonNodeDocument, type NodeRowFragment } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { DrainDialog } from './drain-dialog.tsx'
import { RemoveNodeDialog } from './remove-node-dialog.tsx'
import type { NodeAct } from './use-node-acts.ts'

type Node = Pick<NodeRowFragment, 'name' | 'drainDeadline' | 'podCount' | 'sessionCount'>

type QuestionsProps = { readonly node: Node; readonly asking: NodeAct; readonly close: () => void }

export function NodeQuestions({ node, asking, close }: QuestionsProps) {
  return (
    <>
      {asking === 'cordon' && (
        <ConfirmDialog
          title={`Cordon ${node.name}?`}
          description="New pods will go to other nodes. What runs here goes on."
          verb="Cordon"
          act={() => runMutation(CordonNodeDocument, { name: node.name }, (result) => result.cordonNode.problem)}
          onClose={close}
        />
      )}
      {asking === 'uncordon' && (
        <ConfirmDialog
          title={`Uncordon ${node.name}?`}
          description={
            node.drainDeadline === null
              ? 'New pods may come to it again.'
              : 'This ends the drain: new pods may come to it again.'
          }
          verb="Uncordon"
          act={() => runMutation(UncordonNodeDocument, { name: node.name }, (result) => result.uncordonNode.problem)}
          onClose={close}
        />
      )}
      {asking === 'drain' && <DrainDialog name={node.name} onClose={close} />}
      {asking === 'remove' && <RemoveNodeDialog node={node} onClose={close} />}
    </>
  )
}
