'use client'
/** What an operator can do to a node, each asked for once more before it is done. */
import { useMemo, useState } from 'react'
import { CordonNodeDocument, UncordonNodeDocument, type NodeRowFragment } from '../graphql/generated/documents.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { usePageActions } from '../palette/palette-actions.ts'
import { Button } from '../ui/button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { ActionMenu } from '../ui/menu.tsx'
import { useRole } from '../viewer/viewer-context.tsx'
import { whyNoNodes } from '../viewer/viewer-rules.ts'
import { DrainDialog } from './drain-dialog.tsx'

type Asking = 'cordon' | 'uncordon' | 'drain'
type Node = Pick<NodeRowFragment, 'name' | 'isCordoned' | 'drainDeadline'>

/** What can be done, as a menu. */
export function NodeActions({ node }: { readonly node: Node }) {
  const [asking, setAsking] = useState<Asking | null>(null)
  const actions = useNodeActions(node, setAsking)
  return (
    <>
      <ActionMenu
        label={`Actions for ${node.name}`}
        actions={actions.map(({ id, label, disabledReason, ask }) => ({
          label,
          onSelect: ask,
          disabledReason,
          isDangerous: id === 'drain',
        }))}
      />
      <NodeQuestions node={node} asking={asking} close={() => setAsking(null)} />
    </>
  )
}

/** The same as buttons, and in the palette. */
export function NodeButtons({ node }: { readonly node: Node }) {
  const [asking, setAsking] = useState<Asking | null>(null)
  const actions = useNodeActions(node, setAsking)
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
      <NodeQuestions node={node} asking={asking} close={() => setAsking(null)} />
    </>
  )
}

type Action = {
  readonly id: Asking
  readonly verb: string
  readonly label: string
  readonly disabledReason: string | null
  readonly ask: () => void
}

function useNodeActions(node: Node, setAsking: (asking: Asking) => void): readonly Action[] {
  const noRight = whyNoNodes(useRole())
  const isDraining = node.drainDeadline !== null
  const isClosedToPods = node.isCordoned || isDraining
  return useMemo(() => {
    const action = (id: Asking, verb: string, disabledReason: string | null): Action => {
      return { id, verb, label: `${verb}…`, disabledReason, ask: () => setAsking(id) }
    }
    return [
      isClosedToPods ? action('uncordon', 'Uncordon', noRight) : action('cordon', 'Cordon', noRight),
      action('drain', 'Drain', noRight ?? (isDraining ? 'It is being drained already.' : null)),
    ]
  }, [isClosedToPods, isDraining, noRight, setAsking])
}

type QuestionsProps = { readonly node: Node; readonly asking: Asking | null; readonly close: () => void }

function NodeQuestions({ node, asking, close }: QuestionsProps) {
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
    </>
  )
}
