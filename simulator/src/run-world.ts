/** Runs a world from its beginning to its rest, and says how it went. */
import { Guard } from './guard.ts'
import { run } from './engine.ts'
import type { Counts } from './clients.ts'
import type { Plan } from './plan.ts'
import { begin, heal } from './play.ts'
import { unsettled } from './settle.ts'
import { Watch } from './watch.ts'
import { World } from './world.ts'

export type Failure = {
  /** As `I3`, or `rest` when the world did not come to rest. */
  readonly invariant: string
  readonly what: string
  readonly step: number
  readonly atMs: number
  readonly last: readonly string[]
}

export type RunResult = {
  readonly seed: number
  readonly scenario: string
  readonly steps: number
  /** Of everything that happened. */
  readonly hash: string
  readonly counts: Counts
  readonly faults: Readonly<Record<string, number>>
  readonly virtualMs: number
  readonly wallMs: number
  readonly failure: Failure | null
}

export type RunOptions = {
  /** Gets each line of the trace. */
  readonly onLine?: (line: string) => void
  /** Gets the world before anything happens in it. */
  readonly onWorld?: (world: World) => void
}

/** Taken before any guard stands. */
const wallMs = performance.now.bind(performance)

/** How long a world gets to come to rest. */
const REST_MS = 240_000
const LOOK_EVERY_MS = 1_000
/** More events than this in one run: something runs in circles. */
const STEPS_MAX = 2_000_000

export async function runPlan(plan: Plan, { onLine, onWorld }: RunOptions = {}): Promise<RunResult> {
  const startedMs = wallMs()
  using guard = new Guard()
  const world = new World(plan.seed, plan)
  if (onLine) world.ground.trace.onLine = onLine
  onWorld?.(world)
  const story = new Story(world, plan, guard)
  const uncaught = (error: unknown): void => void story.fail('crash', wordsOf(error))
  process.on('uncaughtException', uncaught).on('unhandledRejection', uncaught)
  try {
    await run({ guard, step: () => story.step(), look: () => story.look() })
  } catch (error) {
    story.fail('crash', wordsOf(error))
  } finally {
    process.off('uncaughtException', uncaught).off('unhandledRejection', uncaught)
  }
  return {
    seed: plan.seed,
    scenario: plan.scenario,
    steps: world.steps,
    hash: world.ground.trace.hash,
    counts: world.clients.counts,
    faults: Object.fromEntries(world.ground.faults),
    virtualMs: world.ground.atMs,
    wallMs: wallMs() - startedMs,
    failure: story.failure,
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

class Story {
  failure: Failure | null = null
  readonly #world: World
  readonly #plan: Plan
  readonly #guard: Guard
  readonly #watch: Watch
  #hasBegun = false
  #isHealing = false
  #nextLookMs = 0

  constructor(world: World, plan: Plan, guard: Guard) {
    this.#world = world
    this.#plan = plan
    this.#guard = guard
    this.#watch = new Watch(world)
  }

  step(): boolean {
    if (this.#hasBegun) return this.#world.step()
    this.#hasBegun = true
    begin(this.#world, this.#plan)
    return true
  }

  /** Whether to go on. */
  look(): boolean {
    const { ground, steps } = this.#world
    if (this.failure !== null) return false
    const [refused] = this.#guard.refusals
    if (refused !== undefined) return this.fail('guard', `${refused} was asked for`)
    const violation = this.#watch.look()
    if (violation !== null) return this.fail(violation.invariant, violation.what)
    if (steps > STEPS_MAX) return this.fail('rest', `${steps} steps, and no end`)
    if (ground.atMs < this.#plan.durationMs) return true
    if (!this.#isHealing) {
      this.#isHealing = true
      heal(this.#world)
    }
    return this.#isStillMoving()
  }

  fail(invariant: string, what: string): false {
    const { ground, steps } = this.#world
    this.failure ??= { invariant, what, step: steps, atMs: ground.atMs, last: ground.trace.last() }
    return false
  }

  #isStillMoving(): boolean {
    const { atMs } = this.#world.ground
    if (atMs < this.#nextLookMs) return true
    this.#nextLookMs = atMs + LOOK_EVERY_MS
    if (atMs < this.#plan.durationMs + SETTLED_MIN_MS) return true
    const reasons = unsettled(this.#world)
    if (reasons.length === 0) return false
    if (atMs < this.#plan.durationMs + REST_MS) return true
    return this.fail('rest', reasons.join('; '))
  }
}

/** What is broken last is repaired so long after the faults stopped. */
const SETTLED_MIN_MS = 20_000
