/**
 * The core, put together: the one place where edges meet.
 *
 *   store ─intent─► fleet ◄─reports─ node link ◄── agents
 *                     │ changes
 *                     ▼
 *                  GraphQL ◄── clients
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { invariant } from '@fornax/kernel/assert'
import { systemStopwatch, type Clock } from '@fornax/kernel/clock'
import { newId } from '@fornax/kernel/ids'
import type { Log } from '@fornax/kernel/log'
import { seededRandom } from '@fornax/kernel/random'
import { Auditor } from './audit/auditor.ts'
import { INVARIANTS } from './audit/invariants.ts'
import { ViolationLog } from './audit/violation-log.ts'
import type { CoreConfig } from './config.ts'
import { accessKept, issuersOf, logins, tenantsWith } from './core-access.ts'
import { auditedLogins, openCoreAudit, type CoreAudit } from './core-audit.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMES, openCoreRooms, recover, type CoreRooms, type CoreTimes } from './core-rooms.ts'
import type { ApplicationEntry } from './fleet/application-entry.ts'
import type { FleetObserver } from './fleet/fleet-state.ts'
import type { Fleet } from './fleet/fleet.ts'
import type { CorePort } from './graphql/core-port.ts'
import { startRehearsal } from './graphql/rehearsal.ts'
import { startGraphqlServer, type GraphqlServerOptions } from './graphql/server.ts'
import { readTrustedDocuments } from './graphql/trusted-documents.ts'
import type { IssuerDirectory } from './issuers/issuer-directory.ts'
import type { NodeConditionKind } from './nodes/node-pressure.ts'
import { HistoryKeeper } from './history/history-keeper.ts'
import { History } from './history/history.ts'
import { NODE_PHASES } from './nodes/node-state.ts'
import { admissionsPort, cutOffFact, joinFact, openNodeDoor, type NodeDoorParts } from './node-door.ts'
import { NodeLinkServer } from './nodelink/nodelink-server.ts'
import { PodLogUnavailableError } from './pods/pod-log.ts'
import { POD_PHASES } from './pods/pod.ts'
import { SecretDirectory } from './secrets/secret-directory.ts'
import { SecretSeal } from './secrets/secret-seal.ts'
import type { SecretStore } from './secrets/secret.ts'
import type { Session } from './sessions/session.ts'
import { openStore, type OpenedStore } from './store/open-store.ts'
import type { Intent, Store } from './store/store.ts'
import { LatencyRecorder } from './telemetry/latency.ts'
import { Metrics, type Gauges } from './telemetry/metrics.ts'
import { TenantDirectory } from './tenants/tenant-directory.ts'
import { DEFAULT_TENANT } from './tenants/tenant.ts'
import { UserDirectory } from './tenants/user-directory.ts'
import { secretsPort, useCases } from './use-cases.ts'

export type CoreOptions = {
  readonly config: CoreConfig
  readonly clock: Clock
  readonly log: Log
  readonly times?: Partial<CoreTimes>
  /** How long a certificate of a node is good for; a day when it is not said. */
  readonly nodeCertificateMs?: number
  /** Whether it rehearses what clients will ask, so that the first of them wait no longer than others. */
  readonly rehearses?: boolean
}

export type Core = AsyncDisposable & {
  /** As `http://host:port`. */
  readonly apiUrl: string
  /** As `host:port`. */
  readonly nodeLink: string
  /** Settles when the core must begin anew: an agent has seen a higher epoch than the database has. */
  readonly mustRestart: Promise<void>
}

const NODE_CERTIFICATE_MS = 24 * 60 * 60 * 1_000

/** The name of the token that the settings give. */
const ADMINISTRATOR = 'administrator'

