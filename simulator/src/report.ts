/** What the simulator prints. */
import type { Done } from './jobs.ts'
import type { RunResult } from './run-world.ts'
import type { Question } from './worker-words.ts'

/** One line for one seed. */
export function lineOf(
  { seed, scenario, steps, counts, faults, virtualMs, wallMs, failure, hash }: RunResult,
  isVerbose: boolean,
): string {
  const faultCount = Object.values(faults).reduce((sum, count) => sum + count, 0)
  const { asked, answered, opened, closed } = counts
  const parts = [
    `seed ${seed} ${scenario}`,
    `${steps} steps`,
    `${asked} asked, ${answered} answered, ${opened} opened, ${closed} closed`,
    `${faultCount} faults`,
    `${(virtualMs / 1_000).toFixed(0)} s in ${wallMs.toFixed(0)} ms`,
    ...(isVerbose ? [hash] : []),
    ...(failure === null ? [] : [`FAILED: ${failure.invariant}`]),
  ]
  return parts.join(' · ')
}

/** Everything that helps to understand one failure. */
export function failureOf(question: Question, { result, smaller, actions }: Done): string {
  const failure = smaller?.failure ?? result.failure
  if (failure === null || result.failure === null) return ''
  const replay = `npm run simulate -- --seed ${result.seed}${question.scenario === null ? '' : ` --scenario ${question.scenario}`}`
  const keep = question.keep === null ? '' : ` --keep ${question.keep.join(',')}`
  return [
    '',
    `Seed ${result.seed} failed at step ${result.failure.step}, after ${result.failure.atMs} ms of its world.`,
    `  ${result.failure.invariant}: ${result.failure.what}`,
    `  again: ${replay}${keep}`,
    ...shrunkLines(smaller, { actions, replay }),
    '',
    'The last events before it:',
    ...failure.last.map((line) => `  ${line}`),
    '',
  ].join('\n')
}

function shrunkLines(smaller: Done['smaller'], { actions, replay }: { actions: number; replay: string }): string[] {
  if (smaller === null) return []
  return [
    '',
    `Of its ${actions} actions, these ${smaller.kept.length} are needed (found in ${smaller.runs} runs):`,
    ...smaller.actions.map((action) => `  ${action}`),
    `  just these: ${replay} --keep ${smaller.kept.join(',')}`,
    `  there, at step ${smaller.failure.step}: ${smaller.failure.invariant}: ${smaller.failure.what}`,
  ]
}

/** Sums over all seeds. */
export class Totals {
  #seeds = 0
  #steps = 0
  #virtualMs = 0
  #sessions = 0
  #answered = 0
  readonly #faults = new Map<string, number>()
  readonly #failed: { readonly seed: number; readonly invariant: string }[] = []

  get failures(): number {
    return this.#failed.length
  }

  /** A seed of which there is no result. */
  addBroken(seed: number): void {
    this.#seeds += 1
    this.#failed.push({ seed, invariant: 'broken' })
  }

  add({ seed, steps, virtualMs, counts, faults, failure }: RunResult): void {
    this.#seeds += 1
    this.#steps += steps
    this.#virtualMs += virtualMs
    this.#sessions += counts.asked
    this.#answered += counts.answered
    for (const [kind, count] of Object.entries(faults)) this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count)
    if (failure !== null) this.#failed.push({ seed, invariant: failure.invariant })
  }

  text(wallMs: number): string {
    const kinds = [...this.#faults].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const width = Math.max(0, ...kinds.map(([kind]) => kind.length))
    const perSecond = Math.round((this.#steps / wallMs) * 1_000)
    return [
      '',
      `${this.#seeds} seeds, ${grouped(this.#steps)} steps in ${(wallMs / 1_000).toFixed(1)} s: ${grouped(perSecond)} steps/s`,
      `${(this.#virtualMs / 3_600_000).toFixed(1)} hours of simulated time, ${grouped(this.#sessions)} sessions asked for, ${grouped(this.#answered)} answered`,
      'faults:',
      ...kinds.map(([kind, count]) => `  ${kind.padEnd(width)}  ${grouped(count)}`),
      `violations: ${this.#failed.length}`,
      ...this.#failed.map(({ seed, invariant }) => `  seed ${seed}: ${invariant}`),
    ].join('\n')
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
