/** Latencies, pools and the fleet over time. */
import type { Whose } from '../history/series-names.ts'
import type { RequestContext } from './context.ts'
import type {
  FleetHistoryResolvers,
  FleetPointResolvers,
  LatencyHistoryResolvers,
  LatencySliceResolvers,
  PolicyPointResolvers,
  PoolHistoryResolvers,
  PoolPointResolvers,
  QueryResolvers,
} from './generated/resolver-types.ts'
import type { FleetHistoryView, LatencyHistoryView } from './history-views.ts'
import { toDateTime } from './scalars.ts'
import { toWindow } from './windows.ts'

export const historyQueries: Required<Pick<QueryResolvers, 'fleetHistory' | 'latencyHistory'>> = {
  fleetHistory: async (_root, { window }, { core: { history }, scope }): Promise<FleetHistoryView> => ({
    ...(await history.fleet(scope, toWindow(window))),
    objectives: history.objectives,
  }),
  latencyHistory: async (_root, { where, window }, context): Promise<LatencyHistoryView> => {
    const { history } = context.core
    const whose = whoseOf(where?.application ?? null, context)
    const report = await history.latency(whose, where?.start ?? null, toWindow(window))
    return { ...report, applications: () => history.applicationLatencies(whose, report.grid) }
  },
}

/** An application that is not there has an id that nothing has. */
function whoseOf(name: string | null, { core, viewer, scope }: RequestContext): Whose {
  if (name === null) return scope === null ? { kind: 'all' } : { kind: 'tenant', id: scope }
  const id = core.fleet.applicationNamed(viewer.tenantId, name)?.definition.id ?? ''
  return { kind: 'application', id }
}

export const historyTypes: {
  readonly FleetHistory: FleetHistoryResolvers
  readonly FleetPoint: FleetPointResolvers
  readonly LatencyHistory: LatencyHistoryResolvers
  readonly LatencySlice: LatencySliceResolvers
  readonly PolicyPoint: PolicyPointResolvers
  readonly PoolHistory: PoolHistoryResolvers
  readonly PoolPoint: PoolPointResolvers
} = {
  FleetHistory: {
    from: ({ grid }) => toDateTime(grid.fromMs),
    stepMs: ({ grid }) => grid.stepMs,
    until: ({ grid }) => toDateTime(grid.untilMs),
  },
  FleetPoint: { at: ({ atMs }) => toDateTime(atMs) },
  LatencyHistory: {
    applications: (report, _args, { core }) =>
      report.applications().map(({ tenantId, ...latency }) => ({
        ...latency,
        tenant: core.tenants.tenant(tenantId)?.name ?? tenantId,
      })),
    from: ({ grid }) => toDateTime(grid.fromMs),
    stepMs: ({ grid }) => grid.stepMs,
    until: ({ grid }) => toDateTime(grid.untilMs),
  },
  LatencySlice: { at: ({ atMs }) => toDateTime(atMs) },
  PolicyPoint: { at: ({ atMs }) => toDateTime(atMs) },
  PoolHistory: {
    from: ({ grid }) => toDateTime(grid.fromMs),
    stepMs: ({ grid }) => grid.stepMs,
    until: ({ grid }) => toDateTime(grid.untilMs),
  },
  PoolPoint: { at: ({ atMs }) => toDateTime(atMs) },
}
