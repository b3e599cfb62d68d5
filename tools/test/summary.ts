/** The end of `npm test`, as lines for a person; the last one is for programs as well. */
import type { StepOutcome } from './run-step.ts'
import type { Skip } from './reports.ts'

export type SummaryInput = {
  readonly outcomes: readonly StepOutcome[]
  /** What is not on this machine, and what it would be for. */
  readonly missing: readonly string[]
  readonly isSkipAFailure: boolean
}

export type Summary = { readonly lines: readonly string[]; readonly failed: number }

export function summarize({ outcomes, missing, isSkipAFailure }: SummaryInput): Summary {
  const skipped = outcomes.flatMap((outcome) => outcome.skipped)
  const skippedTests = sum(skipped.map(({ tests }) => tests))
  const passed = sum(outcomes.map((outcome) => outcome.passed))
  const failed = sum(outcomes.map((outcome) => outcome.failed)) + (isSkipAFailure ? skippedTests : 0)
  const width = Math.max(0, ...outcomes.map(({ name }) => name.length))
  const lines = [
    '',
    'Summary',
    ...outcomes.map((outcome) => stepLine(outcome, width)),
    `    ${'all'.padEnd(width)}  ${seconds(sum(outcomes.map(({ tookMs }) => tookMs)))}`,
    ...skipLines(skipped, missing, isSkipAFailure),
    '',
    `${passed} passed, ${failed} failed`,
  ]
  return { lines, failed }
}

function stepLine({ name, tookMs, passed, failed, skipped }: StepOutcome, width: number): string {
  const mark = failed > 0 ? '✗' : passed > 0 ? '✓' : '–'
  const skippedTests = sum(skipped.map(({ tests }) => tests))
  const counts = [`${passed} passed`, failed > 0 && `${failed} failed`, skippedTests > 0 && `${skippedTests} skipped`]
  return `  ${mark} ${name.padEnd(width)}  ${seconds(tookMs)}  ${counts.filter((count) => count !== false).join(', ')}`
}

function skipLines(skipped: readonly Skip[], missing: readonly string[], isSkipAFailure: boolean): readonly string[] {
  if (skipped.length === 0 && missing.length === 0) return []
  const heading = isSkipAFailure
    ? 'Skipped, which counts as failed here:'
    : 'Skipped, because something is missing here:'
  return [
    '',
    heading,
    ...missing.map((tool) => `  - ${tool}`),
    ...skipped.map(({ what, tests }) => `  - ${what} (${tests})`),
  ]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(8)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
