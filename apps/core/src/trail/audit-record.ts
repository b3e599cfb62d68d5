/** What is written down of each thing that was done, or refused. */
import type { Role } from '../tenants/tenant.ts'
import type { AuditMark } from './audit-activity.ts'

export type AuditActor =
  | { readonly kind: 'viewer'; readonly id: string; readonly role: Role }
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'core' }
  /** Somebody who has not shown who they are. */
  | { readonly kind: 'nobody' }

export const ACTOR_KINDS = ['viewer', 'node', 'core', 'nobody'] as const

/** `failed`: it was tried, and nobody knows what came of it. */
export const AUDIT_OUTCOMES = ['done', 'refused', 'failed'] as const
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number]

export type AuditFact = {
  /** Whose affair it is; null: the platform's. */
  readonly tenantId: string | null
  readonly actor: AuditActor
  /** The address that it came from. */
  readonly source: string | null
  readonly requestId: string | null
  /** As in `createApplication`. */
  readonly action: string
  /** As in `application/hello`. */
  readonly object: string
  readonly outcome: AuditOutcome
  /** Why it was refused. */
  readonly problem: string | null
  /** Any JSON: how the object was before, and after. */
  readonly before: unknown
  readonly after: unknown
}

/** As it is kept. JSON is the text that was hashed; null: there is none. */
export type AuditRecord = {
  readonly number: number
  readonly atMs: number
  readonly tenantId: string | null
  readonly actorKind: (typeof ACTOR_KINDS)[number]
  readonly actorId: string | null
  readonly actorRole: string | null
  readonly source: string | null
  readonly requestId: string | null
  readonly action: string
  readonly object: string
  readonly outcome: AuditOutcome
  readonly problem: string | null
  readonly before: string | null
  readonly after: string | null
  /** SHA-256, hexadecimal. */
  readonly hash: string
  /** Of `hash`, base64; null where a later record of the same group has it. */
  readonly seal: string | null
}

/** A point of the chain. */
export type ChainPoint = { readonly number: number; readonly hash: string }

/** Signed by the core. */
export type SealedPoint = ChainPoint & { readonly signature: string }

export type AuditQuery = {
  readonly first: number
  /** Only records before this number. */
  readonly before: number | null
  /** Null: of everybody, and of the platform. */
  readonly tenantId: string | null
  readonly action: string | null
  readonly actorId: string | null
  readonly object: string | null
  readonly outcome: AuditOutcome | null
  readonly sinceMs: number | null
  readonly untilMs: number | null
}

/** Where records are kept. */
export type AuditStore = {
  newestAuditRecord(): Promise<AuditRecord | null>
  /** All or none of them. */
  addAuditRecords(records: readonly AuditRecord[]): Promise<void>
  /** Newest first. */
  auditRecords(query: AuditQuery): Promise<readonly AuditRecord[]>
  /** The newest ones, newest first, as far as they are counted by. `tenantId: null`: of everybody. */
  auditMarks(tenantId: string | null, count: number): Promise<readonly AuditMark[]>
  /** In their order, from a number on. `tenantId: null`, or none: of everybody, and of the platform. */
  auditRecordsFrom(number: number, count: number, tenantId?: string | null): Promise<readonly AuditRecord[]>
  /** Null: nothing was let go. */
  auditBase(): Promise<SealedPoint | null>
  saveAuditBase(base: SealedPoint): Promise<void>
  /** Those up to a number. */
  removeAuditRecords(upTo: number): Promise<void>
}
