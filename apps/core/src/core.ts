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
import type { Clock } from '@fornax/kernel/clock'
import { newId } from '@fornax/kernel/ids'
import type { Log } from '@fornax/kernel/log'
import { seededRandom } from '@fornax/kernel/random'
import { TimerWheel } from '@fornax/kernel/timer-wheel'
import type { ApplicationVersion } from './applications/application.ts'
import type { CoreConfig } from './config.ts'
import type { ApplicationEntry } from './fleet/application-entry.ts'
import { FleetReader } from './fleet/fleet-reader.ts'
import type { FleetObserver } from './fleet/fleet-state.ts'
import { Fleet } from './fleet/fleet.ts'
import type { CorePort } from './graphql/core-port.ts'
import { startGraphqlServer } from './graphql/server.ts'
import { NODE_PHASES } from './nodes/node-state.ts'
import { NodeLinkServer } from './nodelink/nodelink-server.ts'
import { POD_PHASES } from './pods/pod.ts'
import { SessionJournal } from './sessions/session-journal.ts'
import { openStore } from './store/open-store.ts'
import type { Intent, Store } from './store/store.ts'
import { LatencyRecorder } from './telemetry/latency.ts'
import { Metrics, type Gauges } from './telemetry/metrics.ts'
import { TenantDirectory } from './tenants/tenant-directory.ts'
import { DEFAULT_TENANT } from './tenants/tenant.ts'
import { tenantsPort, useCases, type UseCaseParts } from './use-cases.ts'

/** Times that tests shorten; the defaults are the design's. */
export type CoreTimes = {
  readonly leaseMs: number
  readonly heartbeatMs: number
  readonly usageMs: number
  readonly retentionMs: number
}

export type CoreOptions = {
  readonly config: CoreConfig
  readonly clock: Clock
  readonly log: Log
  readonly times?: Partial<CoreTimes>
}

export type Core = AsyncDisposable & {
  /** As `http://host:port`. */
  readonly apiUrl: string
  /** As `host:port`. */
  readonly nodeLink: string
  /** Settles when the core must begin anew: an agent has seen a higher epoch than the database has. */
  readonly mustRestart: Promise<void>
}

const DEFAULT_TIMES: CoreTimes = { leaseMs: 10_000, heartbeatMs: 2_000, usageMs: 2_000, retentionMs: 300_000 }
/** The name of the token that the settings give. */
const ADMINISTRATOR = 'administrator'
const CHANGE_LOG_CAPACITY = 65_536
const CLOSED_SESSIONS_MAX = 20_000