/** Opens the store, recovers what was asked for, and serves. Throws when a port or the database cannot be had. */
export async function createCore(options: CoreOptions): Promise<Core> {
  const { config, log } = options
  await using stack = new AsyncDisposableStack()
  const inside = await openInside(stack, options)
  const { rooms, store, audit, metrics, frames } = inside
  const { host, apiPort, nodeLinkPort, isProduction } = config
  const door = stack.use(await openNodeDoor(rooms, doorParts(options, store, audit)))
  const link = stack.use(
    await NodeLinkServer.listen({ ...door, connections: rooms.connections, host, port: nodeLinkPort, frames }),
  )
  const issuers = issuersOf(rooms, config, log)
  const port = corePort(rooms, { ...inside, log, issuers, admissions: admissionsPort(rooms, door) })
  const api = stack.use(
    await startGraphqlServer(port, { host, port: apiPort, isProduction, metrics, ...doorOf(config) }),
  )
  if (options.rehearses === true) stack.use(startRehearsal(port))
  const owned = stack.move()
  return {
    apiUrl: api.url,
    nodeLink: `${host}:${link.port}`,
    mustRestart: rooms.mustRestart,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Everything behind the servers. */
type Inside = {
  readonly store: OpenedStore
  readonly audit: CoreAudit
  readonly rooms: CoreRooms
  readonly latency: LatencyRecorder
  readonly history: History
  readonly metrics: Metrics
  /** Of the node link. */
  readonly frames: { sent: number; received: number }
}

async function openInside(stack: AsyncDisposableStack, options: CoreOptions): Promise<Inside> {
  const { config, clock, log, times } = options
  const written = { sessionRows: 0, sessionCommits: 0 }
  const sessionsWritten = (sessions: readonly Session[]): void => {
    written.sessionRows += sessions.length
    written.sessionCommits += 1
    audit.sessionsWritten(sessions)
  }
  const store = stack.use(await openStore({ ...databaseOf(config), clock, log, sessionsWritten }))
  const audit: CoreAudit = stack.use(await openCoreAudit(store.audit, options))
  stack.defer(() => store.finishSessions()) // What is written last is to be in the audit too.
  const intent = await store.start(clock.nowMs())
  const tenants = await tenantDirectory(store, intent, options)
  const secrets = await secretDirectory(store.secrets, options)
  const latency = new LatencyRecorder()
  const rooms: CoreRooms = stack.use(
    openCoreRooms({
      clock,
      log,
      random: seededRandom(intent.epoch),
      newId,
      store,
      intent,
      tenants,
      secrets,
      clusterKey: config.secretKey,
      users: new UserDirectory({ store, nowMs: () => clock.nowMs(), users: intent.users }),
      observe: observer({ latency, metrics: () => metrics, history: () => history, log }),
      nodeCutOff: (nodeName, refusal) => {
        metrics.nodeCutOff(refusal.code)
        audit.record(cutOffFact(nodeName, refusal))
      },
      times: { ...DEFAULT_TIMES, ...times },
      limits: DEFAULT_LIMITS,
    }),
  )
  const frames = { sent: 0, received: 0 }
  const metrics: Metrics = new Metrics({
    ...gauges(rooms.fleet),
    totals: () => ({
      ...written,
      changes: rooms.fleet.state.changes.count,
      nodeFramesSent: frames.sent,
      nodeFramesReceived: frames.received,
    }),
  })
  const kept = { store, config, log, epoch: intent.epoch }
  const history: History = historyOf(rooms, kept)
  await recover(rooms.fleet, store, intent)
  stack.use(historyKept(history, rooms, kept))
  stack.use(audited(rooms, metrics, log))
  stack.use(accessKept(rooms, log, (tenantId) => history.recorder.forgetTenant(tenantId)))
  return { store, audit, rooms, latency, history, metrics, frames }
}

/** How clients come in. */
function doorOf({ tls, introspection, requestsPerSecond, trustedDocumentsFile }: CoreConfig): ClientDoor {
  const trusted = trustedDocumentsFile === null ? null : readTrustedDocuments(trustedDocumentsFile)
  return { tls, gate: { introspection, trusted, traffic: { requestsPerSecond } } }
}

type ClientDoor = Pick<GraphqlServerOptions, 'tls' | 'gate'>

function doorParts(options: CoreOptions, { admissions }: OpenedStore, audit: CoreAudit): NodeDoorParts {
  const { config, clock, log, nodeCertificateMs = NODE_CERTIFICATE_MS } = options
  const isStandingToken = (secret: string): boolean => isSame(secret, config.joinToken)
  const tried: NodeDoorParts['tried'] = (attempt) => audit.record(joinFact(attempt))
  return { store: admissions, config, clock, log, nodeLifeMs: nodeCertificateMs, isStandingToken, tried }
}

type Observing = {
  readonly latency: LatencyRecorder
  readonly metrics: () => Metrics
  readonly history: () => History
  readonly log: Log
}

/** Counts, measures and logs what the fleet says of itself. */
function observer({ latency, metrics, history, log }: Observing): FleetObserver {
  return {
    sessionAvailable: (session, pod) => {
      latency.record(session)
      history().sessionAvailable(session, pod)
      metrics().sessionAvailable(session)
    },
    sessionClosed: (session) => metrics().sessionClosed(session),
    podReady: (pod) => metrics().podReady(pod),
    applicationGone: (applicationId) => {
      latency.forget(applicationId)
      history().applicationGone(applicationId)
    },
    podRested: ({ hibernation }) => metrics().podRested(hibernation),
    podWoke: (wakeUs) => metrics().podWoke(wakeUs),
    podDidNotWake: () => metrics().podDidNotWake(),
    rejected: (what, id, why) => {
      metrics().rejected(what)
      log.warn({ what, id, why }, 'an event that makes no sense here')
    },
  }
}

type Kept = {
  readonly store: OpenedStore
  readonly config: CoreConfig
  readonly log: Log
  readonly epoch: number
}

/** What is counted, and what the database remembers of it. */
function historyOf({ fleet, clock }: CoreRooms, { store, config, epoch }: Kept): History {
  const { objectives } = config
  return new History({
    state: fleet.state,
    store: store.history,
    epoch,
    nowMs: () => clock.nowMs(),
    objectives,
  })
}

/** What happens is remembered, for as long as the settings say. */
function historyKept({ recorder }: History, { fleet, clock }: CoreRooms, kept: Kept): HistoryKeeper {
  const { store, config, log, epoch } = kept
  const { retention } = config
  return new HistoryKeeper({ clock, log, recorder, events: fleet.state.events, store: store.history, epoch, retention })
}

/** Somebody looks, as long as the core runs, whether anything happens that must never happen. */
function audited({ fleet, deadlines, clock }: CoreRooms, metrics: Metrics, log: Log): Auditor {
  for (const { id } of INVARIANTS) metrics.violated(id, 0) // A counter that was never there cannot be seen to grow.
  const lines = new ViolationLog(log, clock)
  const found: ConstructorParameters<typeof Auditor>[0]['found'] = (violation) => {
    metrics.violated(violation.invariant, 1)
    lines.found(violation)
  }
  return new Auditor({ state: fleet.state, deadlines, clock, stopwatch: systemStopwatch, found })
}

/** Reads at scrape time; looks at every node and application, and at no pod. */
function gauges({ state }: Fleet): Omit<Gauges, 'totals'> {
  const entries = (): ApplicationEntry[] => [...state.applications.values()]
  return {
    nodesByPhase: () => {
      const counts = Object.fromEntries(NODE_PHASES.map((phase) => [phase, 0]))
      for (const { phase } of state.nodes.values()) counts[phase] = (counts[phase] ?? 0) + 1
      return counts
    },
    nodesByCondition: () => {
      const counts: Record<NodeConditionKind, number> = { memoryPressure: 0, diskPressure: 0, pidPressure: 0 }
      for (const { conditions } of state.nodes.values()) for (const { kind } of conditions) counts[kind] += 1
      return counts
    },
    podsByPhase: () =>
      Object.fromEntries(POD_PHASES.map((phase) => [phase, sum(entries(), ({ counts }) => counts[phase])])),
    openSessions: () => sum(entries(), ({ openSessions }) => openSessions.size),
    waitingSessions: () => sum(entries(), ({ queue }) => queue.size),
  }
}

function sum(entries: readonly ApplicationEntry[], count: (entry: ApplicationEntry) => number): number {
  return entries.reduce((total, entry) => total + count(entry), 0)
}

/** Tenants and tokens. The default tenant and the operator's own token are always there. */
async function tenantDirectory(store: Store, intent: Intent, { config, clock }: CoreOptions): Promise<TenantDirectory> {
  const { tenants: known, tokens } = intent
  const tenants = new TenantDirectory({ store, nowMs: () => clock.nowMs(), tenants: known, tokens })
  const tenant = tenants.tenantNamed(DEFAULT_TENANT) ?? (await tenants.addTenant(DEFAULT_TENANT))
  invariant(tenant, 'a tenant that is not there can be added')
  if (tenants.authenticate(config.adminToken) === null)
    await replaceAdministrator(tenants, tenant.id, config.adminToken)
  return tenants
}

/** Whoever sets another token for the administrator no longer trusts the one before. */
async function replaceAdministrator(tenants: TenantDirectory, tenantId: string, secret: string): Promise<void> {
  const former = [...tenants.tokens()].filter(({ name, role }) => name === ADMINISTRATOR && role === 'operator')
  await tenants.addToken({ name: ADMINISTRATOR, role: 'operator', tenantId }, secret)
  for (const { id } of former) await tenants.revokeToken(id)
}

/** The secrets of all tenants, with the key of this core. */
async function secretDirectory(store: SecretStore, { config, clock, log }: CoreOptions): Promise<SecretDirectory> {
  const seal = new SecretSeal(config.secretKey)
  const secrets = await store.secrets()
  const kept = new SecretDirectory({ store, seal, newId, nowMs: () => clock.nowMs(), secrets })
  const unreadable = kept.unreadableCount()
  const remedy = 'bring back the file of FORNAX_SECRET_KEY_FILE, or write these secrets anew'
  if (unreadable > 0) log.error({ unreadable, remedy }, 'secrets were sealed with another key: pods cannot have them')
  return kept
}

/** What the GraphQL edge sees of the core. */
function corePort(
  rooms: CoreRooms,
  beside: Pick<CorePort, 'log' | 'audit' | 'admissions'> & {
    readonly latency: LatencyRecorder
    readonly history: History
    readonly issuers: IssuerDirectory
  },
): CorePort {
  const { reader, clock, store, connections } = rooms
  const { latency, issuers, history, ...others } = beside
  return {
    ...others,
    clock,
    store,
    fleet: reader,
    secrets: secretsPort(rooms),
    imagesOf: (versionId) => rooms.images.imagesOf(versionId),
    tenants: tenantsWith(rooms, issuers),
    logins: auditedLogins(logins(rooms), beside.audit),
    useCases: useCases(rooms, beside.admissions),
    podLog: (podId, options, signal) => {
      const nodeName = reader.pod(podId)?.nodeName ?? null
      const connection = nodeName === null ? null : connections.connection(nodeName)
      if (connection === null) throw new PodLogUnavailableError(podId, 'its node is not connected')
      return connection.podLog(podId, options, signal)
    },
    latency: (filter) => latency.summary(filter),
    history,
  }
}

function databaseOf({ databaseUrl, dataDir, durability }: CoreConfig): {
  databaseUrl: string
  durability: 'process' | 'fsync'
} {
  return { databaseUrl: databaseUrl ?? `file:${join(dataDir, 'fornax.db')}`, durability }
}

/** Compares secrets in a time that says nothing about them. */
function isSame(given: string, secret: string): boolean {
  return timingSafeEqual(hashOf(given), hashOf(secret))
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
