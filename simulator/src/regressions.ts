/**
 * Runs that once failed, kept as whole plans, so that they stay what they were when plans are drawn in another way.
 * Each is a file in `simulator/regressions`, made by `npm run simulate -- --seed N --keep A,B --print`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from './plan.ts'

export type Regression = {
  /** What went wrong, in one line. */
  readonly was: string
  readonly plan: Plan
}

const FOLDER = join(import.meta.dirname, '../regressions')

/** All of them, by the names of their files. */
export function readRegressions(): ReadonlyMap<string, Regression> {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
  return new Map(names.map((name) => [name.slice(0, -'.json'.length), read(name)]))
}

/** Ours to write: what is in it was printed by this program. */
function read(name: string): Regression {
  const regression: Regression = JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))
  return regression
}

/** The text of a new one; whoever keeps it says what it was. */
export function regressionOf(plan: Plan): string {
  return JSON.stringify({ was: '', plan }, null, 2)
}
