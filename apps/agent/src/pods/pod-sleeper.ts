/**
 * Carries out the sleep of one pod, whoever decided it: freezes it, pushes its memory out a little at first and all of
 * it later, and wakes it at any moment of that.
 *
 *   sleep ──► measured ──► frozen ──► light ──(after a while)──► deep
 *               └──────────┴───────────┴───── wake ─────────────────┘──► runs
 *
 * It says what came of it; what that means is the state machine's business.
 */
import { sleep, type Cancel, type Clock, type Stopwatch } from '@fornax/kernel/clock'
import type { Hibernation, PodEvent } from '@fornax/node-model/pod-state'
import type { PodSleep, ReclaimDepth } from '../runtime/runtime.ts'
import type { ApplicationLink } from '../sessions/session-server.ts'

export type SleeperParts = {
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly reclaims: ReclaimQueue
  readonly running: PodSleep
  /** Null when the application does not use the session service. */
  readonly link: () => ApplicationLink | null
  readonly told: (event: Extract<PodEvent, { kind: 'slept' | 'sleepFailed' | 'woken' }>) => void
}

/** A thaw takes a tenth of a millisecond; one that takes this long never ends. */
const WAKE_TIMEOUT_MS = 3_000
const US_PER_MS = 1_000

/** Pushes the memory of one pod out at a time: each takes a thread, and the disk or the processor as a whole. */
export class ReclaimQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Settles with the work, when all that was asked for before is done. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work)
    this.#last = next.catch(() => undefined)
    return next
  }
}

export class PodSleeper {
  readonly #parts: SleeperParts
  /** Null while no sleep is under way that could go deeper: thousands of pods stand by, and most of them run. */
  #abort: AbortController | null = null
  /** Settles when no freeze is under way. */
  #falling: Promise<unknown> = Promise.resolve()
  #waking: Promise<string | null> | null = null
  /** Whether something of it may be frozen. */
  #isDown = false
  /** Whether it was thawed for a session, and has said nothing since. */
  #isUnheard = false
  #cancelDeeper: Cancel = () => undefined
  #sleepCount = 0

  constructor(parts: SleeperParts) {
    this.#parts = parts
  }

  /** Whether it sleeps, or was woken and gave no sign of life yet. */
  get isOut(): boolean {
    return this.#isDown || this.#isUnheard
  }

  /** How often it was put to sleep. */
  get sleepCount(): number {
    return this.#sleepCount
  }

  /** Puts the pod to sleep. `known`: what an earlier agent has measured of this sleep. */
  sleep(deeperAfterMs: number, known: Hibernation | null): void {
    this.rest()
    const abort = new AbortController()
    this.#abort = abort
    this.#isDown = true
    this.#sleepCount += 1
    const { signal } = abort
    const falling = this.#fall(signal, known)
    this.#falling = falling
    void falling.then((before) => (before === null ? undefined : this.#settle(before, deeperAfterMs, signal)))
  }

  /**
   * Null: it runs. Otherwise settles when it does, with null, or with why it cannot. `isForSession`: its application
   * has been written to, so that its first word says when it is really awake.
   */
  wake(isForSession: boolean): Promise<string | null> | null {
    this.rest() // Also a sleep that only waits for an earlier wake.
    if (!this.#isDown) return null
    const { stopwatch, told, link } = this.#parts
    this.#isUnheard = isForSession && link() !== null
    const startMs = stopwatch()
    const woken = (): void =>
      told({ kind: 'woken', wakeUs: Math.max(1, Math.round((stopwatch() - startMs) * US_PER_MS)) })
    return this.#rise(isForSession ? woken : () => undefined, isForSession ? () => undefined : woken)
  }

  /** After an agent's restart: whatever the agent before us had begun, the pod is to run. */
  rouse(): Promise<string | null> {
    this.#isDown = true
    return this.#rise(
      () => undefined,
      () => undefined,
    )
  }

  /** Goes no deeper; the pod stays as it is. */
  rest(): void {
    this.#abort?.abort()
    this.#abort = null
    this.#cancelDeeper()
  }

  /** The pod as it was before it froze; null when it did not. */
  async #fall(signal: AbortSignal, known: Hibernation | null): Promise<Before | null> {
    const { running, link, told } = this.#parts
    await this.#waking
    if (signal.aborted) return null
    this.#isDown = true // That wake has just said otherwise.
    const residentBytesBefore = known?.residentBytesBefore ?? (await running.measureMemory())?.residentBytes ?? null
    if (signal.aborted) return null
    link()?.suspend()
    try {
      await running.freeze()
      return { residentBytesBefore }
    } catch (error) {
      this.#isDown = false
      link()?.resume(() => undefined)
      const problem = error instanceof Error ? error.message : String(error)
      if (!signal.aborted) told({ kind: 'sleepFailed', hibernation: { ...UNKNOWN, residentBytesBefore, problem } })
      return null
    }
  }

  async #settle(before: Before, deeperAfterMs: number, signal: AbortSignal): Promise<void> {
    const isLight = await this.#sink('light', before, signal)
    if (signal.aborted || !isLight) return
    this.#cancelDeeper = this.#parts.clock.schedule(deeperAfterMs, () => void this.#sink('deep', before, signal))
  }

  /** Whether its memory could be pushed out. */
  async #sink(depth: ReclaimDepth, before: Before, signal: AbortSignal): Promise<boolean> {
    const { running, reclaims, told } = this.#parts
    const problem = await reclaims.run(async () => (signal.aborted ? '' : await reclaim(running, depth, signal)))
    const memory = await running.measureMemory().catch(() => null)
    if (signal.aborted) return false
    told({
      kind: 'slept',
      hibernation: {
        ...before,
        depth: problem === null ? depth : 'frozen',
        residentBytesAfter: memory?.residentBytes ?? null,
        swappedBytes: memory?.swappedBytes ?? null,
        problem: problem ?? '',
        wakeUs: null,
      },
    })
    return problem === null
  }

  #rise(heard: () => void, thawed: () => void): Promise<string | null> {
    this.#waking ??= this.#thaw(heard, thawed).finally(() => (this.#waking = null))
    return this.#waking
  }

  async #thaw(heard: () => void, thawed: () => void): Promise<string | null> {
    const { clock, running, link } = this.#parts
    this.rest()
    await this.#falling
    try {
      await within(clock, running.thaw(), WAKE_TIMEOUT_MS)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    this.#isDown = false
    const open = link()
    open?.resume(() => {
      this.#isUnheard = false
      heard()
    })
    if (open === null) heard()
    thawed()
    return null
  }
}

type Before = Pick<Hibernation, 'residentBytesBefore'>

const UNKNOWN: Hibernation = {
  depth: 'none',
  residentBytesBefore: null,
  residentBytesAfter: null,
  swappedBytes: null,
  problem: '',
  wakeUs: null,
}

/** Null: done; otherwise why not. */
async function reclaim(running: PodSleep, depth: ReclaimDepth, signal: AbortSignal): Promise<string | null> {
  try {
    return await running.reclaim(depth, signal)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function within(clock: Clock, work: Promise<void>, limitMs: number): Promise<void> {
  const done = new AbortController()
  const late = sleep(clock, limitMs, done.signal).then(
    () => Promise.reject(new Error(`it did not run again within ${limitMs / US_PER_MS} s`)),
    () => undefined,
  )
  try {
    await Promise.race([work, late])
  } finally {
    done.abort()
  }
}
