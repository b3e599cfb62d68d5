/** What would happen: nothing here changes anything. */
import { policyProblem } from '../applications/scaling-policy-rules.ts'
import type { PodView } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import { toPolicy } from './application-input.ts'
import type { RequestContext } from './context.ts'
import { badInput } from './bad-input.ts'
import type { QueryResolvers, ResolversTypes } from './generated/resolver-types.ts'
import { invalidInput } from './problems.ts'
import { toDateTime } from './scalars.ts'
import { visibleNode } from './visibility.ts'

type DrainPreview = NonNullable<Awaited<ResolversTypes['DrainPreview']>>
type DrainsPreview = NonNullable<Awaited<ResolversTypes['DrainsPreview']>>
type PolicyPreview = NonNullable<Awaited<ResolversTypes['ScalingPolicyPreview']>>

/** That are drained at the same time. */
const NODES_MAX = 1_000

export const previewQueries: Required<Pick<QueryResolvers, 'drainPreview' | 'drainsPreview' | 'scalingPolicyPreview'>> =
  {
    drainPreview: (_root, { name, sessionsMayLastMs }, context) => {
      if (sessionsMayLastMs < 0) throw badInput(`sessionsMayLastMs is ${sessionsMayLastMs}; at least 0 is needed.`)
      return drainPreview(name, sessionsMayLastMs, context)
    },
    drainsPreview: (_root, { names, sessionsMayLastMs }, context) => {
      if (sessionsMayLastMs < 0) throw badInput(`sessionsMayLastMs is ${sessionsMayLastMs}; at least 0 is needed.`)
      if (names.length > NODES_MAX) throw badInput(`names has ${names.length} names; at most ${NODES_MAX} are allowed.`)
      context.budget.take(names.length)
      return drainsPreview(new Set(names), sessionsMayLastMs, context)
    },
    scalingPolicyPreview: (_root, { application, scalingPolicy }, { core, viewer }): PolicyPreview | null => {
      const definition = core.fleet.applicationNamed(viewer.tenantId, application)?.definition
      if (!definition) return null
      const parsed = toPolicy(scalingPolicy)
      const problem = parsed.kind === 'invalid' ? parsed.problem : policyProblem(parsed.value)
      const preview = core.history.previewPolicy(
        definition.id,
        parsed.kind === 'value' && problem === null ? parsed.value : definition.scalingPolicy,
      )
      if (preview === null) return null
      const { fromMs, untilMs, stepMs, sessionCount, current, proposed } = preview
      return {
        from: toDateTime(fromMs),
        until: toDateTime(untilMs),
        stepMs,
        sessionCount,
        current,
        proposed: problem === null ? proposed : null,
        problem: problem === null ? null : invalidInput(problem),
      }
    },
  }

function drainPreview(name: string, lastMs: number, context: RequestContext): DrainPreview | null {
  const computeNode = visibleNode(context.core.fleet, context.scope, name)
  const drained = drainOf(name, lastMs, context)
  if (drained === null || computeNode === null) return null
  const { plan, pods, stopping } = drained
  const sessions = drained.sessions.map(({ session, closesAtMs, endsByMs, reason }) => {
    return { session, reason, closesAt: toDateTime(closesAtMs), endsBy: toDateTime(endsByMs) }
  })
  return {
    applications: byApplication(context, {
      names: new Set([name]),
      stopping,
      sessions: sessions.map(({ session }) => session),
    }),
    computeNode,
    deadline: toDateTime(plan.deadlineMs),
    pods,
    podsStoppingCount: stopping.length,
    sessions,
  }
}

function drainsPreview(names: ReadonlySet<string>, lastMs: number, context: RequestContext): DrainsPreview {
  const drains = [...names].flatMap((name) => drainOf(name, lastMs, context) ?? [])
  const stopping = drains.flatMap((drain) => drain.stopping)
  const sessions = drains.flatMap((drain) => drain.sessions.map(({ session }) => session))
  return {
    applications: byApplication(context, { names, stopping, sessions }),
    deadline: toDateTime(context.core.clock.nowMs() + lastMs),
    nodeCount: drains.length,
    podsStoppingCount: stopping.length,
    sessionCount: sessions.length,
  }
}

/** What a drain does, with the things themselves; null when there is no such node. */
function drainOf(name: string, lastMs: number, { core: { fleet } }: RequestContext) {
  const plan = fleet.drainPlan(name, lastMs)
  if (plan === null) return null
  const pods = plan.pods.flatMap(({ podId, fate }) => {
    const pod = fleet.pod(podId)
    return pod === null ? [] : [{ pod, fate }]
  })
  const sessions = plan.sessions.flatMap(({ sessionId, ...end }) => {
    const session = fleet.session(sessionId)
    return session === null ? [] : [{ session, ...end }]
  })
  const stopping = pods.flatMap(({ pod, fate }) => (fate === 'stopsNow' ? [pod] : []))
  return { plan, pods, sessions, stopping }
}

type Drained = {
  readonly names: ReadonlySet<string>
  readonly stopping: readonly PodView[]
  readonly sessions: readonly Session[]
}

function byApplication({ core }: RequestContext, { names, stopping, sessions }: Drained) {
  const { fleet } = core
  const podsOf = Map.groupBy(stopping, ({ applicationId }) => applicationId)
  const sessionsOf = Map.groupBy(sessions, ({ applicationId }) => applicationId)
  const ids = [...new Set([...podsOf.keys(), ...sessionsOf.keys()])]
  return ids.flatMap((id) => {
    const [pods, open] = [podsOf.get(id) ?? [], sessionsOf.get(id) ?? []]
    const one = pods[0] ?? open[0]
    if (!one) return []
    return [
      {
        applicationName: one.applicationName,
        tenant: core.tenants.tenant(one.tenantId)?.name ?? one.tenantId,
        idlePodCount: pods.filter(({ phase }) => phase === 'standby' || phase === 'hibernated').length,
        roomElsewhere: fleet.roomBeside(names, id, pods.length),
        sessionCount: open.length,
      },
    ]
  })
}
