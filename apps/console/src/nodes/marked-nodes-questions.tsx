'use client'
/** What is asked before several nodes are steered, with what it would do. */
import { useState } from 'react'
import { unreachable } from '@fornax/kernel/assert'
import { formatCount, plural } from '../format/quantity.ts'
import {
  DrainNodeDocument,
  DrainsPreviewDocument,
  RemoveNodeDocument,
  type NodeRowFragment,
} from '../graphql/generated/documents.ts'
import { runForEach } from '../graphql/run-for-each.ts'
import type { OwnedOutcome } from '../graphql/run-if-still.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import { surfaceOf, useLiveQuery } from '../live/use-live-query.ts'
import type { Deed } from '../notices/notice-board.ts'
import { useNoticeBoard } from '../notices/notice-context.tsx'
import type { ActionOutcome } from '../ui/action.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { RowsSkeleton } from '../ui/skeleton.tsx'
import { Surface } from '../ui/surface.tsx'
import { DrainedApplications, DrainLoss, GraceField, USUAL_GRACE_MS } from './drain-preview.tsx'
import type { Asked } from './marked-nodes-bar.tsx'
import { cordon, cordonDeed, uncordon, uncordonDeed } from './node-deeds.ts'

type Nodes = readonly NodeRowFragment[]

/** One that is gone already is as it should be. */
function remove({ name }: NodeRowFragment) {
  return runMutation(RemoveNodeDocument, { name }, ({ removeNode: { problem } }) =>
    problem?.code === 'ComputeNodeNotFound' ? null : problem,
  )
}

type DialogProps = { readonly nodes: Nodes; readonly close: () => void }

export function MarkedNodesQuestions({ asked, close }: { readonly asked: Asked; readonly close: () => void }) {
  const { act, nodes } = asked
  switch (act) {
    case 'cordon':
      return <CordonAll {...{ nodes, close }} />
    case 'uncordon':
      return <UncordonAll {...{ nodes, close }} />
    case 'drain':
      return <DrainAll {...{ nodes, close }} />
    case 'remove':
      return <RemoveAll {...{ nodes, close }} />
    default:
      return unreachable(act)
  }
}

/**
 * The nodes that it is still to be done to: after a failure, or when it was stopped, only the rest. What was done can
 * be taken back where there is a deed for it.
 */
function useLeft(nodes: Nodes) {
  const [left, setLeft] = useState(nodes)
  const board = useNoticeBoard()
  const actWith =
    (run: (node: NodeRowFragment) => Promise<ActionOutcome | OwnedOutcome>, deedOf?: (done: Nodes) => Deed) =>
    async (stop: AbortSignal) => {
      const ours: NodeRowFragment[] = []
      const runOne = async (node: NodeRowFragment): Promise<ActionOutcome> => {
        const outcome = await run(node)
        if ('isOurs' in outcome && outcome.isOurs) ours.push(node)
        return outcome
      }
      const outcome = await runForEach(left, runOne, stop)
      if (outcome.kind === 'failed') setLeft(outcome.left)
      if (deedOf !== undefined && ours.length > 0) board.tell(deedOf(ours))
      return outcome
    }
  return { left, actWith }
}

function CordonAll({ nodes: all, close }: DialogProps) {
  const { left: nodes, actWith } = useLeft(all)
  return (
    <ConfirmDialog
      title={`Cordon ${plural(nodes.length, 'node')}?`}
      description={`${namesOf(nodes)}. New pods will go to other nodes; what runs on these goes on. Uncordon takes it back.`}
      verb={`Cordon ${plural(nodes.length, 'node')}`}
      isStoppable
      act={actWith(cordon, cordonDeed)}
      onClose={close}
    />
  )
}

function UncordonAll({ nodes: all, close }: DialogProps) {
  const { left: nodes, actWith } = useLeft(all)
  const draining = nodes.filter(({ drainDeadline }) => drainDeadline !== null).length
  return (
    <ConfirmDialog
      title={`Uncordon ${plural(nodes.length, 'node')}?`}
      description={`${namesOf(nodes)}. New pods may come to them again.${draining === 0 ? '' : ` This ends ${plural(draining, 'drain')}.`}`}
      verb={`Uncordon ${plural(nodes.length, 'node')}`}
      isStoppable
      act={actWith(uncordon, uncordonDeed)}
      onClose={close}
    />
  )
}

/** As many as the preview tells of at once. */
const DRAINED_MAX = 1_000

function DrainAll({ nodes: all, close }: DialogProps) {
  const { left: nodes, actWith } = useLeft(all.slice(0, DRAINED_MAX))
  const [sessionsMayLastMs, setGrace] = useState<number>(USUAL_GRACE_MS)
  const answer = useLiveQuery(DrainsPreviewDocument, { names: nodes.map(({ name }) => name), sessionsMayLastMs })
  const drain = ({ name }: NodeRowFragment) =>
    runMutation(DrainNodeDocument, { name, sessionsMayLastMs }, (result) => result.drainNode.problem)
  return (
    <ConfirmDialog
      title={`Drain ${plural(nodes.length, 'node')}?`}
      description={`${namesOf(nodes)}. New pods go to other nodes, their idle pods stop, and their sessions end as below. Uncordon them to call the drains off; what has ended by then stays ended.${beyond(all.length)}`}
      verb={`Drain ${plural(nodes.length, 'node')}`}
      isDangerous
      isStoppable
      act={actWith(drain)}
      onClose={close}
    >
      <div className="mt-4 flex flex-col gap-4">
        <GraceField graceMs={sessionsMayLastMs} onChange={setGrace} />
        <section aria-label="What would happen" className="overflow-hidden rounded-lg border border-line">
          <Surface
            state={surfaceOf(answer)}
            what="What would happen"
            skeleton={<RowsSkeleton rows={3} />}
            isEmpty={({ drainsPreview }) => drainsPreview.nodeCount === 0}
            empty={<p className="p-4 text-soft">These nodes are gone.</p>}
          >
            {({ drainsPreview }) => (
              <div className="max-h-64 overflow-auto text-sm">
                <DrainLoss {...drainsPreview} />
                <DrainedApplications applications={drainsPreview.applications} />
              </div>
            )}
          </Surface>
        </section>
      </div>
    </ConfirmDialog>
  )
}

function beyond(count: number): string {
  if (count <= DRAINED_MAX) return ''
  return ` No more than ${formatCount(DRAINED_MAX)} are drained at once: ${plural(count - DRAINED_MAX, 'node')} of those that are marked will be left.`
}

function RemoveAll({ nodes: all, close }: DialogProps) {
  const { left: nodes, actWith } = useLeft(all)
  const pods = nodes.reduce((sum, { podCount }) => sum + podCount, 0)
  const sessions = nodes.reduce((sum, { sessionCount }) => sum + sessionCount, 0)
  return (
    <ConfirmDialog
      title={`Remove ${plural(nodes.length, 'node')}?`}
      description={`${namesOf(nodes)}. ${plural(pods, 'pod')} and ${plural(sessions, 'session')} are given up. Machines that come back must join anew. This cannot be undone.`}
      verb={`Remove ${plural(nodes.length, 'node')}`}
      isDangerous
      typedWord={`remove ${nodes.length}`}
      isStoppable
      act={actWith(remove)}
      onClose={close}
    />
  )
}

const NAMED_MAX = 4

function namesOf(nodes: Nodes): string {
  const named = nodes.slice(0, NAMED_MAX).map(({ name }) => name)
  const more = nodes.length - named.length
  return more > 0 ? `${named.join(', ')} and ${plural(more, 'more node', 'more nodes')}` : named.join(', ')
}
