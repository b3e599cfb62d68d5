/**
 * What the GraphQL edge needs from the core, and nothing more. `core.ts` implements it; so does
 * `test/acceptance/fake-core-port.ts`.
 *
 * Readers get the objects that the fleet holds. Two promises let a watch show the same picture as a list:
 * whatever a reader can see of an object (its counts too, and for a node what is booked on it) changes
 * only together with an entry in the change log, in the same turn; and an object that left appends one
 * with `isGone`.
 */
import type { Caller } from '@fornax/kernel/caller'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { ScalingPolicy, VersionSpec } from '../applications/application.ts'
import type { InputProblem } from '../applications/input-problem.ts'
import type { ChangeLog } from '../fleet/change-log.ts'
import type { DrainPlan } from '../fleet/drain-plan.ts'
import type { EventLog } from '../fleet/event-log.ts'
import type { ApplicationView, Change, Near, NodeView } from '../fleet/views.ts'
import type { NodeImage } from '../images/node-image.ts'
import type { WriteSecretResult } from '../secrets/secret-directory.ts'
import type { Secret } from '../secrets/secret.ts'
import type { History } from '../history/history.ts'
import type { NodeResources } from '../nodes/node.ts'
import type { RemoveNodeResult } from '../nodes/remove-node.ts'
import type { NodePhase } from '../nodes/node-state.ts'
import type { PodView } from '../pods/pod.ts'
import type { Shortage } from '../scheduler/placement.ts'
import type { CloseReason, Session, SessionRequest } from '../sessions/session.ts'
import type { Store } from '../store/store.ts'
import type { QuotaName } from '../tenants/quotas.ts'
import type { Viewer } from '../tenants/tenant.ts'
import type { Logins, TenantDirectory } from './tenants-port.ts'
import type { JoinToken, NodeIdentity } from '../nodes/node-identity.ts'
import type { AuditMark } from '../trail/audit-activity.ts'
import type { AuditSource } from '../trail/audit-watch.ts'
import type { AuditFact, AuditQuery, AuditRecord } from '../trail/audit-record.ts'

export type CorePort = {
  readonly clock: Clock
  readonly log: Log
  readonly fleet: FleetReader
  readonly store: Pick<Store, 'session' | 'sessionHistory' | 'versions'>
  readonly tenants: TenantDirectory
  readonly secrets: SecretsPort
  /** What nodes say of the image of a version. */
  imagesOf(versionId: string): readonly NodeImage[]
  readonly logins: Logins
  readonly useCases: UseCases
  readonly admissions: NodeAdmissions
  readonly audit: AuditTrail
  /** Ends when the pod's log does, when `follow` is off and the last line was sent, or when the signal says so. */
  podLog(podId: string, options: PodLogOptions, signal: AbortSignal): AsyncIterable<PodLogBatch>
  /** Null: of every application, of warm and cold starts, of every tenant. */
  latency(filter: LatencyFilter): LatencySummary
  readonly history: HistoryPort
}

/** What was, for an hour in detail and for longer in less. */
export type HistoryPort = Pick<
  History,
  ('applicationLatencies' | 'event' | 'events' | 'fleet' | 'latency' | 'objectives' | 'pool') | 'previewPolicy'
>

/**
 * The fleet, read-only and synchronous. `applicationId: null` means all. No order is promised. Iterables may
 * be read over several turns while the fleet changes, as those of a Map.
 */
