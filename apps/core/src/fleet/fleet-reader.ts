/** The fleet as readers see it. Cheap to make: views are made when they are asked for. */
import type { NodePhase } from '../nodes/node-state.ts'
import { retryAtMs } from '../pods/pod-failures.ts'
import type { PodView } from '../pods/pod.ts'
import { podQuotaShort, type TenantUsage } from '../tenants/quotas.ts'
import type { Shortage } from '../scheduler/placement.ts'
import type { Session } from '../sessions/session.ts'
import type { ApplicationEntry } from './application-entry.ts'
import type { FleetState, NodeEntry } from './fleet-state.ts'
import type { DrainPlan } from './drain-plan.ts'
import { nameKey } from './fleet-state.ts'
import { drainPlanOf } from './node-writer.ts'
import { rollOutOf } from './pool-writer.ts'
import { QueueRanks } from './queue-ranks.ts'
import { shortageMessage } from './shortage-words.ts'
import type { ApplicationFailure, ApplicationView, Near, NodeView } from './views.ts'

export class FleetReader {
  readonly #state: FleetState
  /** Of the queue that was asked about last, until anything changes. */
  #ranks: { readonly queue: ReadonlySet<string>; readonly atChange: number; readonly ranks: QueueRanks } | null = null

  /** What was asked about last, until anything changes. */
  #short: { readonly applicationId: string; readonly atChange: number; readonly shortage: Shortage } | null = null

  constructor(state: FleetState) {
    this.#state = state
  }

  get startedAtMs(): number {
    return this.#state.startedAtMs
  }

  get changes(): FleetState['changes'] {
    return this.#state.changes
  }

  get events(): FleetState['events'] {
    return this.#state.events
  }

