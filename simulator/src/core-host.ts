/** Where the core runs: starts it again when it has died, and carries calls of clients to it and answers back. */
import type { CoreTimes, CoreWorld } from '@fornax/core/core-rooms'
import type { FleetObserver } from '@fornax/core/fleet/fleet-state'
import type { UseCases } from '@fornax/core/graphql/core-port'
import type { IdKind } from '@fornax/kernel/ids'
import type { Log } from '@fornax/kernel/log'
import type { Chance } from './chance.ts'
import { CoreProcess, type Serving } from './core-process.ts'
import { CORE_ANSWER, type UseCase } from './crash-points.ts'
import type { Ground } from './ground.ts'
import type { Line } from './line.ts'
import { SimulatedDatabase } from './simulated-database.ts'

/** What becomes of a call. */
export type Outcome<T> =
  | { readonly kind: 'answered'; readonly value: T }
  /** The core said that it failed. */
  | { readonly kind: 'failed'; readonly error: Error }
  /** Nobody answered: the core was not there, or went away. */
  | { readonly kind: 'cutOff' }

export type CoreHostParts = {
  readonly ground: Ground
  readonly lines: ReadonlyMap<string, Line>
  readonly log: Log
  readonly times: CoreTimes
  readonly limits: CoreWorld['limits']
  readonly observe: FleetObserver
  readonly commandSent: NonNullable<CoreWorld['commandSent']>
}

/** How long a core is away when it dies and nobody says otherwise. */
const DOWN_MS = 200

export class CoreHost {
  readonly database: SimulatedDatabase
  readonly #parts: CoreHostParts
  readonly #chance: Chance
  readonly #ids = new Map<IdKind, number>()
  readonly #calls = new Set<() => void>()
  #process: CoreProcess | null = null
  #downMs = DOWN_MS

  constructor(parts: CoreHostParts) {
    this.#parts = parts
    this.database = new SimulatedDatabase(parts.ground)
    this.#chance = parts.ground.chance('calls')
  }

  /** The process, if there is one. */
  get process(): CoreProcess | null {
    return this.#process
  }

  /** What serves; null while nobody does. */
  get serving(): Serving | null {
    return this.#process?.serving ?? null
  }

  /** A name for a thing of a kind. */
  readonly newId = (kind: IdKind): string => {
    const number = (this.#ids.get(kind) ?? 0) + 1
    this.#ids.set(kind, number)
    return `${kind}-${number}`
  }

  start(): void {
    const { ground, log, times, limits, observe, commandSent } = this.#parts
    const core = new CoreProcess({
      ground,
      log,
      times,
      limits,
      observe,
      commandSent,
      database: this.database,
      newId: this.newId,
      whenDead: (dead) => this.#died(dead),
    })
    if (core.life.isAlive) this.#process = core // It may have died of the first thing that it did.
  }

  /** Kills the process; it is back after a while. */
  crash(downMs: number): void {
    this.#downMs = downMs
    this.#process?.crash()
    this.#downMs = DOWN_MS
  }

  /** A client calls; the answer comes when it comes. `act` runs inside the core. */
  call<T>(useCase: UseCase, act: (cases: UseCases) => Promise<T>): Promise<Outcome<T>> {
    const { clock } = this.#parts.ground
    return new Promise((resolve) => {
      const hangUp = (): void => {
        this.#calls.delete(hangUp)
        clock.schedule(this.#chance.nextInt(3), () => resolve({ kind: 'cutOff' }))
      }
      const answer = (outcome: Outcome<T>): void => {
        if (this.#calls.delete(hangUp)) clock.schedule(this.#chance.nextInt(3), () => resolve(outcome))
      }
      this.#calls.add(hangUp)
      clock.schedule(this.#chance.nextInt(3), () => this.#deliver({ useCase, act, answer, hangUp }))
    })
  }

  #deliver<T>(call: {
    readonly useCase: UseCase
    readonly act: (cases: UseCases) => Promise<T>
    readonly answer: (outcome: Outcome<T>) => void
    readonly hangUp: () => void
  }): void {
    const { useCase, act, answer, hangUp } = call
    const core = this.#process
    if (core === null || core.serving === null || !this.#calls.has(hangUp)) return hangUp()
    const { crashes } = this.#parts.ground
    const point = CORE_ANSWER[useCase]
    const tell = (outcome: Outcome<T>): void => {
      if (!core.life.isAlive || crashes.pass(point, 'before', core)) return
      answer(outcome)
      crashes.pass(point, 'after', core)
    }
    core.life.enter(() => {
      if (core.serving === null) return
      act(core.serving.cases).then(
        (value) => tell({ kind: 'answered', value }),
        (error: unknown) => tell({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) }),
      )
    })
  }

  #died(core: CoreProcess): void {
    const { ground, lines } = this.#parts
    this.#process = null
    for (const hangUp of this.#calls) hangUp()
    for (const line of lines.values()) for (const wire of line.wires) wire.coreDied(core)
    ground.clock.schedule(this.#downMs, () => {
      if (this.#process === null) this.start()
    })
  }
}
