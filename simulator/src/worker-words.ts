/** What the program and its workers say to each other. */
import type { RunResult } from './run-world.ts'
import type { Shrunk } from './shrink.ts'

export type Question = {
  readonly seed: number
  /** Null: the seed says. */
  readonly scenario: string | null
  /** The places of the actions to keep; null: all. */
  readonly keep: readonly number[] | null
  readonly shrinks: boolean
  /** Whether each line of the trace is wanted. */
  readonly isVerbose: boolean
}

/** A run that failed, made smaller. */
export type Smaller = Shrunk & {
  /** The actions that are needed, in words. */
  readonly actions: readonly string[]
}

export type Answer =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** It is at work. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'done'; readonly result: RunResult; readonly smaller: Smaller | null; readonly actions: number }
  /** The program itself failed. */
  | { readonly kind: 'broken'; readonly message: string }