export type FleetReader = {
  readonly resourceVersion: string
  readonly changes: ChangeLog<Change>
  /** What happened lately. */
  readonly events: Pick<EventLog, 'changes' | 'all' | 'event'>
  readonly startedAtMs: number
  applications(): Iterable<ApplicationView>
  application(id: string): ApplicationView | null
  applicationNamed(tenantId: string, name: string): ApplicationView | null
  /** What is in memory: open ones, and those closed a short while ago. */
  sessions(near: Near | null): Iterable<Session>
  session(id: string): Session | null
  /** How many sessions of its application wait before it; null when it does not wait. */
  queuePosition(sessionId: string): number | null
  pods(near: Near | null): Iterable<PodView>
  pod(id: string): PodView | null
  nodes(): Iterable<NodeView>
  node(name: string): NodeView | null
  /** Nodes by phase; for a tenant, of those on which it has something. */
  nodePhases(tenantId: string | null): Readonly<Record<NodePhase, number>>
  /** What a tenant has of a node; null when it has nothing there. */
  nodeShare(nodeName: string, tenantId: string): NodeShare | null
  /** On how many nodes what is short for pods of an application that wait; null when none waits. */
  shortage(applicationId: string): Shortage | null
  /** What a drain of a node would do now; null when there is no such node. */
  drainPlan(nodeName: string, sessionsMayLastMs: number): DrainPlan | null
  /** For how many pods of an application other nodes have room now, up to a number. */
  roomBeside(nodeNames: ReadonlySet<string>, applicationId: string, upTo: number): number
  /** Sessions that became available since the core started. `tenantId: null` means all. */
  opened(tenantId: string | null): { readonly warm: number; readonly cold: number }
}

/** One tenant's part of a node. */
export type NodeShare = {
  readonly booked: NodeResources
  readonly podCount: number
  readonly sessionCount: number
}

/** Stored secrets: values go in, and never come out. */
export type SecretsPort = {
  ofTenant(tenantId: string): readonly Secret[]
  named(tenantId: string, name: string): Secret | null
  withId(id: string): Secret | null
  create(viewer: Viewer, command: SecretValue): Promise<WriteSecretResult>
  update(viewer: Viewer, command: SecretGuard & SecretValue): Promise<WriteSecretResult>
  remove(viewer: Viewer, command: SecretGuard): Promise<WriteSecretResult>
}

/** How machines become nodes. Reads are synchronous and in memory. */
export type NodeAdmissions = {
  tokens(): Iterable<JoinToken>
  /** Null where nothing has to be proven. */
  identity(nodeName: string): NodeIdentity | null
  /** `text` is what a machine is given; null: there are too many that nobody has used. */
  createToken(command: {
    readonly nodeName: string | null
    readonly lifeMs: number
  }): Promise<{ readonly token: JoinToken; readonly text: string } | null>
  /** Null when there is none of that id. */
  revokeToken(id: string): Promise<JoinToken | null>
  /** Cuts its stream; null when no machine has joined under the name. */
  revokeNode(nodeName: string): Promise<NodeIdentity | null>
  /** Cuts its stream, and forgets by what it proved who it is. */
  forgetNode(nodeName: string): Promise<void>
  rotateAuthority(): Promise<
    | { readonly kind: 'rotated'; readonly pin: string }
    | { readonly kind: 'broughtFromOutside' }
    | { readonly kind: 'underWay'; readonly untilMs: number }
  >
}

/** What was done, and refused. */
export type AuditTrail = AuditSource & {
  /** Never waits. */
  record(fact: AuditFact): void
  /** Newest first. */
  records(query: AuditQuery): Promise<readonly AuditRecord[]>
  /** Newest first. */
  marks(tenantId: string | null, count: number): Promise<readonly AuditMark[]>
  verify(): Promise<{
    readonly count: number
    readonly firstNumber: number | null
    readonly lastNumber: number | null
    readonly problem: string | null
  }>
}

/** Who asks, and where the request came from. */
export type Asking = {
  readonly viewer: Viewer
  /** `source`: the address of the client; null: unknown. `requestId`: under which the log and the audit have it. */
  readonly origin: { readonly source: string | null; readonly requestId: string }
}

/** What can be done. The edge has checked the role and the limits of input; rules of the domain are checked here. */
export type UseCases = {
  openSession(asking: Asking, command: OpenSession, caller: Caller): Promise<OpenSessionResult>
  closeSession(asking: Asking, sessionId: string): Promise<CloseSessionResult>
  createApplication(viewer: Viewer, command: CreateApplication): Promise<CreateApplicationResult>
  publishVersion(viewer: Viewer, command: PublishVersion): Promise<WriteApplicationResult>
  updateScalingPolicy(viewer: Viewer, command: UpdateScalingPolicy): Promise<WriteApplicationResult>
  deleteApplication(viewer: Viewer, command: ApplicationGuard): Promise<DeleteApplicationResult>
  cordonNode(viewer: Viewer, nodeName: string): Promise<WriteNodeResult>
  uncordonNode(viewer: Viewer, nodeName: string): Promise<WriteNodeResult>
  drainNode(viewer: Viewer, command: DrainNode): Promise<WriteNodeResult>
  removeNode(viewer: Viewer, nodeName: string): Promise<RemoveNodeResult>
}

