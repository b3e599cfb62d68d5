/**
 * A core for tests of its edge: what the port asks for, in memory, with the real change log. Tests put objects
 * in and see what clients get. Opening a session takes a turn of the event loop, or until `hold` is let go.
 */
import { createHash } from 'node:crypto'
import { systemClock, type Clock } from '@fornax/kernel/clock'
import { newId } from '@fornax/kernel/ids'
import { createLog } from '@fornax/kernel/log'
import type { Application, ScalingPolicy, VersionSpec } from '../../src/applications/application.ts'
import { policyProblem } from '../../src/applications/scaling-policy-rules.ts'
import { nameProblem, specProblem } from '../../src/applications/version-rules.ts'
import { ChangeLog } from '../../src/fleet/change-log.ts'
import type { ApplicationView, Change, NodeView } from '../../src/fleet/views.ts'
import type {
  CorePort,
  FleetReader,
  LatencyFilter,
  NodeShare,
  PodLogBatch,
  TenantDirectory,
  UseCases,
} from '../../src/graphql/core-port.ts'
import type { PodView } from '../../src/pods/pod.ts'
import type { Session, SessionRequest } from '../../src/sessions/session.ts'
import type { SessionHistoryQuery } from '../../src/store/store.ts'
import type { ApiToken, Role, Tenant, Viewer } from '../../src/tenants/tenant.ts'

export class FakeCorePort implements CorePort {
  readonly clock: Clock
  readonly log = createLog('test', process.env['LOG_LEVEL'] ?? 'silent')
  readonly fleet: FakeFleet
  readonly store: FakeStore
  readonly tenants = new FakeTenants()
  readonly useCases: UseCases
  /** While it is set, sessions do not become available. */
  hold: Promise<void> | null = null
  /** What the log of every pod yields. */
  podLogBatches: readonly PodLogBatch[] = []
  /** Thrown by the next use-case. */
  failure: Error | null = null
  /** Sessions whose client left before the answer. */
  readonly clientsGone: string[] = []
  readonly latencyAsked: LatencyFilter[] = []

  constructor(options: { clock?: Clock; changeLogCapacity?: number } = {}) {
    this.clock = options.clock ?? systemClock
    this.fleet = new FakeFleet(this.clock, options.changeLogCapacity ?? 1_000)
    this.store = new FakeStore()
    this.useCases = this.#useCases()
  }

  async *podLog(_podId: string, _options: object, signal: AbortSignal): AsyncIterable<PodLogBatch> {
    yield* this.podLogBatches
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  }

  latency(filter: LatencyFilter) {
    this.latencyAsked.push(filter)
    return { count: 1, maxMs: 4, p50Ms: 3, p90Ms: 3.5, p99Ms: 4, p999Ms: 4 }
  }

