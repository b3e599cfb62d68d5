/** The use-cases with their ports filled in: what clients can do, ready for the edge. */
import type { Application } from './applications/application.ts'
import {
  createApplication,
  deleteApplication,
  publishVersion,
  updateScalingPolicy,
  type WriteApplicationPorts,
} from './applications/write-application.ts'
import type { InputProblem } from './applications/input-problem.ts'
import type { Provision } from './applications/provision.ts'
import type { ApplicationView } from './fleet/views.ts'
import type { Asking, SecretsPort, UseCases, WriteNodeResult } from './graphql/core-port.ts'
import { applicationsWith } from './secrets/secret-users.ts'
import { removeNode, type RemoveNodePorts } from './nodes/remove-node.ts'
import type { TenantDirectory as TenantsPort } from './graphql/tenants-port.ts'
import { closeSession, type CloseSessionPorts } from './sessions/close-session.ts'
import { openSession, type OpenSessionPorts } from './sessions/open-session.ts'
import type { SessionActor } from './sessions/session.ts'
import { tenantCases } from './tenant-cases.ts'
import type { UseCaseParts } from './use-case-parts.ts'
import type { Tenant, Viewer } from './tenants/tenant.ts'

/** `forgetNode`: what has to be done outside the rooms when a node is removed. */
export function useCases(parts: UseCaseParts, { forgetNode }: Pick<RemoveNodePorts, 'forgetNode'>): UseCases {
  const opening = openPorts(parts)
  const closing: CloseSessionPorts = {
    journal: parts.journals.sessions,
    fleet: {
      session: (id) => parts.reader.session(id),
      requestClose: (id, reason, by) => parts.fleet.requestClose(id, reason, by),
    },
  }
  return {
    openSession: (asking, command, caller) =>
      openSession(opening, { ...command, tenantId: asking.viewer.tenantId, by: actorOf(asking) }, caller),
    closeSession: (asking, id) => {
      const { role, tenantId } = asking.viewer
      return closeSession(closing, { id, tenantId: role === 'operator' ? null : tenantId, by: actorOf(asking) })
    },
    ...applicationCases(parts),
    ...nodeCases(parts),
    removeNode: (_viewer, name) => removeNode({ ...removing(parts), forgetNode }, name),
  }
}

function actorOf({ viewer, origin }: Asking): SessionActor {
  return { id: viewer.tokenId, source: origin.source, requestId: origin.requestId }
}

function openPorts({ clock, newId, fleet, reader, journals }: UseCaseParts): OpenSessionPorts {
  return {
    clock,
    newId: () => newId('ses'),
    journal: journals.sessions,
    fleet: {
      applicationNamed: (tenantId, name) => fleet.queueOf(tenantId, name),
      session: (id) => reader.session(id),
      sessionOfKey: (applicationId, key) => reader.sessionOfKey(applicationId, key),
      refusesOpen: (tenantId) => fleet.refusesOpen(tenantId),
      enqueue: (session) => fleet.enqueue(session),
      onSettled: (id, act) => fleet.onSettled(id, act),
      requestClose: (id, reason) => fleet.requestClose(id, reason),
    },
  }
}

type ApplicationCases = Pick<
  UseCases,
  'createApplication' | 'publishVersion' | 'updateScalingPolicy' | 'deleteApplication'
>

function applicationCases(parts: UseCaseParts): ApplicationCases {
  const { clock, newId, fleet, reader, store } = parts
  const ports: WriteApplicationPorts = {
    nowMs: () => clock.nowMs(),
    newId,
    store,
    inTurn: parts.journals.writeInTurn,
    doubts: parts.journals.writeDoubts,
    fleet: {
      definitionNamed: (tenantId, name) => reader.applicationNamed(tenantId, name)?.definition ?? null,
      isServing: ({ applicationId, number }) => reader.isServing(applicationId, number),
      putApplication: (application) => fleet.putApplication(application),
      deleteApplication: (id) => fleet.deleteApplication(id),
    },
  }
  const view = (definition: Application): ApplicationView => viewOf(reader.application(definition.id), definition)
  return {
    createApplication: async (viewer, command) => {
      const missing = missingSecret(parts, viewer.tenantId, command.spec.provision)
      if (missing !== null) return { kind: 'invalid', ...missing }
      const result = await createApplication(ports, { ...command, tenantId: viewer.tenantId })
      if (result.kind === 'created') parts.images.published(result.application)
      return result.kind === 'created' ? { ...result, application: view(result.application) } : result
    },
    publishVersion: async (viewer, command) => {
      const { change } = command
      const provision = change.kind === 'spec' ? change.spec.provision : undefined
      const missing = missingSecret(parts, viewer.tenantId, provision)
      if (missing !== null) return { kind: 'invalid', ...missing }
      const result = await publishVersion(ports, { ...command, tenantId: viewer.tenantId })
      if (result.kind === 'written') parts.images.published(result.application)
      return result.kind === 'written' ? { ...result, application: view(result.application) } : result
    },
    updateScalingPolicy: async (viewer, command) => {
      const result = await updateScalingPolicy(ports, { ...command, tenantId: viewer.tenantId })
      return result.kind === 'written' ? { ...result, application: view(result.application) } : result
    },
    deleteApplication: async (viewer, command) => {
      const result = await deleteApplication(ports, { ...command, tenantId: viewer.tenantId })
      return result.kind === 'written' ? { ...result, application: view(result.application) } : result
    },
  }
}