/** Opens the store, recovers what was asked for, and serves. Throws when a port or the database cannot be had. */
export async function createCore(options: CoreOptions): Promise<Core> {
  const { config, clock, log } = options
  await using stack = new AsyncDisposableStack()
  const store = stack.use(await openStore({ ...databaseOf(config), clock, log }))
  const intent = await store.start(clock.nowMs())
  const tenants = await directory(store, intent, options)
  const parts = stack.use(assemble(options, { store, intent, tenants }))
  await recover(parts.fleet, store, intent)
  const link = stack.use(await listenForNodes(options, { ...parts, store, intent }))
  parts.connect(link)
  const port = corePort(parts, { store, log, link })
  const { host, apiPort, isProduction } = config
  const { metrics } = parts
  const api = stack.use(await startGraphqlServer(port, { host, port: apiPort, isProduction, metrics }))
  const owned = stack.move()
  return {
    apiUrl: api.url,
    nodeLink: `${config.host}:${link.port}`,
    mustRestart: parts.mustRestart.promise,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type Parts = UseCaseParts &
  Disposable & {
    readonly metrics: Metrics
    readonly latency: LatencyRecorder
    readonly mustRestart: PromiseWithResolvers<void>
    /** From now on, commands reach nodes. */
    readonly connect: (link: NodeLinkServer) => void
  }

type Kept = { readonly store: Store; readonly intent: Intent; readonly tenants: TenantDirectory }

/** Everything between the edges. */
function assemble({ clock, log, times }: CoreOptions, { store, intent, tenants }: Kept): Parts {
  const nowMs = (): number => clock.nowMs()
  const { leaseMs, retentionMs } = { ...DEFAULT_TIMES, ...times }
  let link: NodeLinkServer | null = null
  const latency = new LatencyRecorder()
  const deadlines = new TimerWheel({ clock, fire: (key) => fleet.deadlinePassed(key) })
  const journal = new SessionJournal({ store, nowMs, log, recorded: (session) => fleet.sessionRecorded(session) })
  const soon = (what: string, write: Promise<unknown>): void =>
    void write.catch((cause: unknown) => log.error({ err: cause }, `${what} could not be recorded`))
  const fleet: Fleet = new Fleet(
    {
      nowMs,
      deadlines,
      newPodId: () => newId('pod'),
      random: seededRandom(intent.epoch),
      tell: (nodeName, command) => link?.tell(nodeName, command),
      record: {
        session: (session) => journal.recordSoon(session),
        rollOut: ({ id, isProven, fallback }) =>
          soon('a roll-out', store.saveRollOut(id, { isProven, fallbackVersionId: fallback?.id ?? null })),
        node: (node) => soon('a node', store.saveNode(node)),
      },
      observe: observer(latency, () => metrics, log),
    },
    {
      epoch: intent.epoch,
      leaseMs,
      retentionMs,
      changeLogCapacity: CHANGE_LOG_CAPACITY,
      closedSessionsMax: CLOSED_SESSIONS_MAX,
    },
  )
  const metrics = new Metrics(gauges(fleet))
  return {
    clock,
    fleet,
    journal,
    store,
    tenants,
    metrics,
    latency,
    reader: new FleetReader(fleet.state),
    audit: (entry) => soon('an audit entry', store.recordAudit([{ ...entry, id: newId('aud'), atMs: nowMs() }])),
    mustRestart: Promise.withResolvers<void>(),
    connect: (connected) => {
      link = connected
    },
    [Symbol.dispose]: () => deadlines[Symbol.dispose](),
  }
}

/** Counts, measures and logs what the fleet says of itself. */
function observer(latency: LatencyRecorder, metrics: () => Metrics, log: Log): FleetObserver {
  return {
    sessionAvailable: (session) => {
      latency.record(session)
      metrics().sessionAvailable(session)
    },
    sessionClosed: (session) => metrics().sessionClosed(session),
    applicationGone: (applicationId) => latency.forget(applicationId),
    rejected: (what, id, why) => {
      metrics().rejected(what)
      log.warn({ what, id, why }, 'an event that makes no sense here')
    },
  }
}

/** Reads at scrape time; looks at every node and application, and at no pod. */
function gauges({ state }: Fleet): Gauges {
  const entries = (): ApplicationEntry[] => [...state.applications.values()]
  return {
    nodesByPhase: () => {
      const counts = Object.fromEntries(NODE_PHASES.map((phase) => [phase, 0]))
      for (const { phase } of state.nodes.values()) counts[phase] = (counts[phase] ?? 0) + 1
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
async function directory(store: Store, intent: Intent, { config, clock }: CoreOptions): Promise<TenantDirectory> {
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

/** Gives the fleet what was asked for, before anybody may speak. */
async function recover(fleet: Fleet, store: Store, intent: Intent): Promise<void> {
  const versions: ApplicationVersion[] = []
  for (const { id, version } of intent.applications)
    if (version.number > 1) versions.push(...(await store.versions(id)))
  fleet.recover({ ...intent, versions })
}

function listenForNodes(
  { config, clock, log, times }: CoreOptions,
  { fleet, store, intent, mustRestart }: Parts & Kept,
): Promise<NodeLinkServer> {
  const { leaseMs, heartbeatMs, usageMs } = { ...DEFAULT_TIMES, ...times }
  return NodeLinkServer.listen({
    clock,
    log,
    host: config.host,
    port: config.nodeLinkPort,
    coreId: intent.coreId,
    epoch: intent.epoch,
    leaseMs,
    heartbeatMs,
    usageMs,
    fleet,
    isJoinToken: (token) => isSame(token, config.joinToken),
    nodeConnected: (introduction) => {
      log.info({ node: introduction.name, ledger: introduction.ledgerId }, 'a node connects')
      return fleet.nodeConnected(introduction).kind
    },
    nodeDisconnected: (nodeName) => {
      log.warn({ node: nodeName, leaseMs }, 'a node is disconnected')
      fleet.nodeDisconnected(nodeName)
    },
    epochRefused: (highestEpoch) => {
      const what = { highestEpoch, epoch: intent.epoch }
      log.error(what, 'a node has seen a higher epoch of this cluster: was an old database restored? Going above it')
      store.raiseEpochAbove(highestEpoch).then(
        () => mustRestart.resolve(),
        (cause: unknown) => log.error({ err: cause }, 'the epoch could not be raised'),
      )
    },
  })
}

/** What the GraphQL edge sees of the core. */
function corePort(
  parts: Parts,
  edges: { readonly store: Store; readonly log: Log; readonly link: NodeLinkServer },
): CorePort {
  const { reader, latency, clock } = parts
  const { store, log, link } = edges
  return {
    clock,
    log,
    store,
    fleet: reader,
    tenants: tenantsPort(parts),
    useCases: useCases(parts),
    podLog: (podId, options, signal) => {
      const nodeName = reader.pod(podId)?.nodeName ?? null
      const connection = nodeName === null ? null : link.connection(nodeName)
      if (connection === null) throw new Error(`the log of pod ${podId} cannot be read: its node is not connected`)
      return connection.podLog(podId, options, signal)
    },
    latency: (filter) => latency.summary(filter),
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