  #useCases(): UseCases {
    const { fleet } = this
    return {
      openSession: (viewer, command, caller) => this.#openSession(viewer, command, caller),
      closeSession: async (viewer, id) => {
        const session = fleet.session(id)
        const isTheirs = session && (viewer.role === 'operator' || session.tenantId === viewer.tenantId)
        if (!isTheirs) return { kind: 'sessionNotFound', id }
        return { kind: 'closing', session: fleet.putSession({ ...session, phase: 'closed', closeReason: 'requested' }) }
      },
      createApplication: async (viewer, { name, spec, policy }) => {
        if (this.failure) throw this.failure
        const problem = nameProblem('name', name) ?? specProblem(spec) ?? policyProblem(policy)
        if (problem) return { kind: 'invalid', ...problem }
        if (fleet.applicationNamed(viewer.tenantId, name)) return { kind: 'nameTaken', name }
        return { kind: 'created', application: fleet.addApplication(viewer.tenantId, name, { spec, policy }) }
      },
      publishVersion: async (viewer, { application, revision, change }) =>
        fleet.write(viewer, application, revision, (was) => ({
          version: { ...was.version, number: was.version.number + 1, ...(change.kind === 'spec' && { spec: change.spec }) },
        })),
      updateScalingPolicy: async (viewer, { application, revision, policy }) => {
        const problem = policyProblem(policy)
        if (problem) return { kind: 'invalid', ...problem }
        return fleet.write(viewer, application, revision, () => ({ scalingPolicy: policy }))
      },
      deleteApplication: async (viewer, { application, revision }) => {
        const result = fleet.write(viewer, application, revision, () => ({}))
        if (result.kind === 'written') fleet.removeApplication(result.application.definition.id)
        return result
      },
      cordonNode: async (_viewer, name) => fleet.cordon(name, true),
      uncordonNode: async (_viewer, name) => fleet.cordon(name, false),
      drainNode: async (_viewer, { nodeName }) => fleet.cordon(nodeName, true),
    }
  }

  #openSession: UseCases['openSession'] = async (viewer, command, caller) => {
    if (this.failure) throw this.failure
    const application = this.fleet.applicationNamed(viewer.tenantId, command.application)
    if (application === null) return { kind: 'applicationNotFound', application: command.application }
    const session = this.fleet.addSession(application, { request: command.request, phase: 'pending' })
    if (command.wait === 'none') return { kind: 'underway', session }
    const left = new Promise((resolve) => caller.addEventListener('abort', resolve, { once: true }))
    await Promise.race([this.hold ?? new Promise(setImmediate), left])
    if (caller.aborted) {
      this.clientsGone.push(session.id)
      return { kind: 'underway', session: this.fleet.putSession({ ...session, phase: 'closed', closeReason: 'clientGone' }) }
    }
    return { kind: 'opened', session: this.fleet.putSession(toAvailable(session, this.clock.nowMs())) }
  }
}

