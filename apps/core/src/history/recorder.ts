/**
 * What is counted of the fleet while it runs: an hour in memory, in steps of ten seconds. Opening a session costs a few
 * additions here; everything else is done once a second, or once a step, and for each application.
 *
 *   a start ──► counts of its application ─┬─ every 10 s ──► step of its application, its tenant, the fleet
 *   a second ─► samples of every pool ─────┘
 */
import type { ApplicationEntry, ApplicationTally } from '../fleet/application-entry.ts'
import type { FleetState } from '../fleet/fleet-state.ts'
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import { DemandRecord } from './demand-record.ts'
import { bucketOf, BUCKETS } from './latency-buckets.ts'
import { LATENCY_PARTS, LatencySeries } from './latency-series.ts'
import { addSample, POOL_WIDTH } from './pool-samples.ts'
import { SampleRing } from './sample-ring.ts'
import { startPhases, type StartPhases } from './start-phases.ts'
import { stepOf } from './time-grid.ts'

/** Of warm and of cold starts. */
export type Starts = { readonly warm: LatencySeries; readonly cold: LatencySeries }

/** What is kept of an application: fixed in size, but for what its starts fill of their histograms. */
export type ApplicationRecord = {
  readonly starts: Starts
  readonly tenantId: string
  readonly pool: SampleRing
  readonly demand: DemandRecord
  /** As it was a second ago. */
  seen: Readonly<ApplicationTally>
}

/** The order is that of the numbers; rows of the database rely on it. */
export const FLEET = { samples: 0, nodesReady: 1, nodesLost: 2, open: 3, warm: 4, cold: 5 } as const
export const FLEET_WIDTH = 6

export class HistoryRecorder {
  readonly startedAtMs: number
  readonly fleet = new SampleRing(FLEET_WIDTH)
  readonly ofFleet: Starts = newStarts()
  readonly #state: FleetState
  readonly #applications = new Map<string, ApplicationRecord>()
  readonly #tenants = new Map<string, Starts>()
  readonly #phases: StartPhases = LATENCY_PARTS.map(() => 0)
  #step: number
  /** How many sessions of all tenants were opened when that was last looked at. */
  #opened = { warm: 0, cold: 0 }

  constructor(state: FleetState, nowMs: number) {
    this.#state = state
    this.startedAtMs = nowMs
    this.#step = stepOf(nowMs)
  }

  /** The step that is open. */
  get step(): number {
    return this.#step
  }

  application(id: string): ApplicationRecord | null {
    return this.#applications.get(id) ?? null
  }

  applications(): Iterable<readonly [string, ApplicationRecord]> {
    return this.#applications
  }

  tenant(id: string): Starts | null {
    return this.#tenants.get(id) ?? null
  }

  tenants(): Iterable<readonly [string, Starts]> {
    return this.#tenants
  }

  /** A session became available. On the way of its answer: it allocates nothing. */
  sessionAvailable(session: Session, pod: Pod | null): void {
    const { starts } = this.#recordOf(session)
    const series = session.start === 'warm' ? starts.warm : starts.cold
    const phases = this.#phases
    startPhases(session, pod, phases)
    for (let part = 0; part < phases.length; part += 1) {
      const ms = phases[part] ?? -1
      if (ms >= 0) series.count(part * BUCKETS + bucketOf(ms))
    }
  }

  /** An application is gone, and what was counted of it; its tenant and the fleet keep their sums. */
  forget(applicationId: string): void {
    const record = this.#applications.get(applicationId)
    if (record) this.#passOn(record)
    this.#applications.delete(applicationId)
  }

  /** A tenant is gone, with its applications; what was counted of it stays in the sums of the fleet. */
  forgetTenant(tenantId: string): void {
    this.#tenants.delete(tenantId)
  }

  /** Looks at every pool, once a second. Steps that are over are closed first. */
  sample(nowMs: number): void {
    const step = stepOf(nowMs)
    if (step > this.#step) this.#seal()
    this.#step = Math.max(this.#step, step)
    for (const entry of this.#state.applications.values()) this.#sampleApplication(entry, nowMs)
    this.#sampleFleet()
  }

  #recordOf({ applicationId, tenantId }: Session): ApplicationRecord {
    return this.#applications.get(applicationId) ?? this.#newRecord(applicationId, tenantId)
  }

  #newRecord(applicationId: string, tenantId: string): ApplicationRecord {
    const demand = new DemandRecord(Math.floor(this.#state.ports.nowMs() / 1000))
    const seen = { asked: 0, warm: 0, cold: 0, ended: 0 }
    const record = { starts: newStarts(), tenantId, pool: new SampleRing(POOL_WIDTH), demand, seen }
    this.#applications.set(applicationId, record)
    return record
  }

  #sampleApplication(entry: ApplicationEntry, nowMs: number): void {
    const { definition, counts, queue, openSessions, tally } = entry
    const record = this.#applications.get(definition.id) ?? this.#newRecord(definition.id, definition.tenantId)
    const { seen } = record
    const since = { asked: tally.asked - seen.asked, warm: tally.warm - seen.warm, cold: tally.cold - seen.cold }
    const sample = { counts, policy: definition.scalingPolicy, waiting: queue.size, open: openSessions.size, since }
    addSample(record.pool.at(this.#step), sample)
    record.demand.note(Math.floor(nowMs / 1000), since.asked, tally.ended - seen.ended)
    record.seen = { ...tally }
  }

  #sampleFleet(): void {
    const step = this.fleet.at(this.#step)
    let [warm, cold, open] = [0, 0, 0]
    for (const count of this.#state.opened.values()) {
      warm += count.warm
      cold += count.cold
    }
    for (const { openSessions } of this.#state.applications.values()) open += openSessions.size
    add(step, FLEET.samples, 1)
    add(step, FLEET.open, open)
    // There are fewer than a second ago when a tenant was forgotten meanwhile.
    add(step, FLEET.warm, Math.max(0, warm - this.#opened.warm))
    add(step, FLEET.cold, Math.max(0, cold - this.#opened.cold))
    for (const { phase } of this.#state.nodes.values()) {
      if (phase === 'ready') add(step, FLEET.nodesReady, 1)
      if (phase === 'lost') add(step, FLEET.nodesLost, 1)
    }
    this.#opened = { warm, cold }
  }

  /** The open step is over: what was counted of applications is counted of their tenants and of the fleet. */
  #seal(): void {
    for (const record of this.#applications.values()) this.#passOn(record)
    for (const { starts } of this.#applications.values()) seal(starts, this.#step)
    for (const starts of this.#tenants.values()) seal(starts, this.#step)
    seal(this.ofFleet, this.#step)
  }

  #passOn({ starts, tenantId }: ApplicationRecord): void {
    for (const start of ['warm', 'cold'] as const) {
      const { open } = starts[start]
      if (open === null) continue
      const ofTenant = this.#tenants.get(tenantId) ?? newStarts()
      this.#tenants.set(tenantId, ofTenant)
      ofTenant[start].merge(open)
      this.ofFleet[start].merge(open)
    }
  }
}

function newStarts(): Starts {
  return { warm: new LatencySeries(), cold: new LatencySeries() }
}

function seal({ warm, cold }: Starts, step: number): void {
  warm.seal(step)
  cold.seal(step)
}

function add(step: Uint32Array, field: number, value: number): void {
  step[field] = (step[field] ?? 0) + value
}
