/** The past of the fleet, for whoever asks: what the recorder counts, and what the database remembers. */
import type { ScalingPolicy } from '../applications/application.ts'
import type { FleetState } from '../fleet/fleet-state.ts'
import type { NodePhase } from '../nodes/node-state.ts'
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { EventQuery, HistoryStore } from './history-store.ts'
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { Percentiles } from './latency-buckets.ts'
import { applicationPercentiles, latencyReport, type LatencyParts, type LatencyReport } from './latency-report.ts'
import { REPLAY_STEP_SECONDS, replayPolicy, type ReplayOutcome } from './policy-replay-plan.ts'
import { fleetReport, poolReport, type FleetPoint, type FleetReport, type PoolReport } from './pool-report.ts'
import { HistoryRecorder } from './recorder.ts'
import type { StartKind, Whose } from './series-names.ts'
import { STEP_MS, stepOf, type Grid, type WindowAsked } from './time-grid.ts'

/** What should be reached. */
export type Objectives = { readonly warmP99Ms: number; readonly coldP99Ms: number; readonly poolHitRate: number }

export type HistoryParts = {
  readonly state: FleetState
  readonly store: HistoryStore
  readonly epoch: number
  readonly nowMs: () => number
  readonly objectives: Objectives
}

/** A policy beside the one that there is, both replayed. */
export type PolicyPreview = {
  readonly fromMs: number
  readonly untilMs: number
  readonly stepMs: number
  readonly sessionCount: number
  readonly current: ReplayOutcome
  readonly proposed: ReplayOutcome
}

export type ApplicationLatency = {
  readonly applicationId: string
  readonly applicationName: string
  readonly tenantId: string
  readonly warm: Percentiles
  readonly cold: Percentiles
}

/** No answer lists more applications than this. */
const APPLICATIONS_MAX = 100

export class History {
  readonly recorder: HistoryRecorder
  readonly objectives: Objectives
  readonly #state: FleetState
  readonly #store: HistoryStore
  readonly #parts: LatencyParts

  constructor({ state, store, epoch, nowMs, objectives }: HistoryParts) {
    this.recorder = new HistoryRecorder(state, nowMs())
    this.objectives = objectives
    this.#state = state
    this.#store = store
    const { recorder } = this
    this.#parts = { recorder, source: { store, epoch, startedAtMs: recorder.startedAtMs, nowMs } }
  }

  sessionAvailable(session: Session, pod: Pod | null): void {
    this.recorder.sessionAvailable(session, pod)
  }

  applicationGone(applicationId: string): void {
    this.recorder.forget(applicationId)
  }

  latency(whose: Whose, start: StartKind | null, window: WindowAsked): Promise<LatencyReport> {
    return latencyReport(this.#parts, { whose, start, window })
  }

  /** By application, the slowest first: what memory has of the span. */
  applicationLatencies(whose: Whose, grid: Grid): readonly ApplicationLatency[] {
    const steps = { first: stepOf(grid.fromMs), last: stepOf(grid.untilMs - STEP_MS) }
    const found: ApplicationLatency[] = []
    for (const [applicationId, record] of this.recorder.applications()) {
      const definition = this.#state.applications.get(applicationId)?.definition
      const isTheirs = whose.kind === 'all' || whose.id === (whose.kind === 'tenant' ? record.tenantId : applicationId)
      if (!definition || !isTheirs) continue
      const { warm, cold } = applicationPercentiles(record.starts, { steps })
      const { tenantId, name: applicationName } = definition
      if (warm.count + cold.count > 0) found.push({ applicationId, applicationName, tenantId, warm, cold })
    }
    return found.toSorted((a, b) => slowness(b) - slowness(a)).slice(0, APPLICATIONS_MAX)
  }

  pool(applicationId: string, window: WindowAsked): Promise<PoolReport> {
    return poolReport(this.#parts, applicationId, window)
  }

  /** `tenantId: null`: of the whole fleet. */
  async fleet(tenantId: string | null, window: WindowAsked): Promise<FleetReport> {
    const applicationIds = this.#applicationsOf(tenantId)
    const report = await fleetReport(this.#parts, { tenantId, applicationIds, window })
    return { ...report, now: { ...report.now, ...this.#countsNow(tenantId) } }
  }

  /** Events that the database remembers. */
  events(query: EventQuery): Promise<readonly FleetEvent[]> {
    return this.#store.events(query)
  }

  event(id: string): Promise<FleetEvent | null> {
    return this.#store.event(id)
  }

  /** What a policy would have done in the last hour; null when there is no such application. */
  previewPolicy(applicationId: string, policy: ScalingPolicy): PolicyPreview | null {
    const entry = this.#state.applications.get(applicationId)
    if (!entry || entry.isDeleted) return null
    const { version, scalingPolicy } = entry.definition
    const demand = this.recorder.application(applicationId)?.demand.read(entry.openSessions.size)
    const { sessionsPerPod, memoryBytes } = version.spec
    const recorded = demand ?? { fromSecond: 0, asked: [], ended: [], openAtStart: 0 }
    const common = { demand: recorded, sessionsPerPod, memoryBytes, createMs: medianReadyMs(entry.pods) }
    const fromMs = recorded.fromSecond * 1000
    return {
      fromMs,
      untilMs: fromMs + recorded.asked.length * 1000,
      stepMs: REPLAY_STEP_SECONDS * 1000,
      sessionCount: recorded.asked.reduce((sum, count) => sum + count, 0),
      current: replayPolicy({ ...common, policy: scalingPolicy }),
      proposed: replayPolicy({ ...common, policy }),
    }
  }

  /** What can be counted is counted, and no mean of the last minute. */
  #countsNow(tenantId: string | null): Pick<FleetPoint, 'nodesReady' | 'nodesLost' | 'sessionsOpen'> {
    let sessionsOpen = 0
    for (const { definition, openSessions } of this.#state.applications.values())
      if (tenantId === null || definition.tenantId === tenantId) sessionsOpen += openSessions.size
    if (tenantId !== null) return { nodesReady: null, nodesLost: null, sessionsOpen }
    const phases = [...this.#state.nodes.values()].map(({ phase }) => phase)
    const count = (wanted: NodePhase): number => phases.filter((phase) => phase === wanted).length
    return { nodesReady: count('ready'), nodesLost: count('lost'), sessionsOpen }
  }

  #applicationsOf(tenantId: string | null): string[] {
    if (tenantId === null) return []
    const all = [...this.#state.applications.values()].map(({ definition }) => definition)
    return all.filter((definition) => definition.tenantId === tenantId).map(({ id }) => id)
  }
}

/** When no pod has said how long it took. */
const READY_MS = 1_000
/** So many pods say it well enough. */
const PODS_LOOKED_AT = 200

function medianReadyMs(pods: Iterable<Pod>): number {
  const known: number[] = []
  for (const { readyAfterMs } of pods) {
    if (readyAfterMs !== null) known.push(readyAfterMs)
    if (known.length === PODS_LOOKED_AT) break
  }
  return known.toSorted((a, b) => a - b)[Math.floor(known.length / 2)] ?? READY_MS
}

function slowness({ warm, cold }: ApplicationLatency): number {
  return Math.max(warm.p99Ms ?? 0, cold.p99Ms ?? 0)
}
