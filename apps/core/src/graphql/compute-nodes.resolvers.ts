/** Machines: everybody sees their own part of them, the operator steers them. */
import { unreachable } from '@fornax/kernel/assert'
import { nodeIdentity } from './admissions.resolvers.ts'
import { pageOf, pageSize } from './connections.ts'
import type { RequestContext } from './context.ts'
import type { FleetReader, WriteNodeResult } from './core-port.ts'
import { badInput } from './bad-input.ts'
import { computeNodeMatches, labelsOf } from './filters.ts'
import type {
  ComputeNodeResolvers,
  MutationResolvers,
  NodeConditionResolvers,
  QueryResolvers,
  ResolversTypes,
  SubscriptionResolvers,
} from './generated/resolver-types.ts'
import { computeNodeId } from './ids.ts'
import { nodeOrder } from './node-order.ts'
import { toLabels } from './labels.ts'
import { computeNodeConnected, computeNodeNotFound } from './problems.ts'
import { toDateTime } from './scalars.ts'
import { visibleNode, visibleNodes, visiblePods, type Scope, type VisibleNode } from './visibility.ts'
import { selectComputeNodes } from './watch-selections.ts'
import { watch, type WatchEvent } from './watch.ts'

export const computeNodeQueries: Required<Pick<QueryResolvers, 'computeNode' | 'computeNodes'>> = {
  computeNode: (_root, { name }, { core, scope }) => visibleNode(core.fleet, scope, name),
  computeNodes: (_root, args, { core: { fleet }, scope, budget }) => {
    budget.take(pageSize(args))
    const selected = visibleNodes(fleet, scope).filter(computeNodeMatches(args.where)).toArray()
    const { resourceVersion } = fleet
    const order = nodeOrder(args.orderBy)
    return { ...pageOf(selected, order, args), totalCount: selected.length, resourceVersion }
  },
}

export const computeNodeMutations: Required<
  Pick<MutationResolvers, 'cordonNode' | 'uncordonNode' | 'drainNode' | 'removeNode'>
> = {
  cordonNode: async (_root, { input: { name } }, context) =>
    toPayload(await context.core.useCases.cordonNode(context.viewer, name), context),
  uncordonNode: async (_root, { input: { name } }, context) =>
    toPayload(await context.core.useCases.uncordonNode(context.viewer, name), context),
  drainNode: async (_root, { input: { name, sessionsMayLastMs } }, context) => {
    if (sessionsMayLastMs < 0) throw badInput(`sessionsMayLastMs is ${sessionsMayLastMs}; at least 0 is needed.`)
    const command = { nodeName: name, sessionsMayLastMs }
    return toPayload(await context.core.useCases.drainNode(context.viewer, command), context)
  },
  removeNode: async (_root, { input: { name } }, { core, viewer }) => {
    const result = await core.useCases.removeNode(viewer, name)
    const { resourceVersion } = core.fleet
    if (result.kind === 'removed') return { removedId: computeNodeId(name), problem: null, resourceVersion }
    const problem = result.kind === 'nodeConnected' ? computeNodeConnected(name) : computeNodeNotFound(name)
    return { removedId: null, problem, resourceVersion }
  },
}

export const computeNodeSubscriptions: Required<Pick<SubscriptionResolvers, 'watchComputeNodes'>> = {
  watchComputeNodes: {
    subscribe: (_root, { where, after }, { core, scope, feeds }) =>
      watch(feeds.computeNodes, selectComputeNodes(core.fleet, scope, where), after ?? null),
    resolve: toWatchEvent,
  },
}

/** Looks at each pod of the node: nobody else needs the number, so nobody keeps it. */
function countHibernated(fleet: FleetReader, scope: Scope, nodeName: string): number {
  let count = 0
  for (const pod of visiblePods(fleet, scope, { nodeName }))
    if (pod.phase === 'hibernated' && pod.nodeName === nodeName) count += 1
  return count
}

const NOTHING = { cpuMillis: 0, memoryBytes: 0, pods: 0 }

export const computeNodeTypes: {
  readonly ComputeNode: ComputeNodeResolvers
  readonly NodeCondition: NodeConditionResolvers
} = {
  NodeCondition: { since: ({ sinceMs }) => toDateTime(sinceMs) },
  ComputeNode: {
    address: ({ view }) => view.introduction?.address ?? '',
    agentVersion: ({ view }) => view.introduction?.agentVersion ?? '',
    capacity: ({ view }) => view.introduction?.resources ?? NOTHING,
    conditions: ({ view }) => view.conditions,
    cpuMillisUsed: ({ usage }) => usage?.cpuMillis ?? null,
    drainDeadline: ({ view }) => toDateTime(view.registered.drainDeadlineMs),
    hibernatedPodCount: ({ view }, _args, { core, scope }) => countHibernated(core.fleet, scope, view.registered.name),
    id: ({ view }) => computeNodeId(view.registered.name),
    identity: nodeIdentity,
    isCordoned: ({ view }) => view.registered.isCordoned,
    joinedAt: ({ view }) => toDateTime(view.registered.joinedAtMs),
    labels: ({ view }) => toLabels(labelsOf(view)),
    linkTimeline: ({ view }) => view.link,
    lastHeardAt: ({ view }) => toDateTime(view.lastHeardAtMs),
    memoryBytesUsed: ({ usage }) => usage?.memoryBytes ?? null,
    name: ({ view }) => view.registered.name,
    phase: ({ view }) => view.phase,
    revision: ({ view }) => view.revision,
    runtimes: ({ view }) => view.introduction?.runtimes ?? [],
    taints: ({ view }) => view.introduction?.taints ?? [],
  },
}

type Payload = Exclude<Awaited<ResolversTypes['DrainNodePayload']>, null>

function toPayload(result: WriteNodeResult, { core: { fleet }, scope }: RequestContext): Payload {
  const { resourceVersion } = fleet
  if (result.kind === 'nodeNotFound')
    return { computeNode: null, problem: computeNodeNotFound(result.name), resourceVersion, sessionCount: 0 }
  const computeNode = visibleNode(fleet, scope, result.node.registered.name)
  return { computeNode, problem: null, resourceVersion, sessionCount: result.sessionCount }
}

function toWatchEvent(event: WatchEvent<VisibleNode>): Awaited<ResolversTypes['ComputeNodeWatchEvent']> {
  switch (event.kind) {
    case 'snapshot': {
      const { items: computeNodes, isLast, resourceVersion } = event
      return { __typename: 'ComputeNodeSnapshot', computeNodes, isLast, resourceVersion }
    }
    case 'changes':
      return { __typename: 'ComputeNodeChanges', ...event }
    case 'bookmark':
      return { __typename: 'ComputeNodeBookmark', resourceVersion: event.resourceVersion }
    default:
      return unreachable(event)
  }
}
