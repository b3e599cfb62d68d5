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
} from '../graphql/generated/documents.ts'
import { runForEach } from '../graphql/run-for-each.ts'
import { changedMeanwhile, runIfStill } from '../graphql/run-if-still.ts'
import { runMutation } from '../graphql/run-mutation.ts'
import type { Deed } from '../notices/notice-board.ts'
import type { ActionOutcome } from '../ui/action.ts'

type Node = Pick<NodeRowFragment, 'name'>

export function cordon({ name }: Node): Promise<ActionOutcome> {
  return runMutation(CordonNodeDocument, { name }, (result) => result.cordonNode.problem)
}

export function uncordon({ name }: Node): Promise<ActionOutcome> {
  return runMutation(UncordonNodeDocument, { name }, (result) => result.uncordonNode.problem)
}

/** These were cordoned. */
export function cordonDeed(nodes: readonly Node[]): Deed {
  const which = whichOf(nodes)
  return {
    about: which,
    done: `${which} ${are(nodes)} cordoned.`,
    undone: `${which} ${are(nodes)} uncordoned.`,
    undo: () => runForEach(nodes, (node) => runWhile(node, true, () => uncordon(node))),
  }
}

/** These were uncordoned, and were not being drained before. */
export function uncordonDeed(nodes: readonly Node[]): Deed {
  const which = whichOf(nodes)
  return {
    about: which,
    done: `${which} ${are(nodes)} uncordoned.`,
    undone: `${which} ${are(nodes)} cordoned.`,
    undo: () => runForEach(nodes, (node) => runWhile(node, false, () => cordon(node))),
  }
}

function runWhile({ name }: Node, isCordoned: boolean, act: () => Promise<ActionOutcome>): Promise<ActionOutcome> {
  const whyNot = (standing: { readonly isCordoned: boolean; readonly drainDeadline: string | null } | null) => {
    if (standing === null) return `${name} is gone.`
    const isAsLeft = standing.isCordoned === isCordoned && standing.drainDeadline === null
    return isAsLeft ? null : changedMeanwhile(name)
  }
  return runIfStill(
    { document: NodeStandingDocument, variables: { name }, whyNot: ({ computeNode }) => whyNot(computeNode) },
    act,
  )
}

function whichOf(nodes: readonly Node[]): string {
  const [first] = nodes
  return nodes.length === 1 && first !== undefined ? first.name : plural(nodes.length, 'node')
}

function are(nodes: readonly Node[]): string {
  return nodes.length === 1 ? 'is' : 'are'
}
