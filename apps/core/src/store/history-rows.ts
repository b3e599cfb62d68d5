/** Slices and events as rows of the database, there and back. */
import { z } from 'zod'
import type { EventSeverity, FleetEvent, FleetEventKind } from '../fleet/fleet-event.ts'
import type { HistorySlice } from '../history/history-store.ts'
import type { Row, SqlValue, Table } from './database.ts'

export const HISTORY_SLICES: Table = {
  name: 'history_slices',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'series', type: 'text' },
    { name: 'at_ms', type: 'bigint' },
    { name: 'epoch', type: 'bigint' },
    { name: 'counts', type: 'bytes' },
  ],
}

export const EVENTS: Table = {
  name: 'events',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'kind', type: 'text' },
    { name: 'severity', type: 'text' },
    { name: 'message', type: 'text' },
    { name: 'at_ms', type: 'bigint' },
    { name: 'last_at_ms', type: 'bigint' },
    { name: 'count', type: 'int' },
    { name: 'tenant_id', type: 'text' },
    { name: 'application_id', type: 'text' },
    { name: 'application_name', type: 'text' },
    { name: 'version_number', type: 'int' },
    { name: 'node_name', type: 'text' },
    { name: 'pod_id', type: 'text' },
    { name: 'session_id', type: 'text' },
    { name: 'last_log_lines', type: 'json' },
  ],
}

export function toSliceRow({ series, atMs, epoch, counts }: HistorySlice): SqlValue[] {
  return [`${series}@${atMs}/${epoch}`, series, atMs, epoch, counts]
}

export function toEventRow(event: FleetEvent): SqlValue[] {
  return [
    event.id,
    event.kind,
    event.severity,
    event.message,
    event.atMs,
    event.lastAtMs,
    event.count,
    event.tenantId,
    event.applicationId,
    event.applicationName,
    event.versionNumber,
    event.nodeName,
    event.podId,
    event.sessionId,
    JSON.stringify(event.lastLogLines),
  ]
}

const ms = z.coerce.number()
const text = z.string().nullable()

const SLICE = z.object({ series: z.string(), at_ms: ms, epoch: ms, counts: z.instanceof(Uint8Array) })

export function fromSliceRow(given: Row): HistorySlice {
  const { series, at_ms: atMs, epoch, counts } = SLICE.parse(given)
  return { series, atMs, epoch, counts: new Uint8Array(counts) }
}

const severity = z.enum(['info', 'warning', 'error']) satisfies z.ZodType<EventSeverity>
const kind = z.enum([
  ...(['applicationCreated', 'applicationDeleted', 'applicationShort', 'scalingPolicyChanged'] as const),
  ...(['versionPublished', 'versionProven', 'rollOutHalted', 'podFailed', 'sessionLost', 'sessionNotOpened'] as const),
  ...(['nodeJoined', 'nodeReady', 'nodeDisconnected', 'nodeLost', 'nodeResynced', 'nodeCordoned'] as const),
  ...(['nodeUncordoned', 'nodeDrainStarted', 'nodeDrainEnded', 'nodeRemoved', 'coreStarted'] as const),
]) satisfies z.ZodType<FleetEventKind>

/** SQLite gives text, PostgreSQL what was in it. */
const lines = z.preprocess((column) => (typeof column === 'string' ? JSON.parse(column) : column), z.array(z.string()))

const EVENT = z.object({
  id: z.string(),
  kind,
  severity,
  message: z.string(),
  at_ms: ms,
  last_at_ms: ms,
  count: z.number(),
  tenant_id: text,
  application_id: text,
  application_name: text,
  version_number: z.number().nullable(),
  node_name: text,
  pod_id: text,
  session_id: text,
  last_log_lines: lines,
})

export function fromEventRow(given: Row): FleetEvent {
  const row = EVENT.parse(given)
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    message: row.message,
    atMs: row.at_ms,
    lastAtMs: row.last_at_ms,
    count: row.count,
    tenantId: row.tenant_id,
    applicationId: row.application_id,
    applicationName: row.application_name,
    versionNumber: row.version_number,
    nodeName: row.node_name,
    podId: row.pod_id,
    sessionId: row.session_id,
    lastLogLines: row.last_log_lines,
  }
}
