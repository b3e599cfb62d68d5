/**
 * What the schema calls AVAILABLE or IN_USE is `available` or `inUse` in the core. GraphQL translates at
 * the border, in both directions, by these tables; the types are the core's own.
 */
import type { Isolation as CoreIsolation, Protocol, Readiness } from '../applications/application.ts'
import type { ImagePullPolicy as CorePullPolicy } from '../applications/provision.ts'
import type { NodeImage } from '../images/node-image.ts'
import type { NodeConditionKind as CoreConditionKind } from '../nodes/node-pressure.ts'
import type { DrainedPodFate as CoreDrainedPodFate } from '../fleet/drain-plan.ts'
import type { EventSeverity as CoreEventSeverity, FleetEventKind } from '../fleet/fleet-event.ts'
import type { ApplicationFailure } from '../fleet/views.ts'
import type { LatencyPart } from '../history/latency-series.ts'
import type { NodeLinkKind as CoreNodeLinkKind } from '../nodes/node-link.ts'
import type { NodePhase } from '../nodes/node-state.ts'
import type { HibernationDepth as CoreHibernationDepth, PodPhase as CorePodPhase } from '../pods/pod.ts'
import type {
  CloseReason as CoreCloseReason,
  PodOrigin as CorePodOrigin,
  Session,
  SessionPhase as CoreSessionPhase,
  SessionStep as CoreSessionStep,
} from '../sessions/session.ts'
import type { QuotaName as CoreQuotaName } from '../tenants/quotas.ts'
import type { Role as CoreRole } from '../tenants/tenant.ts'
import type { AuditOutcome as CoreAuditOutcome, AuditRecord } from '../trail/audit-record.ts'
import type { OpenSession, PodLogBatch } from './core-port.ts'

export type ComputeNodeOrder = ('name' | 'cpuBooked' | 'memoryBooked' | 'podCount' | 'sessionCount') | 'lastHeard'
export type DrainedPodFate = CoreDrainedPodFate
export type EventKind = FleetEventKind
export type EventSeverity = CoreEventSeverity
export type LatencyPhaseKind = Exclude<LatencyPart, 'total'>
export type NodeLinkKind = CoreNodeLinkKind
export type PodOrigin = CorePodOrigin['kind']
export type ApplicationFailureKind = ApplicationFailure['kind']
export type AuditActorKind = AuditRecord['actorKind']
export type AuditOutcome = CoreAuditOutcome
export type CloseReason = CoreCloseReason
export type ComputeNodePhase = NodePhase
export type Durability = OpenSession['durability']
export type EndpointProtocol = Protocol
export type ImagePhase = NodeImage['phase']
export type ImagePullPolicy = CorePullPolicy
export type HibernationDepth = CoreHibernationDepth
export type Isolation = CoreIsolation
export type NodeConditionKind = CoreConditionKind
export type OpenSessionWait = OpenSession['wait']
export type PodLogStream = PodLogBatch['lines'][number]['stream']
export type PodPhase = CorePodPhase
export type ProbeKind = Readiness['probe']['kind']
export type QuotaName = CoreQuotaName
export type Role = CoreRole
export type SessionPhase = CoreSessionPhase
export type SessionStart = NonNullable<Session['start']>
export type SessionStep = CoreSessionStep
export type TenantPhase = 'active' | 'suspended' | 'deleting'

