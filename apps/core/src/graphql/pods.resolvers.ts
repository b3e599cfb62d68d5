/** Pods and their logs. */
import { abortable } from '@fornax/kernel/abortable'
import { unreachable } from '@fornax/kernel/assert'
import { PodLogUnavailableError } from '../pods/pod-log.ts'
import type { PodView } from '../pods/pod.ts'
import { pageOf, pageSize, type Order } from './connections.ts'
import { badInput } from './bad-input.ts'
import { logUnavailable } from './errors.ts'
import { podMatches } from './filters.ts'
import type {
  PodHibernationResolvers,
  PodResolvers,
  QueryResolvers,
  ResolversTypes,
  SubscriptionResolvers,
} from './generated/resolver-types.ts'
import { LOG_LINES_MAX } from './limits.ts'
import { podPlacement } from './placement-words.ts'
import { toDateTime } from './scalars.ts'
import { visibleApplication, visibleNode, visiblePod, visiblePods, within } from './visibility.ts'
import { selectPods } from './watch-selections.ts'
import { watch, type WatchEvent } from './watch.ts'

const newestPodFirst: Order<PodView> = {
  tag: 'pods',
  direction: 'descending',
  first: (pod) => pod.createdAtMs,
  second: (pod) => pod.id,
}

export const podQueries: Required<Pick<QueryResolvers, 'pod' | 'pods'>> = {
  pod: (_root, { id }, { core, scope }) => visiblePod(core.fleet, scope, id),
  pods: (_root, args, { core: { fleet }, scope, budget }) => {
    budget.take(pageSize(args))
    const selected = visiblePods(fleet, scope, args.where).filter(podMatches(args.where))
    return { ...pageOf(selected, newestPodFirst, args), resourceVersion: fleet.resourceVersion }
  },
}

export const podSubscriptions: Required<Pick<SubscriptionResolvers, 'podLogs' | 'watchPods'>> = {
  podLogs: {
    subscribe: (_root, { podId, tailLines, follow }, { core, scope }) => {
      if (tailLines < 0 || tailLines > LOG_LINES_MAX)
        throw badInput(`tailLines is ${tailLines}; 0 to ${LOG_LINES_MAX} are possible.`)
      if (visiblePod(core.fleet, scope, podId) === null) throw badInput(`There is no pod "${podId}".`)
      return abortable(async function* (signal) {
        try {
          for await (const batch of core.podLog(podId, { tailLines, follow }, signal)) yield { podLogs: batch }
        } catch (error) {
          throw error instanceof PodLogUnavailableError ? logUnavailable(error.message) : error
        }
      })
    },
  },
  watchPods: {
    subscribe: (_root, { where, after }, { core, scope, feeds }) =>
      watch(feeds.pods, selectPods(core.fleet, scope, where), after ?? null),
    resolve: toWatchEvent,
  },
}

export const podTypes: { readonly Pod: PodResolvers; readonly PodHibernation: PodHibernationResolvers } = {
  PodHibernation: { wakeMs: ({ wakeUs }) => (wakeUs === null ? null : wakeUs / 1_000) },
  Pod: {
    application: ({ applicationId }, _args, { core, scope }) => visibleApplication(core.fleet, scope, applicationId),
    cpuMillisUsed: ({ usage }) => usage?.cpuMillis ?? null,
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    failure: ({ failure }) => failure?.message ?? null,
    lastLogLines: ({ failure }) => failure?.lastLogLines ?? [],
    memoryBytesUsed: ({ usage }) => usage?.memoryBytes ?? null,
    node: ({ nodeName }, _args, { core, scope }) =>
      nodeName === null ? null : visibleNode(core.fleet, scope, nodeName),
    placement: (pod, _args, { core }) => podPlacement(core.fleet, pod),
    phaseSince: ({ phaseSinceMs }) => toDateTime(phaseSinceMs),
    receivedBytesPerSecond: ({ usage }) => usage?.receivedBytesPerSecond ?? null,
    sentBytesPerSecond: ({ usage }) => usage?.sentBytesPerSecond ?? null,
    sessions: ({ sessionIds }, _args, { core, scope }) =>
      [...sessionIds].map((id) => within(scope, core.fleet.session(id))).filter((session) => session !== null),
    swappedBytes: ({ usage }) => usage?.swappedBytes ?? null,
    versionNumber: ({ version }) => version.number,
  },
}

function toWatchEvent(event: WatchEvent<PodView>): Awaited<ResolversTypes['PodWatchEvent']> {
  switch (event.kind) {
    case 'snapshot': {
      const { items: pods, isLast, resourceVersion } = event
      return { __typename: 'PodSnapshot', pods, isLast, resourceVersion }
    }
    case 'changes':
      return { __typename: 'PodChanges', ...event }
    case 'bookmark':
      return { __typename: 'PodBookmark', resourceVersion: event.resourceVersion }
    default:
      return unreachable(event)
  }
}
