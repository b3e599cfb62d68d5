/** Looks at a world after every turn of it: what must never happen, as the core's own auditor knows it. */
import type { Evidence, Violation } from '@fornax/core/audit/evidence'
import { Memory } from '@fornax/core/audit/memory'
import { Onlooker } from '@fornax/core/audit/onlooker'
import type { World } from './world.ts'

export type Wrong = { readonly invariant: string; readonly what: string }

/** How often everything is looked at, and not only what changed. */
const EVERYTHING_EACH_MS = 2_000

export class Watch {
  readonly #world: World
  readonly #onlooker = new Onlooker()
  readonly #memory = new Memory({ hasPicture: true })
  #everythingAtMs = 0
  /** A core that is behind is not looked at until it has caught up. */
  #hasMissedTurns = false

  constructor(world: World) {
    this.#world = world
  }

  look(): Wrong | null {
    const [misdeed] = this.#world.misdeeds
    if (misdeed !== undefined) return misdeed
    const { host, clients, readers, testimony, ground } = this.#world
    const { process, serving } = host
    if (process === null || serving === null || process.life.isBehind) {
      this.#hasMissedTurns = true
      return null
    }
    const pace = this.#hasMissedTurns ? 'nowAndThen' : 'everyTurn'
    this.#hasMissedTurns = false
    const { witnesses, nodes } = testimony.take(clients, readers)
    const evidence: Evidence = {
      state: serving.rooms.fleet.state,
      nowMs: ground.clock.nowMs(),
      deadlines: serving.rooms.deadlines,
      memory: this.#memory,
      pace,
      countUpTo: Number.POSITIVE_INFINITY,
      witnesses,
    }
    const isEverything = ground.atMs >= this.#everythingAtMs
    if (isEverything) this.#everythingAtMs = ground.atMs + EVERYTHING_EACH_MS
    const also = { nodes, sessions: [...clients.touched] }
    clients.touched.clear()
    const violations = this.#onlooker.look(evidence, also)
    if (isEverything) violations.push(...this.#onlooker.lookAtEverything(evidence))
    const [first] = violations
    return first === undefined ? null : wrong(first)
  }
}

function wrong({ invariant, what, objects, evidence }: Violation): Wrong {
  return { invariant, what: `${what}: ${objects.join(', ')} ${JSON.stringify(evidence)}` }
}
