/** Pools and the fleet over time. */
import { bytesToWords } from './latency-series.ts'
import { p99BySteps, type LatencyParts } from './latency-report.ts'
import { emptyStep, joinPools, mergeSteps, POOL } from './pool-samples.ts'
import { FLEET, FLEET_WIDTH, type HistoryRecorder } from './recorder.ts'
import { FLEET_SERIES, poolSeries, type Whose } from './series-names.ts'
import { lengthOf, placeIn, STEP_MS, type Grid, type WindowAsked } from './time-grid.ts'
import { readPast, type Past } from './time-source.ts'

export type PoolPoint = {
  readonly atMs: number
  readonly standby: number
  readonly hibernated: number
  readonly claimed: number
  readonly creating: number
  readonly pending: number
  readonly waiting: number
  readonly standbyMin: number
  readonly waitingMax: number
  readonly low: number
  readonly high: number
  readonly openedWarm: number
  readonly openedCold: number
  readonly hitRate: number | null
}

export type PoolReport = {
  readonly grid: Grid
  readonly hitRate: number | null
  readonly points: readonly PoolPoint[]
}

export type FleetPoint = {
  readonly atMs: number
  /** Null for a tenant. */
  readonly nodesReady: number | null
  readonly nodesLost: number | null
  readonly sessionsOpen: number
  readonly opensPerSecond: number
  readonly poolHitRate: number | null
  readonly warmP99Ms: number | null
  readonly coldP99Ms: number | null
}

export type FleetReport = { readonly grid: Grid; readonly now: FleetPoint; readonly points: readonly FleetPoint[] }

export async function poolReport(
  { recorder, source }: LatencyParts,
  applicationId: string,
  window: WindowAsked,
): Promise<PoolReport> {
  const past = await readPast(source, window, [poolSeries(applicationId)])
  const steps = poolSteps(recorder, past, [applicationId])
  const points = steps.flatMap((step, at) => (step === null ? [] : [toPoint(step, atOf(past.grid, at))]))
  const [warm, cold] = [sumOf(points, 'openedWarm'), sumOf(points, 'openedCold')]
  return { grid: past.grid, hitRate: shareOf(warm, cold), points }
}

/** Who is asked for: null sees the whole fleet; a tenant, the sum of its applications. */
export type FleetQuery = {
  readonly tenantId: string | null
  /** Of the tenant. */
  readonly applicationIds: readonly string[]
  readonly window: WindowAsked
}

export async function fleetReport(parts: LatencyParts, query: FleetQuery): Promise<FleetReport> {
  const { grid, points } = await fleetPoints(parts, query)
  const nowMs = parts.source.nowMs()
  const minute = { fromMs: nowMs - MINUTE_MS, untilMs: nowMs, stepMs: MINUTE_MS }
  const last = await fleetPoints(parts, { ...query, window: minute }, spanOf(nowMs))
  return { grid, points, now: last.points.at(-1) ?? nothingKnown(nowMs, query.tenantId === null) }
}

const MINUTE_MS = 60_000

/** The last minute in whole steps, as one. */
function spanOf(nowMs: number): Grid {
  const untilMs = (Math.floor(nowMs / STEP_MS) + 1) * STEP_MS
  return { fromMs: untilMs - MINUTE_MS, untilMs, stepMs: MINUTE_MS }
}

async function fleetPoints(
  parts: LatencyParts,
  { tenantId, applicationIds, window }: FleetQuery,
  forced: Grid | null = null,
): Promise<{ grid: Grid; points: readonly FleetPoint[] }> {
  const { recorder, source } = parts
  const whose: Whose = tenantId === null ? { kind: 'all' } : { kind: 'tenant', id: tenantId }
  const series = tenantId === null ? [FLEET_SERIES] : applicationIds.map(poolSeries)
  const found = await readPast(source, window, series)
  const past = forced === null ? found : { ...found, grid: forced }
  const steps = tenantId === null ? fleetSteps(recorder, past) : tenantSteps(recorder, past, applicationIds)
  const { grid } = past
  const warm = await p99BySteps(parts, { whose, start: 'warm', window }, grid)
  const cold = await p99BySteps(parts, { whose, start: 'cold', window }, grid)
  const points = steps.flatMap((step, at) => {
    if (step === null) return []
    const p99s = { warmP99Ms: warm[at] ?? null, coldP99Ms: cold[at] ?? null }
    return [{ ...toFleetPoint(step, atOf(grid, at), tenantId === null), ...p99s }]
  })
  return { grid, points }
}