/** Which secret of the viewer's tenant, and the revision that the writer saw; null when the last write wins. */
export type SecretGuard = { readonly name: string; readonly revision: number | null }

export type SecretValue = { readonly name: string; readonly value: Uint8Array }

export type OpenSession = {
  /** A name in the viewer's tenant. */
  readonly application: string
  readonly request: SessionRequest
  readonly wait: 'none' | 'ready'
  readonly durability: 'journaled' | 'memory'
}

export type OpenSessionResult =
  | { readonly kind: 'opened'; readonly session: Session }
  /** Not available yet: the caller did not want to wait, or has waited long enough. */
  | { readonly kind: 'underway'; readonly session: Session }
  | { readonly kind: 'notOpened'; readonly session: Session; readonly reason: CloseReason }
  | { readonly kind: 'applicationNotFound'; readonly application: string }
  | { readonly kind: 'idempotencyConflict'; readonly idempotencyKey: string }
  | { readonly kind: 'queueFull'; readonly waiting: number }
  | { readonly kind: 'tenantSuspended' }
  | QuotaExceeded

export type QuotaExceeded = {
  readonly kind: 'quotaExceeded'
  readonly quota: QuotaName
  readonly limit: number
  /** Null when somebody must let go of something first. */
  readonly retryAfterMs: number | null
}

export type CloseSessionResult =
  | { readonly kind: 'closing'; readonly session: Session }
  | { readonly kind: 'sessionNotFound'; readonly id: string }

export type CreateApplication = {
  readonly name: string
  readonly spec: VersionSpec
  readonly policy: ScalingPolicy
}

export type CreateApplicationResult =
  | { readonly kind: 'created'; readonly application: ApplicationView }
  | { readonly kind: 'nameTaken'; readonly name: string }
  | Invalid

/** Which application of the viewer's tenant, and the revision that the writer saw; null when the last write wins. */
export type ApplicationGuard = { readonly application: string; readonly revision: number | null }

export type PublishVersion = ApplicationGuard & {
  readonly change:
    | { readonly kind: 'spec'; readonly spec: VersionSpec }
    | { readonly kind: 'rollBack'; readonly toNumber: number }
}

export type UpdateScalingPolicy = ApplicationGuard & { readonly policy: ScalingPolicy }

export type WriteApplicationResult =
  | { readonly kind: 'written'; readonly application: ApplicationView }
  | { readonly kind: 'applicationNotFound'; readonly application: string }
  | { readonly kind: 'conflict'; readonly currentRevision: number }
  | Invalid

export type DeleteApplicationResult = Exclude<WriteApplicationResult, Invalid>

export type DrainNode = { readonly nodeName: string; readonly sessionsMayLastMs: number }

export type WriteNodeResult =
  /** `sessionCount`: how many sessions were open on it. */
  | { readonly kind: 'written'; readonly node: NodeView; readonly sessionCount: number }
  | { readonly kind: 'nodeNotFound'; readonly name: string }

export type Invalid = { readonly kind: 'invalid' } & InputProblem

export type PodLogOptions = { readonly follow: boolean; readonly tailLines: number }

export type PodLogBatch = {
  readonly lines: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[]
  /** Lines left out because this reader was too slow. */
  readonly skippedLines: number
}

export type LatencyFilter = {
  readonly applicationId: string | null
  readonly start: 'warm' | 'cold' | null
  readonly tenantId: string | null
}

/** From asking to available; null when nothing was measured. */
export type LatencySummary = {
  readonly count: number
  readonly maxMs: number | null
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p99Ms: number | null
  readonly p999Ms: number | null
}