  /** What a drain of a node would do now; null when there is no such node. */
  drainPlan(nodeName: string, sessionsMayLastMs: number): DrainPlan | null {
    const node = this.#state.nodes.get(nodeName)
    return node ? drainPlanOf(this.#state, node, this.#state.ports.nowMs() + sessionsMayLastMs) : null
  }

  /** For how many pods of an application's newest version other nodes have room, up to a number. */
  roomBeside(nodeNames: ReadonlySet<string>, applicationId: string, upTo: number): number {
    const entry = this.#state.applications.get(applicationId)
    return entry ? this.#state.groups.roomBeside(nodeNames, entry.definition.version.spec, upTo) : 0
  }

  /** Why pods of an application wait for room; null when none waits. Looks at every node, once for each change. */
  shortage(applicationId: string): Shortage | null {
    const entry = this.#state.applications.get(applicationId)
    if (!entry || entry.shortSinceMs === null) return null
    const { count } = this.#state.changes
    if (this.#short?.applicationId !== applicationId || this.#short.atChange !== count) {
      const shortage = this.#state.groups.shortage(entry.definition.version.spec)
      this.#short = { applicationId, atChange: count, shortage }
    }
    return this.#short.shortage
  }

  get resourceVersion(): string {
    return this.#state.changes.resourceVersion
  }

  *applications(): Iterable<ApplicationView> {
    for (const entry of this.#state.applications.values()) if (!entry.isDeleted) yield this.#viewOf(entry)
  }

  application(id: string): ApplicationView | null {
    const entry = this.#state.applications.get(id)
    return entry && !entry.isDeleted ? this.#viewOf(entry) : null
  }

  applicationNamed(tenantId: string, name: string): ApplicationView | null {
    const id = this.#state.applicationIds.get(nameKey(tenantId, name))
    return id === undefined ? null : this.application(id)
  }

  /** Whether a pod of the version waits for a session. */
  isServing(applicationId: string, versionNumber: number): boolean {
    return (this.#state.applications.get(applicationId)?.idle.get(versionNumber) ?? 0) > 0
  }

  /** At least those of a name. */
  *sessions(near: Near | null): Iterable<Session> {
    const { sessions, sessionsNamed } = this.#state
    const isAll = near === null || near.application === null
    if (isAll) yield* sessions.values()
    for (const id of isAll ? [] : (sessionsNamed.get(near.application) ?? [])) {
      const session = sessions.get(id)
      if (session) yield session
    }
  }

  session(id: string): Session | null {
    return this.#state.sessions.get(id) ?? null
  }

  /** The session that a key opened, while it is in memory. */
  sessionOfKey(applicationId: string, key: string): Session | null {
    const id = this.#state.applications.get(applicationId)?.keys.get(key)
    return id === undefined ? null : this.session(id)
  }

  queuePosition(sessionId: string): number | null {
    const { sessions, applications, changes } = this.#state
    const session = sessions.get(sessionId)
    const queue = session && applications.get(session.applicationId)?.queue
    if (!queue?.has(sessionId)) return null
    const counted = this.#ranks?.queue === queue && this.#ranks.atChange === changes.count ? this.#ranks : null
    this.#ranks = counted ?? { queue, atChange: changes.count, ranks: new QueueRanks(queue) }
    return this.#ranks.ranks.of(sessionId)
  }

  /** At least those of a name, or of a node. */
  *pods(near: Near | null): Iterable<PodView> {
    const { pods, named, nodes, applications } = this.#state
    if (near !== null && near.application !== null) {
      for (const entry of named.get(near.application) ?? []) yield* entry.pods
    } else if (near !== null && near.node !== null) {
      for (const id of nodes.get(near.node)?.podIds ?? []) {
        const pod = pods.get(id)
        if (pod) yield pod
      }
      for (const { failed } of applications.values()) yield* failed // They hold nothing there any more.
    } else yield* pods.values()
  }

  pod(id: string): PodView | null {
    return this.#state.pods.get(id) ?? null
  }

  *nodes(): Iterable<NodeView> {
    for (const node of this.#state.nodes.values()) yield this.#nodeView(node)
  }

  node(name: string): NodeView | null {
    const node = this.#state.nodes.get(name)
    return node ? this.#nodeView(node) : null
  }

  /** Nodes by phase; for a tenant, of those on which it has something. Cheaper than a look at each. */
  nodePhases(tenantId: string | null): Readonly<Record<NodePhase, number>> {
    const counts: Record<NodePhase, number> = { expected: 0, joining: 0, ready: 0, disconnected: 0, lost: 0 }
    for (const { phase, shares } of this.#state.nodes.values())
      if (tenantId === null || shares.has(tenantId)) counts[phase] += 1
    return counts
  }

  /** What a tenant has of a node; null when it has nothing there. */
  nodeShare(nodeName: string, tenantId: string): Pick<NodeView, 'booked' | 'podCount' | 'sessionCount'> | null {
    const share = this.#state.nodes.get(nodeName)?.shares.get(tenantId)
    if (!share) return null
    const { cpuMillis, memoryBytes, pods, sessions } = share
    return { booked: { cpuMillis, memoryBytes, pods }, podCount: pods, sessionCount: sessions }
  }

  /** Sessions that became available since the core started; of all tenants when none is named. */
  opened(tenantId: string | null): { readonly warm: number; readonly cold: number } {
    const all = [...this.#state.opened]
    const counts = all.flatMap(([id, count]) => (tenantId === null || id === tenantId ? count : []))
    return {
      warm: counts.reduce((sum, { warm }) => sum + warm, 0),
      cold: counts.reduce((sum, { cold }) => sum + cold, 0),
    }
  }

  /** What a tenant has at this moment, as its quotas count it. */
  usage(tenantId: string): TenantUsage {
    return this.#state.tenants.usage(tenantId)
  }

  /** Names of the applications of a tenant. */
  applicationsOf(tenantId: string): readonly string[] {
    const all = [...this.#state.applications.values()].filter(({ isDeleted }) => !isDeleted)
    return all.flatMap(({ definition: { tenantId: owner, name } }) => (owner === tenantId ? [name] : []))
  }

  /** Whether nothing of a tenant runs, and all of its sessions that ended are written down. */
  isEmptyOf(tenantId: string): boolean {
    const { applications, closedSessions, recordedSessions, sessions } = this.#state
    for (const { definition } of applications.values()) if (definition.tenantId === tenantId) return false
    for (const id of closedSessions)
      if (!recordedSessions.has(id) && sessions.get(id)?.tenantId === tenantId) return false
    return true
  }

  #viewOf(entry: ApplicationEntry): ApplicationView {
    const { definition, counts, queue, openSessions } = entry
    const failureOf = (): ApplicationFailure | null => this.#failureOf(entry)
    return {
      definition,
      counts,
      waitingSessions: queue.size,
      openSessions: openSessions.size,
      idleMemoryBytes: entry.idleMemoryBytes,
      get failure() {
        return failureOf() // Looks at every node when room is short: only for who asks.
      },
    }
  }

  #failureOf(entry: ApplicationEntry): ApplicationFailure | null {
    const { version, fallback } = entry.definition
    const failures = entry.failures.get(version.number) ?? entry.failures.get(fallback?.number ?? version.number)
    if (failures) {
      const isRollOutHalted = rollOutOf(entry).kind === 'halted'
      return {
        kind: 'podFailed',
        message: failures.last.message,
        lastLogLines: failures.last.lastLogLines,
        failureCount: failures.count,
        sinceMs: failures.sinceMs,
        retryAtMs: isRollOutHalted ? null : retryAtMs(failures),
        isRollOutHalted,
      }
    }
    if (entry.shortSinceMs === null) return quotaFailure(entry)
    return {
      kind: 'noCapacity',
      message: shortageMessage(this.#state, entry),
      lastLogLines: [],
      failureCount: 0,
      sinceMs: entry.shortSinceMs,
      retryAtMs: null,
      isRollOutHalted: false,
    }
  }

  #nodeView(node: NodeEntry): NodeView {
    const { registered, phase, introduction, revision, lastHeardAtMs, usage, conditions, shares, link } = node
    let sessionCount = 0
    for (const { sessions } of shares.values()) sessionCount += sessions
    return {
      registered,
      phase,
      introduction,
      revision,
      lastHeardAtMs,
      usage,
      conditions,
      link,
      booked: this.#state.groups.booked(registered.name),
      podCount: node.podIds.size,
      sessionCount,
    }
  }
}

/** An application that would have more pods, were it not for a quota of its tenant. */
function quotaFailure(entry: ApplicationEntry): ApplicationFailure | null {
  const { account, definition, quotaSinceMs } = entry
  const quota = quotaSinceMs === null ? null : podQuotaShort(account.quotas, account, definition.version.spec)
  if (quotaSinceMs === null || quota === null) return null
  return {
    kind: 'quotaExceeded',
    message: `the tenant has all that its quota ${quota} of ${account.quotas[quota]} allows: end pods or ask for more`,
    lastLogLines: [],
    failureCount: 0,
    sinceMs: quotaSinceMs,
    retryAtMs: null,
    isRollOutHalted: false,
  }
}
