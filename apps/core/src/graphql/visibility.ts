/**
 * What of the fleet a viewer sees. The operator sees all of it; everybody else sees what belongs to
 * their tenant, and of a node only their own part. Nothing in this folder reads the fleet for a viewer
 * past this file.
 */
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { ApplicationView, Near, NodeView } from '../fleet/views.ts'
import type { NodeResources } from '../nodes/node.ts'
import type { NodeUsage, PodView } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import { seesAllTenants } from '../tenants/access-rules.ts'
import type { Viewer } from '../tenants/tenant.ts'
import type { CorePort, FleetReader } from './core-port.ts'

/** A tenant's id; null for who sees everything. */
export type Scope = string | null

/** A node as a viewer may see it: counts are the viewer's own part of it. */
export type VisibleNode = {
  readonly view: NodeView
  readonly booked: NodeResources
  readonly podCount: number
  readonly sessionCount: number
  /** What the whole node uses says something of other tenants; null for who may not know. */
  readonly usage: NodeUsage | null
}

export function scopeOf(viewer: Pick<Viewer, 'role' | 'tenantId'>): Scope {
  return seesAllTenants(viewer.role) ? null : viewer.tenantId
}

/** The object, if it is within the scope. */
export function within<T extends { readonly tenantId: string }>(scope: Scope, object: T | null): T | null {
  return object !== null && (scope === null || object.tenantId === scope) ? object : null
}

export function* visibleApplications(fleet: FleetReader, scope: Scope): Generator<ApplicationView, void> {
  for (const application of fleet.applications()) if (within(scope, application.definition) !== null) yield application
}

export function visibleApplication(fleet: FleetReader, scope: Scope, id: string): ApplicationView | null {
  const application = fleet.application(id)
  return application !== null && within(scope, application.definition) !== null ? application : null
}

/** What a filter of sessions or pods says of where they are. */
type Whereabouts = { readonly application?: string | null; readonly nodeName?: string | null } | null | undefined

/** Sessions in memory: open ones, and those closed a short while ago. A filter that is given still has to be asked. */
export function* visibleSessions(fleet: FleetReader, scope: Scope, where?: Whereabouts): Generator<Session, void> {
  for (const session of fleet.sessions(nearOf(where))) if (within(scope, session) !== null) yield session
}

/** A session in memory or in the history. One of somebody else takes as long to be refused as one that nobody has. */
export async function visibleSession(core: CorePort, scope: Scope, id: string): Promise<Session | null> {
  return within(scope, core.fleet.session(id)) ?? within(scope, await core.store.session(id))
}

/** Events in memory, oldest first. What is nobody's is the operator's. */
export function* visibleEvents(fleet: FleetReader, scope: Scope): Generator<FleetEvent, void> {
  for (const event of fleet.events.all()) if (isEventVisible(scope, event)) yield event
}

export function visibleEvent(fleet: FleetReader, scope: Scope, id: string): FleetEvent | null {
  const event = fleet.events.event(id)
  return event !== null && isEventVisible(scope, event) ? event : null
}

export function isEventVisible(scope: Scope, { tenantId }: FleetEvent): boolean {
  return scope === null || tenantId === scope
}

/** A filter that is given still has to be asked. */
export function* visiblePods(fleet: FleetReader, scope: Scope, where?: Whereabouts): Generator<PodView, void> {
  for (const pod of fleet.pods(nearOf(where))) if (within(scope, pod) !== null) yield pod
}

function nearOf(where: Whereabouts): Near {
  return { application: where?.application ?? null, node: where?.nodeName ?? null }
}

export function visiblePod(fleet: FleetReader, scope: Scope, id: string): PodView | null {
  return within(scope, fleet.pod(id))
}

export function visibleNode(fleet: FleetReader, scope: Scope, name: string): VisibleNode | null {
  const view = fleet.node(name)
  return view === null ? null : partOf(fleet, scope, view)
}

export function* visibleNodes(fleet: FleetReader, scope: Scope): Generator<VisibleNode, void> {
  for (const view of fleet.nodes()) {
    const node = partOf(fleet, scope, view)
    if (node !== null) yield node
  }
}

function partOf(fleet: FleetReader, scope: Scope, view: NodeView): VisibleNode | null {
  if (scope === null) {
    const { booked, podCount, sessionCount, usage } = view
    return { view, booked, podCount, sessionCount, usage }
  }
  const share = fleet.nodeShare(view.registered.name, scope)
  return share === null ? null : { view, ...share, usage: null }
}