/** `inUse` → `IN_USE`. */
type Loud<Word extends string> = Word extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? '' : '_'}${Uppercase<First>}${Loud<Rest>}`
  : ''

/** A table that names every word, and none twice. */
type EnumTable<Word extends string> = { readonly [W in Word as Loud<W>]: W }

const applicationFailureKinds: EnumTable<ApplicationFailureKind> = {
  NO_CAPACITY: 'noCapacity',
  POD_FAILED: 'podFailed',
  QUOTA_EXCEEDED: 'quotaExceeded',
}

const closeReasons: EnumTable<CloseReason> = {
  APPLICATION_DELETED: 'applicationDeleted',
  CLIENT_GONE: 'clientGone',
  CORE_FAILED: 'coreFailed',
  DRAINED: 'drained',
  EXITED: 'exited',
  IDLE_TIMEOUT: 'idleTimeout',
  LIFETIME_REACHED: 'lifetimeReached',
  NODE_LOST: 'nodeLost',
  OPEN_TIMED_OUT: 'openTimedOut',
  POD_LOST: 'podLost',
  QUOTA_EXCEEDED: 'quotaExceeded',
  REQUESTED: 'requested',
  START_FAILED: 'startFailed',
  TENANT_SUSPENDED: 'tenantSuspended',
}

const computeNodePhases: EnumTable<ComputeNodePhase> = {
  DISCONNECTED: 'disconnected',
  EXPECTED: 'expected',
  JOINING: 'joining',
  LOST: 'lost',
  READY: 'ready',
}

const hibernationDepths: EnumTable<HibernationDepth> = {
  DEEP: 'deep',
  FROZEN: 'frozen',
  LIGHT: 'light',
  NONE: 'none',
}

const isolations: EnumTable<Isolation> = {
  CONTAINER: 'container',
  NAMESPACE: 'namespace',
  NONE: 'none',
  SANDBOX: 'sandbox',
  SIMULATED: 'simulated',
}

const podPhases: EnumTable<PodPhase> = {
  ACTIVE: 'active',
  CREATING: 'creating',
  FAILED: 'failed',
  HIBERNATED: 'hibernated',
  PENDING: 'pending',
  STANDBY: 'standby',
  TERMINATED: 'terminated',
  TERMINATING: 'terminating',
}

const quotaNames: EnumTable<QuotaName> = {
  CPU_MILLIS: 'cpuMillis',
  MEMORY_BYTES: 'memoryBytes',
  OPENS_PER_SECOND: 'opensPerSecond',
  PODS: 'pods',
  SESSIONS: 'sessions',
}

const roles: EnumTable<Role> = {
  ADMIN: 'admin',
  CI: 'ci',
  DEVELOPER: 'developer',
  GATEWAY: 'gateway',
  OPERATOR: 'operator',
  VIEWER: 'viewer',
}

const sessionPhases: EnumTable<SessionPhase> = {
  AVAILABLE: 'available',
  CLOSED: 'closed',
  CLOSING: 'closing',
  IN_USE: 'inUse',
  PENDING: 'pending',
  STARTING: 'starting',
}

const sessionSteps: EnumTable<SessionStep> = {
  ASKED: 'asked',
  ATTACHED: 'attached',
  AVAILABLE: 'available',
  CLOSED: 'closed',
  CLOSING: 'closing',
  COMMAND_SENT: 'commandSent',
  GIVEN_BACK: 'givenBack',
  IDLE: 'idle',
  POD_TAKEN: 'podTaken',
  RECOVERED: 'recovered',
  STARTED: 'started',
}

const auditActorKinds: EnumTable<AuditActorKind> = { CORE: 'core', NOBODY: 'nobody', NODE: 'node', VIEWER: 'viewer' }
const auditOutcomes: EnumTable<AuditOutcome> = { DONE: 'done', FAILED: 'failed', REFUSED: 'refused' }
const durabilities: EnumTable<Durability> = { JOURNALED: 'journaled', MEMORY: 'memory' }
const endpointProtocols: EnumTable<EndpointProtocol> = { HTTP: 'http', TCP: 'tcp', UDP: 'udp' }
const openSessionWaits: EnumTable<OpenSessionWait> = { NONE: 'none', READY: 'ready' }
const imagePhases: EnumTable<ImagePhase> = { FAILED: 'failed', PRESENT: 'present', PULLING: 'pulling' }
const imagePullPolicies: EnumTable<ImagePullPolicy> = {
  ALWAYS: 'always',
  IF_NOT_PRESENT: 'ifNotPresent',
  NEVER: 'never',
}
const nodeConditionKinds: EnumTable<NodeConditionKind> = {
  DISK_PRESSURE: 'diskPressure',
  MEMORY_PRESSURE: 'memoryPressure',
  PID_PRESSURE: 'pidPressure',
}
const podLogStreams: EnumTable<PodLogStream> = { STDERR: 'stderr', STDOUT: 'stdout' }
const probeKinds: EnumTable<ProbeKind> = { EXEC: 'exec', HTTP: 'http', NONE: 'none', TCP: 'tcp' }
const sessionStarts: EnumTable<SessionStart> = { COLD: 'cold', WARM: 'warm' }
const tenantPhases: EnumTable<TenantPhase> = { ACTIVE: 'active', DELETING: 'deleting', SUSPENDED: 'suspended' }

const computeNodeOrders: EnumTable<ComputeNodeOrder> = {
  CPU_BOOKED: 'cpuBooked',
  LAST_HEARD: 'lastHeard',
  MEMORY_BOOKED: 'memoryBooked',
  NAME: 'name',
  POD_COUNT: 'podCount',
  SESSION_COUNT: 'sessionCount',
}

const drainedPodFates: EnumTable<DrainedPodFate> = {
  ENDS_WITH_SESSIONS: 'endsWithSessions',
  IS_ENDING: 'isEnding',
  STOPS_NOW: 'stopsNow',
}

const eventKinds: EnumTable<EventKind> = {
  APPLICATION_CREATED: 'applicationCreated',
  APPLICATION_DELETED: 'applicationDeleted',
  APPLICATION_SHORT: 'applicationShort',
  CORE_STARTED: 'coreStarted',
  NODE_CORDONED: 'nodeCordoned',
  NODE_DISCONNECTED: 'nodeDisconnected',
  NODE_DRAIN_ENDED: 'nodeDrainEnded',
  NODE_DRAIN_STARTED: 'nodeDrainStarted',
  NODE_JOINED: 'nodeJoined',
  NODE_LOST: 'nodeLost',
  NODE_READY: 'nodeReady',
  NODE_RESYNCED: 'nodeResynced',
  NODE_REMOVED: 'nodeRemoved',
  NODE_UNCORDONED: 'nodeUncordoned',
  POD_FAILED: 'podFailed',
  ROLL_OUT_HALTED: 'rollOutHalted',
  SCALING_POLICY_CHANGED: 'scalingPolicyChanged',
  SESSION_LOST: 'sessionLost',
  SESSION_NOT_OPENED: 'sessionNotOpened',
  VERSION_PROVEN: 'versionProven',
  VERSION_PUBLISHED: 'versionPublished',
}

const latencyPhaseKinds: EnumTable<LatencyPhaseKind> = {
  COMMAND: 'command',
  CREATE: 'create',
  PLACE: 'place',
  QUEUE: 'queue',
  READY: 'ready',
  WAKE: 'wake',
}

const nodeLinkKinds: EnumTable<NodeLinkKind> = {
  CONNECTED: 'connected',
  DISCONNECTED: 'disconnected',
  GAP: 'gap',
  LOST: 'lost',
  READY: 'ready',
  RESYNCED: 'resynced',
}

const eventSeverities: EnumTable<EventSeverity> = { ERROR: 'error', INFO: 'info', WARNING: 'warning' }
const podOrigins: EnumTable<PodOrigin> = { HIBERNATED: 'hibernated', HOT: 'hot', MADE: 'made', SHARED: 'shared' }

/** Every enum of the schema. */
export const enumTables = {
  ComputeNodeOrder: computeNodeOrders,
  DrainedPodFate: drainedPodFates,
  EventKind: eventKinds,
  EventSeverity: eventSeverities,
  LatencyPhaseKind: latencyPhaseKinds,
  NodeLinkKind: nodeLinkKinds,
  PodOrigin: podOrigins,
  ApplicationFailureKind: applicationFailureKinds,
  AuditActorKind: auditActorKinds,
  AuditOutcome: auditOutcomes,
  CloseReason: closeReasons,
  ComputeNodePhase: computeNodePhases,
  Durability: durabilities,
  EndpointProtocol: endpointProtocols,
  ImagePhase: imagePhases,
  ImagePullPolicy: imagePullPolicies,
  HibernationDepth: hibernationDepths,
  Isolation: isolations,
  NodeConditionKind: nodeConditionKinds,
  OpenSessionWait: openSessionWaits,
  PodLogStream: podLogStreams,
  PodPhase: podPhases,
  ProbeKind: probeKinds,
  QuotaName: quotaNames,
  Role: roles,
  SessionPhase: sessionPhases,
  SessionStart: sessionStarts,
  SessionStep: sessionSteps,
  TenantPhase: tenantPhases,
}
