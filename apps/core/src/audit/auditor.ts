/**
 * The auditor of a running core: looks every second at what changed, and every minute at everything, a little at a
 * time. What it finds must never happen.
 *
 *   second ─► changes since the last ─┐
 *                                     ├─► slice · rest · slice · rest · …   never more than 2 ms in one turn
 *   minute ─► everything ─────────────┘
 *
 * Each check reads one object in one turn, and turns are settled before the event loop takes the next one: so what a
 * check sees is never half done, and counts at once. Only a deadline may still fire on time although its instant has
 * passed, when its timer waits for the same turn of the event loop as the auditor's: it counts when it is still the
 * same a second later.
 */
import type { Cancel, Clock, Stopwatch } from '@fornax/kernel/clock'
import type { FleetState } from '../fleet/fleet-state.ts'
import type { Change } from '../fleet/views.ts'
import type { Deadlines, Evidence, Look, Violation } from './evidence.ts'
import { checkChange, checkNews, checkOne, everything, type Effort } from './look.ts'
import { Memory } from './memory.ts'
import { OVERDUE } from './waits.ts'

export type AuditorParts = {
  readonly state: FleetState
  readonly deadlines: Deadlines
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  /** Told of each violation, each time that it is found. */
  readonly found: (violation: Violation) => void
}

const CHANGES_EVERY_MS = 1_000
const EVERYTHING_EVERY_MS = 60_000
/** A slice ends at the first look at the watch after this; what it does between two looks fits into the rest of 2 ms. */
const SLICE_MS = 1
/** So that a pass leaves most of the time to others. */
const REST_MS = 8
/** Effort between two looks at the watch. */
const EFFORT_PER_GLANCE = 32
/** Of how many pods and sessions the sums of one application or node are taken every minute, in one go. */
const COUNT_UP_TO = 2_048
/** The same every second, when something of them changed. */
const RECOUNT_UP_TO = 64
/** While more is overdue than this, the core is far behind, and that is found all the same. */
const SUSPECTS_MAX = 1_000

type Pass = Generator<Effort, void>

export class Auditor implements Disposable {
  readonly #parts: AuditorParts
  readonly #memory = new Memory()
  readonly #atChanges: Look
  readonly #atEverything: Look
  /** Overdue deadlines that were seen once, by key. */
  readonly #suspects = new Map<string, Violation>()
  #version: string
  #changes: Pass | null = null
  #everything: Pass | null = null
  #nextChangesAtMs: number
  #nextEverythingAtMs: number
  #cancel: Cancel

  constructor(parts: AuditorParts) {
    this.#parts = parts
    const nowMs = parts.clock.nowMs()
    this.#atChanges = { evidence: this.#evidence(RECOUNT_UP_TO) }
    this.#atEverything = { evidence: this.#evidence(COUNT_UP_TO) }
    this.#version = parts.state.changes.resourceVersion
    this.#nextChangesAtMs = nowMs + CHANGES_EVERY_MS
    this.#nextEverythingAtMs = nowMs + EVERYTHING_EVERY_MS
    this.#cancel = this.#comeAgain(CHANGES_EVERY_MS)
  }

  [Symbol.dispose](): void {
    this.#cancel()
  }

  #evidence(countUpTo: number): Evidence {
    const { state, deadlines, clock } = this.#parts
    return {
      state,
      deadlines,
      nowMs: clock.nowMs(),
      memory: this.#memory,
      pace: 'nowAndThen',
      countUpTo,
      witnesses: {},
    }
  }

  #comeAgain(afterMs: number): Cancel {
    return this.#parts.clock.schedule(afterMs, () => this.#turn())
  }

  /** One turn: begins what is due, does a slice of it, and comes again after a rest, or when something is due. */
  #turn(): void {
    const { state, clock } = this.#parts
    const nowMs = clock.nowMs()
    try {
      this.#memory.begin(state, nowMs)
      this.#atChanges.evidence = this.#evidence(RECOUNT_UP_TO)
      this.#atEverything.evidence = this.#evidence(COUNT_UP_TO)
      this.#begin(nowMs)
      this.#slice()
    } catch (error) {
      this.#giveUp(error)
    }
    const isBusy = this.#changes !== null || this.#everything !== null
    this.#cancel = this.#comeAgain(isBusy ? REST_MS : Math.max(0, this.#nextChangesAtMs - nowMs))
  }

  /** A check that fails is a defect as well; but who only looks must not take the core along. */
  #giveUp(error: unknown): void {
    this.#changes = null
    this.#everything = null
    const evidence = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    this.#found({ invariant: 'books', what: 'a check could not be made', objects: [], evidence })
  }

  #begin(nowMs: number): void {
    if (isDue(this.#nextEverythingAtMs, EVERYTHING_EVERY_MS, nowMs)) {
      this.#nextEverythingAtMs = nowMs + EVERYTHING_EVERY_MS
      this.#everything ??= everything(this.#atEverything, this.#found)
    }
    if (!isDue(this.#nextChangesAtMs, CHANGES_EVERY_MS, nowMs)) return
    this.#nextChangesAtMs = nowMs + CHANGES_EVERY_MS
    this.#changes ??= this.#lookAtChanges()
  }

  /** What changed comes first: everything can wait. */
  #slice(): void {
    const { stopwatch } = this.#parts
    const endMs = stopwatch() + SLICE_MS
    let effort = 0
    for (;;) {
      const pass = this.#changes ?? this.#everything
      const step = pass?.next()
      if (step === undefined) return
      if (step.done !== true) effort += step.value
      else if (pass === this.#changes) this.#changes = null
      else this.#everything = null
      if (effort < EFFORT_PER_GLANCE) continue
      effort = 0
      if (stopwatch() >= endMs) return
    }
  }

  /** Nodes first: what is remembered of them is asked by the others. */
  *#lookAtChanges(): Pass {
    const { state } = this.#parts
    this.#judgeSuspects()
    checkNews(this.#atChanges.evidence, this.#found)
    const since = state.changes.since(this.#version)
    this.#version = state.changes.resourceVersion
    if (since.kind === 'expired') {
      this.#everything ??= everything(this.#atEverything, this.#found) // Nobody knows any more what changed.
      return
    }
    const done = new Set<string>()
    for (const change of since.changes) if (change.kind === 'node') yield this.#lookAt(change, done)
    for (const change of since.changes) if (change.kind !== 'node') yield this.#lookAt(change, done)
  }

  #lookAt(change: Change, done: Set<string>): Effort {
    const { evidence } = this.#atChanges
    checkChange(change, evidence, this.#found)
    const key = change.kind + change.id
    if (done.has(key)) return PER_REPEATED
    done.add(key)
    return checkOne(change, evidence, this.#found)
  }

  readonly #found = (violation: Violation): void => {
    const { key } = violation.evidence
    if (violation.what !== OVERDUE || typeof key !== 'string') this.#parts.found(violation)
    else if (this.#suspects.size < SUSPECTS_MAX) this.#suspects.set(key, violation)
  }

  #judgeSuspects(): void {
    for (const [key, violation] of this.#suspects)
      if (this.#parts.deadlines.dueAtMs(key) === violation.evidence['dueAtMs']) this.#parts.found(violation)
    this.#suspects.clear()
  }
}

/** How much of a look at a pod it costs to see that somebody was looked at already. */
const PER_REPEATED = 1 / 4

/** Also when the clock of the machine was put back. */
function isDue(atMs: number, everyMs: number, nowMs: number): boolean {
  return nowMs >= atMs || atMs - nowMs > everyMs
}
