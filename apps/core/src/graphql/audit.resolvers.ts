/** What was done and refused: the operator reads all of it, an admin what concerns their tenant. */
import { toPage, pageSize, startKey, type Order } from './connections.ts'
import { badInput } from './bad-input.ts'
import type {
  AuditActivityBinResolvers,
  AuditActivityResolvers,
  AuditRecordBatchResolvers,
  AuditRecordFilter,
  AuditRecordResolvers,
  QueryResolvers,
  SubscriptionResolvers,
} from './generated/resolver-types.ts'
import { ROLES } from '../tenants/tenant.ts'
import { activityOf, MARKS_MAX } from '../trail/audit-activity.ts'
import type { AuditQuery, AuditRecord } from '../trail/audit-record.ts'
import { watchAudit, type AuditBatch } from '../trail/audit-watch.ts'
import type { CorePort } from './core-port.ts'
import { auditRecordId } from './ids.ts'
import { toDateTime } from './scalars.ts'
import type { Scope } from './visibility.ts'

const newestFirst: Order<AuditRecord> = {
  tag: 'auditRecords',
  direction: 'descending',
  first: ({ number }) => number,
  second: ({ hash }) => hash,
}

const SPAN_MS_MIN = 60_000
/** What reading and counting thousands of records costs, in objects that are shown. */
const READING_MARKS = 1_000

export const auditSubscriptions: Required<Pick<SubscriptionResolvers, 'watchAuditRecords'>> = {
  watchAuditRecords: {
    subscribe: (_root, { after, where }, { core, scope }) => {
      const { sinceMs: _since, untilMs: _until, ...conditions } = conditionsOf(where)
      return watchAudit(core.audit, { ...conditions, tenantId: scope, after: numberOf(after) }, core.clock)
    },
    resolve: (batch: AuditBatch) => batch,
  },
}

export const auditQueries: Required<Pick<QueryResolvers, 'auditActivity' | 'auditRecords' | 'auditVerification'>> = {
  auditActivity: async (_root, { spanMs, where }, { core, scope, budget }) => {
    if (spanMs < SPAN_MS_MIN) throw badInput(`spanMs is ${spanMs}; at least ${SPAN_MS_MIN} is needed.`)
    budget.take(READING_MARKS)
    const { sinceMs: _since, untilMs: _until, ...conditions } = conditionsOf(where)
    const marks = await core.audit.marks(scope, MARKS_MAX)
    return activityOf(marks, { ...conditions, spanMs, nowMs: core.clock.nowMs() })
  },
  auditRecords: async (_root, args, { core, scope, budget }) => {
    const size = pageSize(args)
    budget.take(size)
    const before = startKey(newestFirst, args)?.[0] ?? null
    const query = { ...conditionsOf(args.where), first: size + 1, before: before === null ? null : Number(before) }
    const records = await core.audit.records({ ...query, tenantId: scope })
    return toPage(records, newestFirst, size, args)
  },
  auditVerification: async (_root, _args, { core }) => {
    const { count, firstNumber, lastNumber, problem } = await core.audit.verify()
    return {
      count: String(count),
      firstNumber: firstNumber === null ? null : String(firstNumber),
      lastNumber: lastNumber === null ? null : String(lastNumber),
      isWhole: problem === null,
      problem,
    }
  },
}

/** One record, if it is within the scope. */
export async function auditRecord(core: CorePort, scope: Scope, number: number): Promise<AuditRecord | null> {
  const query = { ...conditionsOf(null), first: 1, before: number + 1, tenantId: scope }
  const [record] = await core.audit.records(query)
  return record?.number === number ? record : null
}

type Conditions = Omit<AuditQuery, 'first' | 'before' | 'tenantId'>

function conditionsOf(where: AuditRecordFilter | null | undefined): Conditions {
  return {
    action: where?.action ?? null,
    actorId: where?.actorId ?? null,
    object: where?.object ?? null,
    outcome: where?.outcome ?? null,
    sinceMs: instantOf('since', where?.since),
    untilMs: instantOf('until', where?.until),
  }
}

/** A version of this watch is the number of a record. */
function numberOf(version: string | null | undefined): number | null {
  if (version === null || version === undefined) return null
  if (!/^\d{1,15}$/.test(version)) throw badInput('after is no version of this watch; leave it out, or hand on one.')
  return Number(version)
}

function instantOf(field: string, text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null
  // oxlint-disable-next-line no-restricted-globals -- reads an instant, and asks for none.
  const atMs = Date.parse(text)
  if (Number.isNaN(atMs)) throw badInput(`${field} is no instant; write it as in 2026-01-31T12:00:00Z.`)
  return atMs
}

export const auditTypes: {
  readonly AuditActivity: AuditActivityResolvers
  readonly AuditActivityBin: AuditActivityBinResolvers
  readonly AuditRecordBatch: AuditRecordBatchResolvers
  readonly AuditRecord: AuditRecordResolvers
} = {
  AuditActivity: { countedSince: ({ countedSinceMs }) => toDateTime(countedSinceMs) },
  AuditActivityBin: { from: ({ fromMs }) => toDateTime(fromMs), until: ({ untilMs }) => toDateTime(untilMs) },
  AuditRecordBatch: { resourceVersion: ({ lastNumber }) => String(lastNumber) },
  AuditRecord: {
    actorRole: ({ actorRole }) => ROLES.find((role) => role === actorRole) ?? null,
    id: ({ number }) => auditRecordId(number),
    at: ({ atMs }) => toDateTime(atMs),
    number: ({ number }) => String(number),
    tenant: ({ tenantId }, _args, { core }) =>
      tenantId === null ? null : (core.tenants.tenant(tenantId)?.name ?? tenantId),
  },
}
