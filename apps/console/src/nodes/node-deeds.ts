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
  const which = whichOf(nodes)
  return {
    about: aboutOf(nodes),
    done: `${which} ${are(nodes)} cordoned.`,
    undone: `${which} ${are(nodes)} uncordoned.`,
    undo: () => runForEach(nodes, (node) => runIfStill(standing(node, { isCordoned: true }), () => setOpen(node))),
  }
}

/** These were uncordoned, and were not being drained before. */
export function uncordonDeed(nodes: readonly Node[]): Deed {
  const which = whichOf(nodes)
  return {
    about: aboutOf(nodes),
    done: `${which} ${are(nodes)} uncordoned.`,
    undone: `${which} ${are(nodes)} cordoned.`,
    undo: () => runForEach(nodes, (node) => runIfStill(standing(node, { isCordoned: false }), () => setCordoned(node))),
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

function aboutOf(nodes: readonly Node[]): string {
  return `nodes ${nodes
    .map(({ name }) => name)
    .toSorted()
    .join(' ')}`
}

function whichOf(nodes: readonly Node[]): string {
  const [first] = nodes
  return nodes.length === 1 && first !== undefined ? first.name : plural(nodes.length, 'node')
}

function are(nodes: readonly Node[]): string {
  return nodes.length === 1 ? 'is' : 'are'
}
