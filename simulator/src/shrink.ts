/**
 * Makes a failing run smaller: takes actions out of it for as long as it still fails in the same way. Delta debugging
 * (Zeller and Hildebrandt, 2002), with a bound: what remains after it is small enough to read, if not the smallest.
 */
import type { Plan } from './plan.ts'
import type { Failure } from './run-world.ts'

/** How many runs it may take. */
const RUNS_MAX = 160

export type Shrunk = {
  /** The places of the actions that are needed, in the list that the seed draws. */
  readonly kept: readonly number[]
  readonly failure: Failure
  readonly runs: number
}

/** The plan with only some of its actions. */
export function keeping(plan: Plan, kept: readonly number[]): Plan {
  const wanted = new Set(kept)
  return { ...plan, actions: plan.actions.filter((_, place) => wanted.has(place)) }
}

/** How a smaller plan is tried. */
export type Try = (plan: Plan) => Promise<Failure | null>

export async function shrink(plan: Plan, failure: Failure, attempt: Try): Promise<Shrunk> {
  const hunt = new Hunt(plan, failure, attempt)
  const all = plan.actions.map((_, place) => place)
  await hunt.tries(all.filter((place) => (plan.actions[place]?.atMs ?? 0) <= failure.atMs))
  for (const kind of new Set(plan.actions.map(({ deed }) => deed.kind)))
    await hunt.tries(hunt.kept.filter((place) => plan.actions[place]?.deed.kind !== kind))
  for (let parts = 2; hunt.kept.length > 1 && !hunt.isTired;) {
    if (await hunt.triesWithout(parts)) parts = Math.max(2, parts - 1)
    else if (parts >= hunt.kept.length) break
    else parts = Math.min(hunt.kept.length, parts * 2)
  }
  return { kept: hunt.kept, failure: hunt.failure, runs: hunt.runs }
}

class Hunt {
  kept: readonly number[]
  failure: Failure
  runs = 0
  readonly #plan: Plan
  readonly #attempt: Try

  constructor(plan: Plan, failure: Failure, attempt: Try) {
    this.#plan = plan
    this.#attempt = attempt
    this.kept = plan.actions.map((_, place) => place)
    this.failure = failure
  }

  get isTired(): boolean {
    return this.runs >= RUNS_MAX
  }

  /** Whether it fails in the same way with these alone; then they are kept. */
  async tries(kept: readonly number[]): Promise<boolean> {
    if (kept.length === this.kept.length || this.isTired) return false
    this.runs += 1
    const failure = await this.#attempt(keeping(this.#plan, kept))
    if (failure === null || !isAlike(failure, this.failure)) return false
    this.kept = kept
    this.failure = failure
    return true
  }

  /** Tries to do without each of so many parts; true when one was not needed. */
  async triesWithout(parts: number): Promise<boolean> {
    const size = Math.ceil(this.kept.length / parts)
    for (let from = 0; from < this.kept.length && !this.isTired; from += size)
      if (await this.tries([...this.kept.slice(0, from), ...this.kept.slice(from + size)])) return true
    return false
  }
}

/** The same fault says the same words, up to the names of things. */
function isAlike(a: Failure, b: Failure): boolean {
  return a.invariant === b.invariant && kindOf(a.what) === kindOf(b.what)
}

function kindOf(what: string): string {
  return what.replaceAll(/:.*/gs, '').replaceAll(/[a-z]+-\d+(?:-\d+)?|\d+/g, '#')
}
