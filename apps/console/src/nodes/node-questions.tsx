'use client'
/** What is asked before a node is steered. */
import type { NodeRowFragment } from '../graphql/generated/documents.ts'
import { useNoticeBoard } from '../notices/notice-context.tsx'
import type { ActionOutcome } from '../ui/action.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { DrainDialog } from './drain-dialog.tsx'
import { cordon, cordonDeed, uncordon, uncordonDeed } from './node-deeds.ts'
import { RemoveNodeDialog } from './remove-node-dialog.tsx'
import type { NodeAct } from './use-node-acts.ts'

type Node = Pick<NodeRowFragment, 'name' | 'drainDeadline' | 'podCount' | 'sessionCount'>

type QuestionsProps = { readonly node: Node; readonly asking: NodeAct; readonly close: () => void }

export function NodeQuestions({ node, asking, close }: QuestionsProps) {
  const board = useNoticeBoard()
  const actCordon = async (): Promise<ActionOutcome> => {
    const outcome = await cordon(node)
    if (outcome.isOurs) board.tell(cordonDeed([node]))
    return outcome
  }
  const actUncordon = async (): Promise<ActionOutcome> => {
    const outcome = await uncordon(node)
    if (outcome.isOurs) board.tell(uncordonDeed([node]))
    return outcome
  }
  return (
    <>
      {asking === 'cordon' && (
        <ConfirmDialog
          title={`Cordon ${node.name}?`}
          description="New pods will go to other nodes. What runs here goes on."
          verb="Cordon"
          act={actCordon}
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
          act={actUncordon}
          onClose={close}
        />
      )}
      {asking === 'drain' && <DrainDialog name={node.name} onClose={close} />}
      {asking === 'remove' && <RemoveNodeDialog node={node} onClose={close} />}
    </>
  )
}
