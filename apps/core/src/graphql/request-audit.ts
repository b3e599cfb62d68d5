/** What the audit trail learns of requests: who, from where, what they asked for, and what came of it. */
import { z } from 'zod'
import type { AuditFact } from '../trail/audit-record.ts'
import { inputSummary } from '../trail/input-summary.ts'
import { tokenFor, userFor } from './access-lookups.ts'
import type { AuditedChange, RequestContext } from './context.ts'

/** Sessions are written down in groups, by what was written of them (rule T5). */
export const AUDITED_IN_GROUPS: ReadonlySet<string> = new Set(['openSession', 'openSessions', 'closeSession'])

type Asked = {
  readonly action: string
  readonly args: object
  readonly change?: AuditedChange | undefined
  /** Whose affair it is, as `affairOf` says before anything is done; null: the platform's. */
  readonly tenantId: string | null
}

/** A mutation that was carried out, or refused with a problem. */
export function factOf(context: RequestContext, asked: Asked, payload: unknown): AuditFact {
  const problem = problemOf(payload)
  return fact(context, asked, problem === null ? 'done' : 'refused', problem)
}

/**
 * What of an object is worth to be seen before and after a mutation, as it is now; null when there is nothing of it, or
 * nothing that may be written down.
 */
export function auditedState(context: RequestContext, { action, args }: Pick<Asked, 'action' | 'args'>): unknown {
  const { core, viewer } = context
  const [kind, name = ''] = objectOf(action, 'input' in args ? args.input : args).split(/\/(.*)/s)
  switch (kind) {
    case 'application': {
      const definition = core.fleet.applicationNamed(viewer.tenantId, name)?.definition
      return (
        definition && { revision: definition.revision, version: definition.version.number, ...definition.scalingPolicy }
      )
    }
    case 'node': {
      const registered = core.fleet.node(name)?.registered
      return registered && { isCordoned: registered.isCordoned, drainDeadlineMs: registered.drainDeadlineMs }
    }
    case 'tenant': {
      const tenant = core.tenants.tenantNamed(name)
      return tenant && { suspendedAtMs: tenant.suspendedAtMs, deletedAtMs: tenant.deletedAtMs, quotas: tenant.quotas }
    }
    case 'user': {
      const user = userFor(name, context)
      return user && { name: user.name, role: user.role }
    }
    case 'token': {
      const token = tokenFor(name, context)
      return token && { name: token.name, role: token.role, tenantId: token.tenantId }
    }
    default:
      return null
  }
}

/**
 * Whose affair a request is: everybody's is their own tenant's, and the operator's that of the tenant whose object it is
 * about, or nobody's but the platform's. It must be asked before anything is done: what is removed belongs to nobody.
 */
export function affairOf(
  { core, viewer }: RequestContext,
  { action, args }: Pick<Asked, 'action' | 'args'>,
): string | null {
  if (viewer.role !== 'operator') return viewer.tenantId
  const input: unknown = 'input' in args ? args.input : args
  const named = typeof input === 'object' && input !== null && 'tenant' in input ? input.tenant : null
  if (typeof named === 'string') return core.tenants.tenantNamed(named)?.id ?? null
  return ownerOf(objectOf(action, input), { core, viewer })
}

/** The tenant of an object; null: it is the platform's, or there is none. */
function ownerOf(object: string, { core, viewer }: Pick<RequestContext, 'core' | 'viewer'>): string | null {
  const [kind, name = ''] = object.split(/\/(.*)/s)
  switch (kind) {
    case 'tenant':
      return core.tenants.tenantNamed(name)?.id ?? null
    case 'user':
      return core.tenants.user(name)?.tenantId ?? null
    case 'token':
      return core.tenants.token(name)?.tenantId ?? null
    case 'application':
    case 'secret':
      return viewer.tenantId // The operator's are found in their own tenant alone.
    default:
      return null
  }
}

/** A request that failed. */
export function failureOf(context: RequestContext, asked: Asked): AuditFact {
  return fact(context, asked, 'failed', null)
}

/** A request that the role does not allow. */
export function refusalOf(context: RequestContext, asked: Asked): AuditFact {
  return fact(context, asked, 'refused', 'NotAllowed')
}

function fact(
  { viewer, origin }: RequestContext,
  { action, args, change, tenantId }: Asked,
  outcome: AuditFact['outcome'],
  problem: string | null,
): AuditFact {
  const input = 'input' in args ? args.input : args
  const object = objectOf(action, input)
  return {
    tenantId,
    actor: { kind: 'viewer', id: viewer.tokenId, role: viewer.role },
    source: origin.source,
    requestId: origin.requestId,
    action,
    object,
    outcome,
    problem,
    before: change?.before ?? null,
    after: change?.after ?? inputSummary(input),
  }
}

/** By which fields of an input its object is named. */
const NAMED_BY = ['application', 'id', 'name', 'nodeName', 'tenant']
/** What an operation is about, by how its name ends. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/JoinToken$/, 'joinToken'],
  [/Token$/, 'token'],
  [/(Application|ApplicationVersion|ScalingPolicy)$/, 'application'],
  [/Node$/, 'node'],
  [/Secret$/, 'secret'],
  [/Tenant(Quotas)?$/, 'tenant'],
  [/User(Role|Password)?$/, 'user'],
  [/Sessions?$/, 'session'],
]

const OBJECT_MAX = 200

function objectOf(action: string, input: unknown): string {
  const kind = KINDS.find(([ending]) => ending.test(action))?.[1] ?? action
  if (typeof input !== 'object' || input === null) return kind
  const values = new Map<string, unknown>(Object.entries(input))
  const name = NAMED_BY.map((field) => values.get(field)).find((value) => typeof value === 'string')
  return name === undefined ? kind : `${kind}/${name}`.slice(0, OBJECT_MAX)
}

const namedProblem = z.object({ ['__typename']: z.string() })

function problemOf(payload: unknown): string | null {
  if (typeof payload !== 'object' || payload === null || !('problem' in payload)) return null
  const { problem } = payload
  if (typeof problem !== 'object' || problem === null) return null
  return namedProblem.safeParse(problem).data?.['__typename'] ?? 'Problem'
}
