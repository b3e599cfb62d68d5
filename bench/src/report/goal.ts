/** What a goal is made of: the numbers that decide it, and where they stand among the results. */
import type { RunResult } from './result.ts'

/** One number of a goal: as it was measured, and what it must and should be. */
export type Figure = {
  readonly value: number | null
  readonly must: number
  readonly aim: number
  /** Which way is better. */
  readonly better: 'more' | 'less'
  readonly shown: (value: number) => string
  /** Which of several numbers it is; stands before it. */
  readonly label?: string
}

export type Goal = { readonly work: string; readonly figures: (results: readonly RunResult[]) => readonly Figure[] }

type Bounds = Pick<Figure, 'must' | 'aim' | 'shown' | 'label'>

export function more(value: number | null | undefined, bounds: Bounds): Figure {
  return { value: value ?? null, better: 'more', ...bounds }
}

export function less(value: number | null | undefined, bounds: Bounds): Figure {
  return { value: value ?? null, better: 'less', ...bounds }
}

export function find(
  results: readonly RunResult[],
  scenario: string,
  isRight: (result: RunResult) => boolean = () => true,
): RunResult | undefined {
  return results.find((result) => result.scenario === scenario && result.operations > 0 && isRight(result))
}

export function numberOf(result: RunResult | undefined, name: string): number | null {
  const value = result?.more[name]
  return typeof value === 'number' ? value : null
}