/** A version may only name secrets that there are; one that is gone later fails its pods, with the reason. */
function missingSecret(
  { secrets }: Pick<UseCaseParts, 'secrets'>,
  tenantId: string,
  provision: Provision | undefined,
): InputProblem | null {
  if (provision === undefined) return null
  const places = [
    ...provision.secrets.map(({ secret }, index) => ({ field: `secrets[${index}].secret`, secret })),
    ...provision.imagePullSecrets.map((secret, index) => ({ field: `imagePullSecrets[${index}]`, secret })),
  ]
  const missing = places.find(({ secret }) => secrets.named(tenantId, secret) === null)
  if (missing === undefined) return null
  const { field, secret } = missing
  return { field: `version.${field}`, message: `${field} names no secret of your tenant: "${secret}"; create it first` }
}

/** What was written, with what is observed of it. */
function viewOf(observed: ApplicationView | null, definition: ApplicationView['definition']): ApplicationView {
  if (observed !== null) return { ...observed, definition }
  const counts = { pending: 0, creating: 0, standby: 0, hibernated: 0, active: 0, terminating: 0 }
  return { definition, counts, waitingSessions: 0, openSessions: 0, idleMemoryBytes: 0, failure: null }
}

/** As somebody of the tenant would; whoever is faster is welcome. */
export async function deleteApplicationOf(parts: UseCaseParts, tenant: Tenant, application: string): Promise<void> {
  const viewer: Viewer = { tokenId: 'core', tenantId: tenant.id, role: 'admin', name: 'core' }
  await applicationCases(parts).deleteApplication(viewer, { application, revision: null })
}

type NodeCases = Pick<UseCases, 'cordonNode' | 'uncordonNode' | 'drainNode'>

function nodeCases(parts: UseCaseParts): NodeCases {
  const { fleet, reader, journals } = parts
  type Change = () => number
  const act = async (name: string, change: Change): Promise<WriteNodeResult> => {
    const isKnown = reader.node(name) !== null
    const sessionCount = isKnown ? change() : 0
    await journals.nodes.whenWritten(name) // What was answered survives the core.
    const node = reader.node(name)
    return node === null ? { kind: 'nodeNotFound', name } : { kind: 'written', node, sessionCount }
  }
  const cordon = (name: string, isCordoned: boolean): number => {
    fleet.setCordoned(name, isCordoned)
    return reader.node(name)?.sessionCount ?? 0
  }
  return {
    cordonNode: (_viewer, name) => act(name, () => cordon(name, true)),
    uncordonNode: (_viewer, name) => act(name, () => cordon(name, false)),
    drainNode: (_viewer, { nodeName, sessionsMayLastMs }) =>
      act(nodeName, () => fleet.drain(nodeName, sessionsMayLastMs)),
  }
}

function removing({ fleet, journals }: UseCaseParts): Omit<RemoveNodePorts, 'forgetNode'> {
  return {
    fleet: {
      nodePhase: (name) => fleet.state.nodes.get(name)?.phase ?? null,
      removeNode: (name) => fleet.removeNode(name),
    },
    journal: journals.nodes,
  }
}

/** Tenants, tokens and users, with the rules of the domain. */
export function tenantsPort(parts: UseCaseParts): TenantsPort {
  return tenantCases(parts)
}

/** Secrets. A value goes from here to the directory, and nowhere else. */
export function secretsPort(parts: UseCaseParts): SecretsPort {
  const { secrets } = parts
  return {
    ofTenant: (tenantId) => secrets.ofTenant(tenantId),
    named: (tenantId, name) => secrets.named(tenantId, name),
    withId: (id) => secrets.withId(id),
    create: (viewer, { name, value }) => secrets.create({ tenantId: viewer.tenantId, name, value }),
    update: (viewer, { name, revision, value }) => secrets.update({ tenantId: viewer.tenantId, name, revision }, value),
    remove: (viewer, { name, revision }) => {
      const usedBy = (): readonly string[] => applicationsWith(parts.reader.applications(), viewer.tenantId, name)
      return secrets.remove({ tenantId: viewer.tenantId, name, revision }, usedBy)
    },
  }
}