function poolSteps(
  recorder: HistoryRecorder,
  { grid, rows, steps }: Past,
  ids: readonly string[],
): (number[] | null)[] {
  const found: (number[] | null)[] = Array.from({ length: lengthOf(grid) }, () => null)
  const take = (atMs: number, numbers: ArrayLike<number>): void => {
    const place = placeIn(grid, atMs)
    if (place < 0) return
    const into = found[place] ?? emptyStep()
    mergeSteps(into, numbers)
    found[place] = into
  }
  for (const { atMs, counts } of rows) take(Math.max(atMs, grid.fromMs), bytesToWords(counts))
  for (let step = steps.first; step <= steps.last; step += 1)
    for (const id of ids) {
      const numbers = recorder.application(id)?.pool.read(step)
      if (numbers) take(step * STEP_MS, numbers)
    }
  return found
}

/** Samples, nodes ready and lost, sessions open, warm and cold, as sums over a step. */
function fleetSteps(recorder: HistoryRecorder, { grid, rows, steps }: Past): (number[] | null)[] {
  const found: (number[] | null)[] = Array.from({ length: lengthOf(grid) }, () => null)
  const take = (atMs: number, numbers: ArrayLike<number>): void => {
    const place = placeIn(grid, atMs)
    if (place < 0) return
    const into = found[place] ?? Array.from({ length: FLEET_WIDTH }, () => 0)
    for (let field = 0; field < FLEET_WIDTH; field += 1) into[field] = (into[field] ?? 0) + (numbers[field] ?? 0)
    found[place] = into
  }
  for (const { atMs, counts } of rows) take(Math.max(atMs, grid.fromMs), bytesToWords(counts))
  for (let step = steps.first; step <= steps.last; step += 1) {
    const numbers = recorder.fleet.read(step)
    if (numbers) take(step * STEP_MS, numbers)
  }
  return found
}

/** The same of a tenant: its applications are there at the same time, so their samples are those of one. */
function tenantSteps(recorder: HistoryRecorder, past: Past, ids: readonly string[]): (number[] | null)[] {
  const sums: (number[] | null)[] = Array.from({ length: lengthOf(past.grid) }, () => null)
  const rowsOf = Map.groupBy(past.rows, ({ series }) => series)
  for (const id of ids) {
    const rows = rowsOf.get(poolSeries(id)) ?? []
    for (const [at, step] of poolSteps(recorder, { ...past, rows }, [id]).entries()) {
      if (step === null) continue
      const into = sums[at] ?? emptyStep()
      joinPools(into, step)
      sums[at] = into
    }
  }
  return sums.map((step) => {
    if (step === null) return null
    return [step[POOL.samples] ?? 0, 0, 0, step[POOL.open] ?? 0, step[POOL.warm] ?? 0, step[POOL.cold] ?? 0]
  })
}

function toPoint(step: readonly number[], atMs: number): PoolPoint {
  const samples = Math.max(1, step[POOL.samples] ?? 1)
  const mean = (field: number): number => (step[field] ?? 0) / samples
  const [openedWarm, openedCold] = [step[POOL.warm] ?? 0, step[POOL.cold] ?? 0]
  return {
    atMs,
    standby: mean(POOL.standby),
    hibernated: mean(POOL.hibernated),
    claimed: mean(POOL.claimed),
    creating: mean(POOL.creating),
    pending: mean(POOL.pending),
    waiting: mean(POOL.waiting),
    standbyMin: step[POOL.standbyMin] ?? 0,
    waitingMax: step[POOL.waitingMax] ?? 0,
    low: step[POOL.low] ?? 0,
    high: step[POOL.high] ?? 0,
    openedWarm,
    openedCold,
    hitRate: shareOf(openedWarm, openedCold),
  }
}

function toFleetPoint(
  step: readonly number[],
  atMs: number,
  seesNodes: boolean,
): Omit<FleetPoint, 'warmP99Ms' | 'coldP99Ms'> {
  const samples = Math.max(1, step[FLEET.samples] ?? 1)
  const [warm, cold] = [step[FLEET.warm] ?? 0, step[FLEET.cold] ?? 0]
  return {
    atMs,
    nodesReady: seesNodes ? (step[FLEET.nodesReady] ?? 0) / samples : null,
    nodesLost: seesNodes ? (step[FLEET.nodesLost] ?? 0) / samples : null,
    sessionsOpen: (step[FLEET.open] ?? 0) / samples,
    opensPerSecond: (warm + cold) / samples, // A sample is a second.
    poolHitRate: shareOf(warm, cold),
  }
}

function nothingKnown(atMs: number, seesNodes: boolean): FleetPoint {
  const step = Array.from({ length: FLEET_WIDTH }, () => 0)
  return { ...toFleetPoint(step, atMs, seesNodes), warmP99Ms: null, coldP99Ms: null }
}

function atOf({ fromMs, stepMs }: Grid, at: number): number {
  return fromMs + at * stepMs
}

function shareOf(warm: number, cold: number): number | null {
  return warm + cold === 0 ? null : warm / (warm + cold)
}

function sumOf(points: readonly PoolPoint[], field: 'openedWarm' | 'openedCold'): number {
  return points.reduce((sum, point) => sum + point[field], 0)
}
