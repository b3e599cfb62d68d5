/**
 * Keeps the past: samples once a second, writes events as they come, a sum of what was counted every five minutes, and
 * lets go of what is too old. What cannot be written is tried again, and given up with the memory of it: history is
 * worth less than what it would cost to hold on.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { EventLog } from '../fleet/event-log.ts'
import type { FleetEvent } from '../fleet/fleet-event.ts'
import type { HistorySlice, HistoryStore } from './history-store.ts'
import { CELLS, toBytes, wordsToBytes, type LatencySeries } from './latency-series.ts'
import { emptyStep, mergeSteps, POOL } from './pool-samples.ts'
import { FLEET_WIDTH, type HistoryRecorder, type Starts } from './recorder.ts'
import { FLEET_SERIES, latencySeries, poolSeries, START_KINDS, type Whose } from './series-names.ts'
import { ROLL_MS, STEP_MS, stepOf } from './time-grid.ts'

export type Retention = { readonly historyMs: number; readonly sessionsMs: number }

export type HistoryKeeperParts = {
  readonly clock: Clock
  readonly log: Log
  readonly recorder: HistoryRecorder
  readonly events: EventLog
  readonly store: HistoryStore
  readonly epoch: number
  readonly retention: Retention
}

const SECOND_MS = 1_000
const PRUNE_EVERY_MS = 60_000
const PRUNE_ROWS = 2_000
const ROWS_AT_ONCE = 500

export class HistoryKeeper implements AsyncDisposable {
  readonly #parts: HistoryKeeperParts
  /** Up to where events are written. */
  #written: string
  #rolledUntilMs: number
  #prunedAtMs: number
  #busy: Promise<void> | null = null
  #cancel: Cancel

  constructor(parts: HistoryKeeperParts) {
    this.#parts = parts
    const nowMs = parts.clock.nowMs()
    this.#written = parts.events.begin
    this.#rolledUntilMs = Math.floor(nowMs / ROLL_MS) * ROLL_MS
    this.#prunedAtMs = nowMs
    this.#cancel = parts.clock.schedule(SECOND_MS, () => this.#second())
  }

  /** Writes what is not written yet: of the last five minutes, what there is of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel()
    await this.#busy
    const nowMs = this.#parts.clock.nowMs()
    this.#parts.recorder.sample(nowMs + STEP_MS) // Closes the step that is open.
    await this.#try('events', () => this.#writeEvents())
    await this.#try('history', () => this.#writeSlices(this.#rolledUntilMs, nowMs + STEP_MS))
  }

  #second(): void {
    const { clock, recorder } = this.#parts
    this.#cancel = clock.schedule(SECOND_MS - (clock.nowMs() % SECOND_MS), () => this.#second())
    recorder.sample(clock.nowMs())
    this.#busy ??= this.#write().finally(() => {
      this.#busy = null
    })
  }

  async #write(): Promise<void> {
    const nowMs = this.#parts.clock.nowMs()
    await this.#try('events', () => this.#writeEvents())
    const dueMs = Math.floor(nowMs / ROLL_MS) * ROLL_MS
    if (dueMs > this.#rolledUntilMs) {
      const fromMs = Math.max(this.#rolledUntilMs, dueMs - 12 * ROLL_MS) // What memory still has.
      const isDone = await this.#try('history', () => this.#writeSlices(fromMs, dueMs))
      if (isDone) this.#rolledUntilMs = dueMs
    }
    if (nowMs - this.#prunedAtMs >= PRUNE_EVERY_MS)
      await this.#try('the removal of old history', () => this.#prune(nowMs))
  }

  async #try(what: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      return true
    } catch (cause) {
      this.#parts.log.warn({ err: cause }, `${what} could not be written; it is tried again`)
      return false
    }
  }

  async #writeEvents(): Promise<void> {
    const { events, store } = this.#parts
    const since = events.changes.since(this.#written)
    if (since.kind === 'expired') {
      const all = [...events.all()]
      this.#written = events.changes.resourceVersion
      return writeAll(all, (rows) => store.recordEvents(rows))
    }
    const ids = new Set(since.changes.filter(({ isGone }) => !isGone).map(({ id }) => id))
    const found: FleetEvent[] = [...ids].flatMap((id) => events.event(id) ?? [])
    await writeAll(found, (rows) => store.recordEvents(rows))
    this.#written = since.resourceVersion
  }

  async #writeSlices(fromMs: number, untilMs: number): Promise<void> {
    const { recorder, epoch, store } = this.#parts
    for (let atMs = fromMs; atMs < untilMs; atMs += ROLL_MS) {
      const steps = { first: stepOf(atMs), last: Math.min(stepOf(atMs + ROLL_MS), stepOf(untilMs)) - 1 }
      const slices = slicesOf(recorder, steps).map((slice) => ({ ...slice, atMs, epoch }))
      await writeAll(slices, (rows) => store.recordSlices(rows))
    }
  }

  async #prune(nowMs: number): Promise<void> {
    const { store, retention } = this.#parts
    const { historyMs, sessionsMs } = retention
    const before = { slicesBeforeMs: nowMs - historyMs, eventsBeforeMs: nowMs - historyMs }
    const isMore = await store.prune({ ...before, sessionsBeforeMs: nowMs - sessionsMs, rowsMax: PRUNE_ROWS })
    if (!isMore) this.#prunedAtMs = nowMs // Else a second from now: nobody waits for it.
  }
}

type Steps = { readonly first: number; readonly last: number }
type Sum = Pick<HistorySlice, 'series' | 'counts'>

/** What was counted in a few steps, of everything. Nothing is written of what rested. */
function slicesOf(recorder: HistoryRecorder, steps: Steps): readonly Sum[] {
  const sums: Sum[] = [...fleetSum(recorder, steps), ...startSums(recorder.ofFleet, { kind: 'all' }, steps)]
  for (const [id, starts] of recorder.tenants()) sums.push(...startSums(starts, { kind: 'tenant', id }, steps))
  for (const [id, { starts, pool }] of recorder.applications()) {
    sums.push(...startSums(starts, { kind: 'application', id }, steps))
    const into = emptyStep()
    for (let step = steps.first; step <= steps.last; step += 1) {
      const numbers = pool.read(step)
      if (numbers) mergeSteps(into, numbers)
    }
    if ((into[POOL.samples] ?? 0) > 0) sums.push({ series: poolSeries(id), counts: wordsToBytes(into) })
  }
  return sums
}

function startSums(starts: Starts, whose: Whose, steps: Steps): readonly Sum[] {
  return START_KINDS.flatMap((start) => {
    const counts = latencySum(starts[start], steps)
    return counts === null ? [] : [{ series: latencySeries(whose, start), counts: toBytes(counts) }]
  })
}

function latencySum(series: LatencySeries, { first, last }: Steps): Float64Array | null {
  const sums = new Float64Array(CELLS)
  let isAny = false
  for (let step = first; step <= last; step += 1) isAny = series.addStep(step, sums) || isAny
  return isAny ? sums : null
}

function fleetSum(recorder: HistoryRecorder, { first, last }: Steps): readonly Sum[] {
  const sums = Array.from({ length: FLEET_WIDTH }, () => 0)
  for (let step = first; step <= last; step += 1)
    for (const [field, value] of (recorder.fleet.read(step) ?? []).entries()) sums[field] = (sums[field] ?? 0) + value
  return sums[0] === 0 ? [] : [{ series: FLEET_SERIES, counts: wordsToBytes(sums) }]
}

async function writeAll<Row>(rows: readonly Row[], write: (rows: readonly Row[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) await write(rows.slice(at, at + ROWS_AT_ONCE))
}
