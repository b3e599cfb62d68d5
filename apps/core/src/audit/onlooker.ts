/** Looks after every turn of a core in a simulation: at what changed, or at everything when it cannot know. */
import type { FleetState } from '../fleet/fleet-state.ts'
import type { Evidence, Violation } from './evidence.ts'
import { checkEverything, checkTouched, touchedBy, type AlsoTouched } from './look.ts'

export class Onlooker {
  #state: FleetState | null = null
  #version = ''

  /** What is wrong. The first look at a core is at everything. */
  look(evidence: Evidence, also: AlsoTouched = {}): Violation[] {
    const { state } = evidence
    const since = state === this.#state ? state.changes.since(this.#version) : null
    this.#state = state
    this.#version = state.changes.resourceVersion
    const violations: Violation[] = []
    const found = (violation: Violation): void => void violations.push(violation)
    if (since?.kind === 'changes') checkTouched(evidence, touchedBy(since.changes, also), found)
    else checkEverything(evidence, found)
    return violations
  }

  /** What is wrong anywhere: time passes, and witnesses change, also where the fleet does not. */
  lookAtEverything(evidence: Evidence): Violation[] {
    this.#state = evidence.state
    this.#version = evidence.state.changes.resourceVersion
    const violations: Violation[] = []
    checkEverything(evidence, (violation) => void violations.push(violation))
    return violations
  }
}
