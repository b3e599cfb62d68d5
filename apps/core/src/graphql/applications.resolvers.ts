/** Applications, their versions and their scaling. */
import { unreachable } from '@fornax/kernel/assert'
import type { Readiness } from '../applications/application.ts'
import type { ApplicationView } from '../fleet/views.ts'
import { toPolicy, toSpec, toVersionChange } from './application-input.ts'
import { pageOf, pageSize, type Order } from './connections.ts'
import type { RequestContext } from './context.ts'
import type { CreateApplicationResult, DeleteApplicationResult, WriteApplicationResult } from './core-port.ts'
import { applicationMatches } from './filters.ts'
import type {
  ApplicationFailureResolvers,
  ApplicationResolvers,
  ApplicationVersionResolvers,
  LivenessResolvers,
  MutationResolvers,
  PoolResolvers,
  QueryResolvers,
  ReadinessResolvers,
  ResolversTypes,
  ScalingPolicyResolvers,
  SubscriptionResolvers,
} from './generated/resolver-types.ts'
import { toLabels } from './labels.ts'
import { applicationNameTaken, applicationNotFound, invalidInput, revisionConflict } from './problems.ts'
import { provisionFields } from './provision-fields.ts'
import { toDateTime } from './scalars.ts'
import { toWindow } from './windows.ts'
import { visibleApplications } from './visibility.ts'
import { selectApplications } from './watch-selections.ts'
import { watch, type WatchEvent } from './watch.ts'

const byName: Order<ApplicationView> = {
  tag: 'applications',
  direction: 'ascending',
  first: ({ definition }) => definition.name,
  second: ({ definition }) => definition.id,
}

export const applicationQueries: Required<Pick<QueryResolvers, 'application' | 'applications'>> = {
  application: (_root, { name }, { core, viewer }) => core.fleet.applicationNamed(viewer.tenantId, name),
  applications: (_root, args, { core: { fleet }, scope, budget }) => {
    budget.take(pageSize(args))
    const selected = visibleApplications(fleet, scope).filter(applicationMatches(args.where)).toArray()
    const { resourceVersion } = fleet
    return { ...pageOf(selected, byName, args), totalCount: selected.length, resourceVersion }
  },
}

type Writes = 'createApplication' | 'publishApplicationVersion' | 'updateScalingPolicy' | 'deleteApplication'

export const applicationMutations: Required<Pick<MutationResolvers, Writes>> = {
  createApplication: async (_root, { input }, context) => {
    const spec = toSpec(input.version)
    const policy = toPolicy(input.scalingPolicy)
    if (spec.kind === 'invalid') return refused(invalidInput(spec.problem), context)
    if (policy.kind === 'invalid') return refused(invalidInput(policy.problem), context)
    const command = { name: input.name, spec: spec.value, policy: policy.value }
    return toCreatePayload(await context.core.useCases.createApplication(context.viewer, command), context)
  },
  publishApplicationVersion: async (_root, { input }, context) => {
    const change = toVersionChange(input)
    if (change.kind === 'invalid') return refused(invalidInput(change.problem), context)
    const command = { application: input.application, revision: input.revision ?? null, change: change.value }
    return toWritePayload(await context.core.useCases.publishVersion(context.viewer, command), context)
  },
  updateScalingPolicy: async (_root, { input }, context) => {
    const policy = toPolicy(input.scalingPolicy)
    if (policy.kind === 'invalid') return refused(invalidInput(policy.problem), context)
    const command = { application: input.application, revision: input.revision ?? null, policy: policy.value }
    return toWritePayload(await context.core.useCases.updateScalingPolicy(context.viewer, command), context)
  },
  deleteApplication: async (_root, { input }, context) => {
    const command = { application: input.application, revision: input.revision ?? null }
    return toDeletePayload(await context.core.useCases.deleteApplication(context.viewer, command), context)
  },
}

export const applicationSubscriptions: Required<Pick<SubscriptionResolvers, 'watchApplications'>> = {
  watchApplications: {
    subscribe: (_root, { where, after }, { core, scope, feeds }) =>
      watch(feeds.applications, selectApplications(core.fleet, scope, where), after ?? null),
    resolve: toWatchEvent,
  },
}

/** What is told of a probe, flat. */
const PROBED = {
  command: ({ probe }: Pick<Readiness, 'probe'>) => (probe.kind === 'exec' ? probe.command : []),
  httpPath: ({ probe }: Pick<Readiness, 'probe'>) => (probe.kind === 'http' ? probe.path : null),
  portName: ({ probe }: Pick<Readiness, 'probe'>) => ('portName' in probe ? probe.portName : null),
  probe: ({ probe }: Pick<Readiness, 'probe'>) => probe.kind,
}

