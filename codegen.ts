/** Types from the schema: resolvers for the core, and documents for whoever asks. */
import type { CodegenConfig } from '@graphql-codegen/cli'

const scalars = { DateTime: 'string', Bytes: 'string', ByteCount: 'number', ResourceVersion: 'string', ID: 'string' }
/** What resolvers hand on: the objects and words of the core itself. */
const core = (file: string, name: string): string => `../../${file}.ts#${name} as Core${name}`
const mappers = {
  Application: core('fleet/views', 'ApplicationView'),
  ApplicationFailure: core('fleet/views', 'ApplicationFailure'),
  ApplicationVersion: core('applications/application', 'ApplicationVersion'),
  ApiToken: core('tenants/tenant', 'ApiToken'),
  AuditActivity: core('trail/audit-activity', 'AuditActivity'),
  AuditActivityBin: core('trail/audit-activity', 'ActivityBin'),
  AuditRecord: core('trail/audit-record', 'AuditRecord'),
  AuditRecordBatch: core('trail/audit-watch', 'AuditBatch'),
  ComputeNodeIdentity: core('nodes/node-identity', 'NodeIdentity'),
  JoinToken: core('nodes/node-identity', 'JoinToken'),
  ComputeNode: '../visibility.ts#VisibleNode',
  Endpoint: core('sessions/session', 'Endpoint'),
  Liveness: core('applications/application', 'Liveness'),
  NodeCondition: core('nodes/node-pressure', 'NodeCondition'),
  NodeImage: core('images/node-image', 'NodeImage'),
  Event: core('fleet/fleet-event', 'FleetEvent'),
  EventConnection: '../event-pages.ts#EventPage',
  FleetHistory: '../history-views.ts#FleetHistoryView',
  FleetPoint: core('history/pool-report', 'FleetPoint'),
  LatencyHistory: '../history-views.ts#LatencyHistoryView',
  LatencySlice: core('history/latency-report', 'LatencySlice'),
  NodeLinkEntry: core('nodes/node-link', 'NodeLinkEntry'),
  Pod: core('pods/pod', 'PodView'),
  PolicyPoint: core('history/policy-replay-plan', 'ReplayPoint'),
  PoolHistory: core('history/pool-report', 'PoolReport'),
  PoolPoint: core('history/pool-report', 'PoolPoint'),
  PodHibernation: core('pods/pod', 'PodHibernation'),
  Pool: core('fleet/views', 'PoolCounts'),
  Readiness: core('applications/application', 'Readiness'),
  ScalingPolicy: core('applications/application', 'ScalingPolicy'),
  Secret: core('secrets/secret', 'Secret'),
  Session: core('sessions/session', 'Session'),
  Tenant: core('tenants/tenant', 'Tenant'),
  TenantQuotas: core('tenants/quotas', 'Quotas'),
  TenantUsage: core('tenants/quotas', 'TenantUsage'),
  User: core('tenants/tenant', 'User'),
  Viewer: core('tenants/tenant', 'Viewer'),
}
const enums =
  'ApplicationFailureKind CloseReason ComputeNodePhase Durability EndpointProtocol Isolation OpenSessionWait'
const moreEnums = 'PodLogStream PodPhase ProbeKind QuotaName Role SessionPhase SessionStart SessionStep TenantPhase'
const auditEnums = 'AuditActorKind AuditOutcome'
const latestEnums = 'HibernationDepth ImagePhase ImagePullPolicy NodeConditionKind'
const historyEnums = 'ComputeNodeOrder DrainedPodFate EventKind EventSeverity LatencyPhaseKind NodeLinkKind PodOrigin'
const enumNames = [enums, moreEnums, latestEnums, historyEnums, auditEnums].join(' ').split(' ')
const enumValues = Object.fromEntries(enumNames.map((name) => [name, `../enums.ts#${name}`]))
const resolvers = {
  avoidOptionals: { defaultValue: true },
  contextType: '../context.ts#RequestContext',
  enumValues,
  makeResolverTypeCallable: true,
  mappers,
  resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
  useIndexSignature: false,
}
const erasable = { useTypeImports: true, enumsAsTypes: true, immutableTypes: true, skipTypename: true }

const config: CodegenConfig = {
  schema: 'apps/core/src/graphql/schema/*.graphql',
  generates: {
    'apps/core/src/graphql/generated/resolver-types.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: { ...erasable, scalars, ...resolvers },
    },
    'packages/client/src/generated/documents.ts': {
      documents: 'packages/client/src/documents/*.graphql',
      plugins: ['typescript-operations', 'typed-document-node'],
      config: { ...erasable, skipTypename: false, scalars, documentMode: 'string' },
    },
    'apps/console/src/graphql/generated/documents.ts': {
      documents: 'apps/console/src/graphql/documents/*.graphql',
      plugins: ['typescript-operations', 'typed-document-node'],
      config: { ...erasable, skipTypename: false, scalars, documentMode: 'string' },
    },
  },
  ignoreNoDocuments: true,
  // Types are exported as types, so that Node can erase them.
  hooks: { beforeOneFileWrite: (_path: string, text: string) => text.replaceAll(/^export \{/gm, 'export type {') },
}

export default config
