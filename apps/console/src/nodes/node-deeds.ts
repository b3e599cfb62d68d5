/**
 * Cordoning, and how it is taken back: only at those nodes that still stand as they were left. Nobody else's cordon or
 * drain is overwritten.
 */
import { plural } from '../format/quantity.ts'
import {
  CordonNodeDocument,
  NodeStandingDocument,
  UncordonNodeDocument,
  type NodeRowFragment,
  type NodeStandingQuery,
} from '../graphql/generated/documents.ts'
import { runForEach } from '../graphql/run-for-each.ts'
import { changedMeanwhile, runAsFirst, runIfStill, type OwnedOutcome, type Standing } from '../graphql/run-if-still.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import type { Deed } from '../notices/notice-board.ts'
import type { ActionOutcome } from '../ui/action.ts'

type Node = Pick<NodeRowFragment, 'name'>

export function cordon(node: Node): Promise<OwnedOutcome> {
  return runAsFirst(standing(node, { isCordoned: false }), () => setCordoned(node))
}

/** One that ends a drain is not ours to take back: a drain is begun with its own question only. */
export function uncordon(node: Node): Promise<OwnedOutcome> {
  return runAsFirst(standing(node, { isCordoned: true }), () => setOpen(node))
}

/** These were cordoned. */
export function cordonDeed(nodes: readonly Node[]): Deed {
  return deedOf(nodes, { isCordoned: true, words: ['cordoned', 'uncordoned'], takeBack: setOpen })
}

/** These were uncordoned, and were not being drained before. */
export function uncordonDeed(nodes: readonly Node[]): Deed {
  return deedOf(nodes, { isCordoned: false, words: ['uncordoned', 'cordoned'], takeBack: setCordoned })
}

type Left = {
  /** As they were left. */
  readonly isCordoned: boolean
  /** What they are now, and what they were. */
  readonly words: readonly [string, string]
  readonly takeBack: (node: Node) => Promise<ActionOutcome>
}

function deedOf(nodes: readonly Node[], { isCordoned, words: [now, before], takeBack }: Left): Deed {
  const [first] = nodes
  const which = nodes.length === 1 && first !== undefined ? `${first.name} is` : `${plural(nodes.length, 'node')} are`
  return {
    about: `nodes ${nodes
      .map(({ name }) => name)
      .toSorted()
      .join(' ')}`,
    done: `${which} ${now}.`,
    undone: `${which} ${before}.`,
    undo: () => runForEach(nodes, (node) => runIfStill(standing(node, { isCordoned }), () => takeBack(node))),
  }
}

function setCordoned({ name }: Node): Promise<ActionOutcome> {
  return runMutation(CordonNodeDocument, { name }, (result) => result.cordonNode.problem)
}

function setOpen({ name }: Node): Promise<ActionOutcome> {
  return runMutation(UncordonNodeDocument, { name }, (result) => result.uncordonNode.problem)
}

/** It is cordoned, or open to pods, and nobody drains it. */
function standing(
  { name }: Node,
  { isCordoned }: { readonly isCordoned: boolean },
): Standing<NodeStandingQuery, { readonly name: string }> {
  const whyNot = ({ computeNode }: NodeStandingQuery): string | null => {
    if (computeNode === null) return `${name} is gone.`
    const isSo = computeNode.isCordoned === isCordoned && computeNode.drainDeadline === null
    return isSo ? null : changedMeanwhile(name)
  }
  return { document: NodeStandingDocument, variables: { name }, whyNot }
}