export const applicationTypes: {
  readonly Application: ApplicationResolvers
  readonly ApplicationFailure: ApplicationFailureResolvers
  readonly ApplicationVersion: ApplicationVersionResolvers
  readonly Liveness: LivenessResolvers
  readonly Pool: PoolResolvers
  readonly Readiness: ReadinessResolvers
  readonly ScalingPolicy: ScalingPolicyResolvers
} = {
  Application: {
    createdAt: ({ definition }) => toDateTime(definition.createdAtMs),
    fallbackVersion: ({ definition }) => definition.fallback,
    id: ({ definition }) => definition.id,
    images: ({ definition }, _args, { core }) => core.imagesOf(definition.version.id),
    name: ({ definition }) => definition.name,
    pool: ({ counts }) => counts,
    poolHistory: ({ definition }, { window }, { core }) => core.history.pool(definition.id, toWindow(window)),
    problem: ({ failure }) => failure,
    revision: ({ definition }) => definition.revision,
    scalingPolicy: ({ definition }) => definition.scalingPolicy,
    sessionCount: ({ openSessions }) => openSessions,
    tenant: ({ definition }, _args, { core }) => core.tenants.tenant(definition.tenantId)?.name ?? definition.tenantId,
    version: ({ definition }) => definition.version,
    versions: ({ definition }, _args, { core }) => core.store.versions(definition.id),
    waitingSessionCount: ({ waitingSessions }) => waitingSessions,
  },
  ApplicationFailure: {
    retryAt: ({ retryAtMs }) => toDateTime(retryAtMs),
    since: ({ sinceMs }) => toDateTime(sinceMs),
  },
  ApplicationVersion: {
    args: ({ spec }) => spec.args,
    capabilities: ({ spec }) => spec.capabilities,
    command: ({ spec }) => spec.command,
    createdAt: ({ createdAtMs }) => toDateTime(createdAtMs),
    env: ({ spec }) => toLabels(spec.env),
    hasWritableRoot: ({ spec }) => spec.hasWritableRoot,
    image: ({ spec }) => spec.image,
    liveness: ({ spec }) => spec.liveness,
    minIsolation: ({ spec }) => spec.minIsolation,
    ports: ({ spec }) => spec.ports,
    readiness: ({ spec }) => spec.readiness,
    resources: ({ spec: { cpuMillis, memoryBytes, ephemeralBytes } }) => ({ cpuMillis, memoryBytes, ephemeralBytes }),
    runtimeClass: ({ spec }) => spec.runtimeClass,
    sessionsPerPod: ({ spec }) => spec.sessionsPerPod,
    terminationGraceMs: ({ spec }) => spec.terminationGraceMs,
    toleratesSimulated: ({ spec }) => spec.toleratesSimulated,
    user: ({ spec }) => spec.user,
    usesSessionService: ({ spec }) => spec.usesSessionService,
    workingDirectory: ({ spec }) => spec.workingDirectory,
    ...provisionFields,
  },
  Liveness: PROBED,
  Pool: {
    total: ({ active, creating, hibernated, pending, standby, terminating }) =>
      active + creating + hibernated + pending + standby + terminating,
  },
  Readiness: PROBED,
  ScalingPolicy: {
    idleCount: ({ target }) => (target.kind === 'idleCount' ? target : null),
    idlePercent: ({ target }) => (target.kind === 'idlePercent' ? target : null),
  },
}

function refused<Problem>(problem: Problem, { core }: RequestContext) {
  return { application: null, problem, resourceVersion: core.fleet.resourceVersion }
}

function written(application: ApplicationView, { core }: RequestContext) {
  return { application, problem: null, resourceVersion: core.fleet.resourceVersion }
}

function toCreatePayload(result: CreateApplicationResult, context: RequestContext) {
  switch (result.kind) {
    case 'created':
      return written(result.application, context)
    case 'nameTaken':
      return refused(applicationNameTaken(result.name), context)
    case 'invalid':
      return refused(invalidInput(result), context)
    default:
      return unreachable(result)
  }
}

function toWritePayload(result: WriteApplicationResult, context: RequestContext) {
  return result.kind === 'invalid' ? refused(invalidInput(result), context) : toDeletePayload(result, context)
}

function toDeletePayload(result: DeleteApplicationResult, context: RequestContext) {
  switch (result.kind) {
    case 'written':
      return written(result.application, context)
    case 'applicationNotFound':
      return refused(applicationNotFound(result.application), context)
    case 'conflict':
      return refused(revisionConflict(result.currentRevision), context)
    default:
      return unreachable(result)
  }
}

function toWatchEvent(event: WatchEvent<ApplicationView>): Awaited<ResolversTypes['ApplicationWatchEvent']> {
  switch (event.kind) {
    case 'snapshot': {
      const { items: applications, isLast, resourceVersion } = event
      return { __typename: 'ApplicationSnapshot', applications, isLast, resourceVersion }
    }
    case 'changes':
      return { __typename: 'ApplicationChanges', ...event }
    case 'bookmark':
      return { __typename: 'ApplicationBookmark', resourceVersion: event.resourceVersion }
    default:
      return unreachable(event)
  }
}
