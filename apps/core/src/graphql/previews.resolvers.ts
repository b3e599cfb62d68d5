/** What would happen: nothing here changes anything. */
import { policyProblem } from '../applications/scaling-policy-rules.ts'
import type { PodView } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import { toPolicy } from './application-input.ts'
import type { RequestContext } from './context.ts'
import type { FleetReader } from './core-port.ts'
import { badInput } from './bad-input.ts'
import type { QueryResolvers, ResolversTypes } from './generated/resolver-types.ts'
import { invalidInput } from './problems.ts'
import { toDateTime } from './scalars.ts'
import { visibleNode } from './visibility.ts'

type DrainPreview = NonNullable<Awaited<ResolversTypes['DrainPreview']>>
type PolicyPreview = NonNullable<Awaited<ResolversTypes['ScalingPolicyPreview']>>

export const previewQueries: Required<Pick<QueryResolvers, 'drainPreview' | 'scalingPolicyPreview'>> = {
  drainPreview: (_root, { name, sessionsMayLastMs }, context) => {
    if (sessionsMayLastMs < 0) throw badInput(`sessionsMayLastMs is ${sessionsMayLastMs}; at least 0 is needed.`)
    return drainPreview(name, sessionsMayLastMs, context)
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

function drainPreview(name: string, lastMs: number, { core, scope }: RequestContext): DrainPreview | null {
  const { fleet } = core
  const plan = fleet.drainPlan(name, lastMs)
  const computeNode = visibleNode(fleet, scope, name)
  if (plan === null || computeNode === null) return null
  const pods = plan.pods.flatMap(({ podId, fate }) => {
    const pod = fleet.pod(podId)
    return pod === null ? [] : [{ pod, fate }]
  })
  const sessions = plan.sessions.flatMap(({ sessionId, closesAtMs, endsByMs, reason }) => {
    const session = fleet.session(sessionId)
    if (session === null) return []
    return [{ session, reason, closesAt: toDateTime(closesAtMs), endsBy: toDateTime(endsByMs) }]
  })
  const stopping = pods.flatMap(({ pod, fate }) => (fate === 'stopsNow' ? [pod] : []))
  const tenantOf = (id: string): string => core.tenants.tenant(id)?.name ?? id
  return {
    applications: byApplication(fleet, { name, stopping, sessions: sessions.map(({ session }) => session) }).map(
      ({ tenantId, ...application }) => ({ ...application, tenant: tenantOf(tenantId) }),
    ),
    computeNode,
    deadline: toDateTime(plan.deadlineMs),
    pods,
    podsStoppingCount: stopping.length,
    sessions,
  }
}

type Drained = { readonly name: string; readonly stopping: readonly PodView[]; readonly sessions: readonly Session[] }

function byApplication(fleet: FleetReader, { name, stopping, sessions }: Drained) {
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
        tenantId: one.tenantId,
        idlePodCount: pods.filter(({ phase }) => phase === 'standby' || phase === 'hibernated').length,
        roomElsewhere: fleet.roomBeside(name, id, pods.length),
        sessionCount: open.length,
      },
    ]
  })
}
