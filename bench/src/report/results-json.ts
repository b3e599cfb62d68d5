/** Results for programs: the first run at the top, and every run, with machine and versions, below it. */
import type { Machine, Versions } from '../measure/machine.ts'
import type { RunResult } from './result.ts'

export type Report = {
  readonly machine: Machine
  readonly versions: Versions
  readonly results: readonly RunResult[]
}

export function resultsAsJson({ machine, versions, results }: Report): string {
  const runs = results.map(({ profiled: _profiled, ...result }) => result)
  return `${JSON.stringify({ ...runs[0], machine, versions, runs }, null, 2)}\n`
}
