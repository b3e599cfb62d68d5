/** Sessions as rows of the database, there and back. */
import { z } from 'zod'
import { SESSION_PHASES, type Deadline, type Idempotency, type Session } from '../sessions/session.ts'
import type { Row, SqlValue, Table } from './database.ts'
import { sessionDocuments, type RequestDocument } from './documents.ts'

export const SESSIONS = {
  name: 'sessions',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'tenant_id', type: 'text' },
    { name: 'application_id', type: 'text' },
    { name: 'application_name', type: 'text' },
    { name: 'created_at_ms', type: 'bigint' },
    { name: 'phase', type: 'text' },
    { name: 'pod_id', type: 'text' },
    { name: 'node_name', type: 'text' },
    { name: 'version_number', type: 'int' },
    { name: 'grant_epoch', type: 'bigint' },
    { name: 'start', type: 'text' },
    { name: 'client_count', type: 'int' },
    { name: 'deadline_at_ms', type: 'bigint' },
    { name: 'deadline_reason', type: 'text' },
    { name: 'close_reason', type: 'text' },
    { name: 'close_message', type: 'text' },
    { name: 'available_at_ms', type: 'bigint' },
    { name: 'closed_at_ms', type: 'bigint' },
    { name: 'idempotency_key', type: 'text' },
    { name: 'idempotency_fingerprint', type: 'text' },
    { name: 'labels', type: 'json' },
    { name: 'request', type: 'json' },
    { name: 'endpoints', type: 'json' },
    { name: 'timeline', type: 'json' },
    { name: 'data', type: 'bytes' },
  ],
} as const satisfies Table

type ColumnName = (typeof SESSIONS.columns)[number]['name']

/** One value for each column, in their order: by hand, because looking each of them up by its name costs more. */
export function toSessionRow(session: Session): SqlValue[] {
  const { request, deadline } = session
  const { openTimeoutMs, closeGraceMs, killPodOnClose, idleTimeoutMs, maxLifetimeMs, env } = request
  const document: RequestDocument = { openTimeoutMs, closeGraceMs, killPodOnClose, idleTimeoutMs, maxLifetimeMs, env }
  const row: RowOf<typeof SESSIONS.columns> = [
    session.id,
    session.tenantId,
    session.applicationId,
    session.applicationName,
    session.createdAtMs,
    session.phase,
    session.podId,
    session.nodeName,
    session.versionNumber,
    session.grantEpoch,
    session.start,
    session.clientCount,
    deadline?.atMs ?? null,
    deadline?.reason ?? null,
    session.closeReason,
    session.closeMessage,
    session.availableAtMs,
    session.closedAtMs,
    request.idempotency?.key ?? null,
    request.idempotency?.fingerprint ?? null,
    JSON.stringify(request.labels),
    JSON.stringify(document),
    JSON.stringify(session.endpoints),
    JSON.stringify(session.timeline),
    keptData(session),
  ]
  return row
}

/** As many values as there are columns. */
type RowOf<Columns extends readonly unknown[]> = { -readonly [Index in keyof Columns]: SqlValue }

/** What the application was given is of no use once it has gone. */
function keptData({ phase, request }: Session): Uint8Array | null {
  return phase === 'closed' || request.data.length === 0 ? null : request.data
}

/** About what a session needs in memory and on the wire; its data is what can be large. */
export function sessionRowBytes(session: Session): number {
  return 1_024 + (keptData(session)?.length ?? 0)
}

/** PostgreSQL gives large integers as text. */
const ms = z.coerce.number()
const msOrNull = z.preprocess((value) => (typeof value === 'string' ? Number(value) : value), z.number().nullable())
const text = z.string()
const textOrNull = z.string().nullable()
const reason = z.enum([
  ...(['requested', 'clientGone', 'openTimedOut', 'idleTimeout', 'lifetimeReached', 'quotaExceeded'] as const),
  ...([
    'exited',
    'startFailed',
    'podLost',
    'nodeLost',
    'drained',
    'applicationDeleted',
    'coreFailed',
    'tenantSuspended',
  ] as const),
])

const ROW = z.object({
  id: text,
  tenant_id: text,
  application_id: text,
  application_name: text,
  created_at_ms: ms,
  phase: z.enum(SESSION_PHASES),
  pod_id: textOrNull,
  node_name: textOrNull,
  version_number: z.number().nullable(),
  grant_epoch: msOrNull,
  start: z.enum(['warm', 'cold']).nullable(),
  client_count: z.number(),
  deadline_at_ms: msOrNull,
  deadline_reason: reason.nullable(),
  close_reason: reason.nullable(),
  close_message: textOrNull,
  available_at_ms: msOrNull,
  closed_at_ms: msOrNull,
  idempotency_key: textOrNull,
  idempotency_fingerprint: textOrNull,
  ...sessionDocuments,
  data: z.instanceof(Uint8Array).nullable(),
} satisfies Record<ColumnName, z.ZodType>)

export function fromSessionRow(given: Row): Session {
  const row = ROW.parse(given)
  return {
    id: row.id,
    tenantId: row.tenant_id,
    applicationId: row.application_id,
    applicationName: row.application_name,
    createdAtMs: row.created_at_ms,
    request: {
      ...row.request,
      data: new Uint8Array(row.data ?? []),
      labels: row.labels,
      idempotency: idempotencyOf(row.idempotency_key, row.idempotency_fingerprint),
    },
    phase: row.phase,
    podId: row.pod_id,
    nodeName: row.node_name,
    versionNumber: row.version_number,
    grantEpoch: row.grant_epoch,
    start: row.start,
    endpoints: row.endpoints,
    clientCount: row.client_count,
    deadline: deadlineOf(row.deadline_at_ms, row.deadline_reason),
    closeReason: row.close_reason,
    closeMessage: row.close_message,
    availableAtMs: row.available_at_ms,
    closedAtMs: row.closed_at_ms,
    timeline: row.timeline,
  }
}

function idempotencyOf(key: string | null, fingerprint: string | null): Idempotency | null {
  return key === null || fingerprint === null ? null : { key, fingerprint }
}

function deadlineOf(atMs: number | null, closeReason: Deadline['reason'] | null): Deadline | null {
  return atMs === null || closeReason === null ? null : { atMs, reason: closeReason }
}