export class FakeFleet implements FleetReader {
  readonly changes: ChangeLog<Change>
  readonly startedAtMs: number
  readonly #clock: Clock
  readonly #applications = new Map<string, ApplicationView>()
  readonly #sessions = new Map<string, Session>()
  readonly #pods = new Map<string, PodView>()
  readonly #nodes = new Map<string, NodeView>()

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock
    this.startedAtMs = clock.nowMs()
    this.changes = new ChangeLog({ epoch: 7, capacity })
  }

  get resourceVersion(): string {
    return this.changes.resourceVersion
  }

  applications = () => this.#applications.values()
  application = (id: string) => this.#applications.get(id) ?? null
  sessions = () => this.#sessions.values()
  session = (id: string) => this.#sessions.get(id) ?? null
  queuePosition = (id: string) => (this.#sessions.get(id)?.phase === 'pending' ? 0 : null)
  pods = () => this.#pods.values()
  pod = (id: string) => this.#pods.get(id) ?? null
  nodes = () => this.#nodes.values()
  node = (name: string) => this.#nodes.get(name) ?? null
  opened = (tenantId: string | null) => (tenantId === null ? { warm: 8, cold: 2 } : { warm: 4, cold: 1 })

  applicationNamed(tenantId: string, name: string): ApplicationView | null {
    return this.#applications.values().find(({ definition: d }) => d.tenantId === tenantId && d.name === name) ?? null
  }

  nodeShare(nodeName: string, tenantId: string): NodeShare | null {
    const pods = [...this.#pods.values()].filter((pod) => pod.nodeName === nodeName && pod.tenantId === tenantId)
    const booked = { cpuMillis: 100 * pods.length, memoryBytes: 1024 * pods.length, pods: pods.length }
    const sessionCount = pods.reduce((sum, pod) => sum + pod.sessionIds.size, 0)
    return pods.length === 0 ? null : { booked, podCount: pods.length, sessionCount }
  }

  addApplication(tenantId: string, name: string, given: { spec?: VersionSpec; policy?: ScalingPolicy } = {}): ApplicationView {
    const id = newId('app')
    const createdAtMs = this.#clock.nowMs()
    const version = { id: newId('ver'), applicationId: id, number: 1, createdAtMs, spec: given.spec ?? spec() }
    const definition: Application = {
      ...{ id, tenantId, name, createdAtMs, version, revision: 1, fallback: null, isProven: true },
      scalingPolicy: given.policy ?? policy(),
    }
    return this.putApplication({ definition, counts: { ...NO_PODS }, waitingSessions: 0, openSessions: 0, failure: null })
  }

  putApplication(view: ApplicationView): ApplicationView {
    const { id, tenantId } = view.definition
    this.#applications.set(id, view)
    this.changes.append({ kind: 'application', id, tenantId, applicationId: id, isGone: false })
    return view
  }

  removeApplication(id: string): void {
    const tenantId = this.#applications.get(id)?.definition.tenantId ?? null
    this.#applications.delete(id)
    this.changes.append({ kind: 'application', id, tenantId, applicationId: id, isGone: true })
  }

  write(viewer: Viewer, name: string, revision: number | null, change: (was: Application) => Partial<Application>) {
    const application = this.applicationNamed(viewer.tenantId, name)
    if (application === null) return { kind: 'applicationNotFound', application: name } as const
    const { definition } = application
    if (revision !== null && revision !== definition.revision)
      return { kind: 'conflict', currentRevision: definition.revision } as const
    const next = { ...definition, ...change(definition), revision: definition.revision + 1 }
    return { kind: 'written', application: this.putApplication({ ...application, definition: next }) } as const
  }

  addSession({ definition }: ApplicationView, given: Partial<Session> = {}): Session {
    const { id: applicationId, name: applicationName, tenantId } = definition
    return this.putSession(session({ tenantId, applicationId, applicationName, createdAtMs: this.#clock.nowMs(), ...given }))
  }

  putSession(session: Session): Session {
    const { id, tenantId, applicationId } = session
    this.#sessions.set(id, session)
    this.changes.append({ kind: 'session', id, tenantId, applicationId, isGone: false })
    return session
  }

  removeSession(id: string): void {
    const session = this.#sessions.get(id)
    if (!session) return
    this.#sessions.delete(id)
    const { tenantId, applicationId } = session
    this.changes.append({ kind: 'session', id, tenantId, applicationId, isGone: true })
  }

  addPod({ definition }: ApplicationView, given: Partial<PodView> = {}): PodView {
    const { id: applicationId, name: applicationName, tenantId, version } = definition
    const nowMs = this.#clock.nowMs()
    return this.putPod({
      ...{ id: newId('pod'), tenantId, applicationId, applicationName, version, createdAtMs: nowMs, phaseSinceMs: nowMs },
      ...{ phase: 'standby', nodeName: null, sessionIds: new Set(), readyAtMs: nowMs, readyAfterMs: 5 },
      ...{ runtime: 'process', failure: null, usage: null },
      ...given,
    })
  }

  putPod(pod: PodView): PodView {
    const { id, tenantId, applicationId } = pod
    this.#pods.set(id, pod)
    this.changes.append({ kind: 'pod', id, tenantId, applicationId, isGone: false })
    if (pod.nodeName !== null) this.#nodeChanged(pod.nodeName)
    return pod
  }

  removePod(id: string): void {
    const pod = this.#pods.get(id)
    if (!pod) return
    this.#pods.delete(id)
    const { tenantId, applicationId } = pod
    this.changes.append({ kind: 'pod', id, tenantId, applicationId, isGone: true })
    if (pod.nodeName !== null) this.#nodeChanged(pod.nodeName)
  }

  putNode(name: string, given: Partial<NodeView> = {}): NodeView {
    const registered = { name, ledgerId: newId('led'), isCordoned: false, labels: {}, joinedAtMs: 0, lostAtMs: null }
    const node: NodeView = {
      ...{ registered, phase: 'ready', introduction: introduction(name), podCount: 3, sessionCount: 2, revision: 9 },
      ...{ booked: { cpuMillis: 300, memoryBytes: 3072, pods: 3 }, lastHeardAtMs: 0, drainDeadlineMs: null },
      usage: { cpuMillis: 7, memoryBytes: 77 },
      ...given,
    }
    this.#nodes.set(name, node)
    this.#nodeChanged(name)
    return node
  }

  cordon(name: string, isCordoned: boolean) {
    const node = this.#nodes.get(name)
    if (!node) return { kind: 'nodeNotFound', name } as const
    const next = this.putNode(name, { ...node, registered: { ...node.registered, isCordoned } })
    return { kind: 'written', node: next, sessionCount: next.sessionCount } as const
  }

  #nodeChanged(name: string): void {
    this.changes.append({ kind: 'node', id: name, tenantId: null, applicationId: null, isGone: false })
  }
}

export class FakeStore {
  /** History, as the database has it: it may also hold what is in memory. */
  readonly rows = new Map<string, Session>()

  async session(id: string): Promise<Session | null> {
    return this.rows.get(id) ?? null
  }

  async sessionHistory(query: SessionHistoryQuery): Promise<readonly Session[]> {
    const { before, tenantId, applicationId, nodeName, phases, labels, first } = query
    return [...this.rows.values()]
      .filter((row) => before === null || isOlder(row, before))
      .filter((row) => tenantId === null || row.tenantId === tenantId)
      .filter((row) => applicationId === null || row.applicationId === applicationId)
      .filter((row) => nodeName === null || row.nodeName === nodeName)
      .filter((row) => phases === null || phases.includes(row.phase))
      .filter((row) => Object.entries(labels).every(([name, value]) => row.request.labels[name] === value))
      .toSorted((a, b) => (isOlder(a, b) ? 1 : -1))
      .slice(0, first)
  }

  async versions() {
    return []
  }
}

function isOlder(a: Pick<Session, 'createdAtMs' | 'id'>, b: Pick<Session, 'createdAtMs' | 'id'>): boolean {
  return a.createdAtMs < b.createdAtMs || (a.createdAtMs === b.createdAtMs && a.id < b.id)
}

/** Two tenants, and a token for each role in each; `secretOf` names it. */
export class FakeTenants implements TenantDirectory {
  readonly #tenants = new Map<string, Tenant>()
  readonly #tokens = new Map<string, ApiToken>()
  readonly #revocations = new Map<string, Set<() => void>>()

  constructor() {
    for (const name of ['acme', 'globex']) {
      const tenant = { id: newId('ten'), name, createdAtMs: 0 }
      this.#tenants.set(tenant.id, tenant)
      for (const role of ['operator', 'admin', 'developer', 'viewer'] as const)
        this.#addToken({ name: role, role, tenantId: tenant.id }, secretOf(name, role))
    }
  }

  idOf(name: string): string {
    return this.tenantNamed(name)?.id ?? ''
  }

  tenant = (id: string) => this.#tenants.get(id) ?? null
  tenantNamed = (name: string) => this.#tenants.values().find((tenant) => tenant.name === name) ?? null
  all = () => this.#tenants.values()
  tokens = () => this.#tokens.values()

  authenticate(secret: string): Viewer | null {
    const token = this.#tokens.values().find(({ secretHash }) => secretHash === hashOf(secret))
    return token ? { tokenId: token.id, tenantId: token.tenantId, role: token.role } : null
  }

  onRevoked(tokenId: string, act: () => void): () => void {
    const acts = this.#revocations.get(tokenId) ?? new Set()
    this.#revocations.set(tokenId, acts.add(act))
    return () => acts.delete(act)
  }

  createTenant: TenantDirectory['createTenant'] = async (_viewer, { name }) => {
    const problem = nameProblem('name', name)
    if (problem) return { kind: 'invalid', ...problem }
    if (this.tenantNamed(name)) return { kind: 'nameTaken', name }
    const tenant = { id: newId('ten'), name, createdAtMs: 0 }
    this.#tenants.set(tenant.id, tenant)
    return { kind: 'created', tenant }
  }

  createToken: TenantDirectory['createToken'] = async (_viewer, token) => {
    const secret = newId('tok')
    return { kind: 'created', token: this.#addToken(token, secret), secret }
  }

  revokeToken: TenantDirectory['revokeToken'] = async (_viewer, id) => {
    const token = this.#tokens.get(id)
    if (!token) return { kind: 'tokenNotFound', id }
    this.#tokens.delete(id)
    for (const act of this.#revocations.get(id) ?? []) act()
    return { kind: 'revoked', token }
  }

  #addToken(token: { name: string; role: Role; tenantId: string }, secret: string): ApiToken {
    const kept = { ...token, id: newId('tok'), secretHash: hashOf(secret), createdAtMs: 0 }
    this.#tokens.set(kept.id, kept)
    return kept
  }
}

export function secretOf(tenant: string, role: Role): string {
  return `secret-of-${tenant}-${role}`
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

export function toAvailable(was: Session, atMs: number): Session {
  const endpoints = [{ name: 'web', protocol: 'http', host: '127.0.0.1', port: 20_000 }] as const
  const timeline = [...was.timeline, { step: 'available', atMs }] as const
  return { ...was, phase: 'available', start: 'warm', podId: newId('pod'), endpoints, availableAtMs: atMs, timeline }
}

export function session(given: Partial<Session>): Session {
  const createdAtMs = given.createdAtMs ?? 0
  return {
    ...{ id: newId('ses'), tenantId: 'ten-0', applicationId: 'app-0', applicationName: 'hello', createdAtMs },
    ...{ request: request(), phase: 'available', podId: null, nodeName: null, versionNumber: 1, grantEpoch: null },
    ...{ start: null, endpoints: [], clientCount: 0, deadline: null, closeReason: null, closeMessage: null },
    ...{ availableAtMs: null, closedAtMs: null, timeline: [{ step: 'asked', atMs: createdAtMs }] },
    ...given,
  }
}

export function request(given: Partial<SessionRequest> = {}): SessionRequest {
  return {
    ...{ openTimeoutMs: 10_000, closeGraceMs: 60_000, killPodOnClose: false, idleTimeoutMs: null, maxLifetimeMs: null },
    ...{ data: new Uint8Array(0), env: {}, labels: {}, idempotency: null },
    ...given,
  }
}

export function spec(): VersionSpec {
  return {
    ...{ image: 'host', command: ['serve'], args: [], env: { B: '2', A: '1' }, workingDirectory: null },
    ports: [{ name: 'web', protocol: 'http', containerPort: 80 }],
    ...{ cpuMillis: 100, memoryBytes: 2 ** 27, sessionsPerPod: 1, usesSessionService: false, runtimeClass: null },
    readiness: { probe: { kind: 'http', portName: 'web', path: '/' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 30_000 },
    ...{ minIsolation: 'none', toleratesSimulated: false },
  }
}

function policy(): ScalingPolicy {
  const target = { kind: 'idleCount', low: 1, high: 2 } as const
  return { minPods: 0, maxPods: 5, burst: 2, scaleDownDelayMs: 0, target, keepHot: 0, hibernateAfterMs: null }
}

const NO_PODS = { pending: 0, creating: 0, standby: 0, hibernated: 0, active: 0, terminating: 0 }

function introduction(name: string): NodeView['introduction'] {
  return {
    ...{ name, ledgerId: 'led-0', agentVersion: '0.1.0', address: '127.0.0.1', labels: { zone: 'a' }, taints: [] },
    resources: { cpuMillis: 2_000, memoryBytes: 2 ** 33, pods: 100 },
    runtimes: [{ name: 'process', isolation: 'none' }],
  }
}
