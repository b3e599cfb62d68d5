/** What everything in a world stands on: its time, its chance, the record of what happened. */
import { VirtualClock } from '@fornax/kernel/virtual-clock'
import { chanceOf, type Chance } from './chance.ts'
import { CrashPoints } from './crash-points.ts'
import { Trace } from './trace.ts'

/** When every world begins. */
export const START_MS = 1_700_000_000_000

export class Ground {
  readonly seed: number
  readonly clock = new VirtualClock(START_MS)
  readonly trace = new Trace()
  readonly crashes = new CrashPoints()
  /** How often each kind of fault was done to the world. */
  readonly faults = new Map<string, number>()

  constructor(seed: number) {
    this.seed = seed
  }

  /** How long the world has lasted. */
  get atMs(): number {
    return this.clock.nowMs() - START_MS
  }

  chance(purpose: string): Chance {
    return chanceOf(this.seed, purpose)
  }

  note(line: string): void {
    this.trace.add(`${this.atMs} ${line}`)
  }

  /** Something went wrong, as it was meant to. */
  fault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1)
  }
}
