/**
 * The disk of a core, and the way to it: slow, failing, or losing its connection when a scenario says so. What was
 * on its way when the core died may take effect nevertheless, as it does in a real database.
 */
import { MemoryStore, emptyDatabase, type MemoryDatabase } from '@fornax/core/store/memory-store'
import { StoreUnavailableError } from '@fornax/core/store/store-error'
import type { Chance } from './chance.ts'
import type { Ground } from './ground.ts'
import type { Life } from './life.ts'

/** How the database is at the moment. */
export type DatabaseMood = {
  /** The most that a call takes, one way. */
  readonly delayMs: number
  /** The share of calls that fail without having done anything. */
  readonly failing: number
  /** The share of calls that lose their connection: done or not, the caller hears only of a failure. */
  readonly losing: number
}

export const WELL: DatabaseMood = { delayMs: 3, failing: 0, losing: 0 }

export class SimulatedDatabase {
  readonly rows: MemoryDatabase = emptyDatabase('cor-simulated')
  readonly store = new MemoryStore(this.rows)
  mood: DatabaseMood = WELL
  /** Epochs that were forgotten with what an older backup replaced: another core has them, or will. */
  readonly repeatedEpochs = new Set<number>()
  readonly #ground: Ground
  readonly #chance: Chance
  #lastAtMs = 0
  /** Which of its disks it is. */
  #disk = 1

  constructor(ground: Ground) {
    this.#ground = ground
    this.#chance = ground.chance('database')
  }

  /** A backup; the result puts it in the place of what is there then. */
  backUp(): () => void {
    const { rows } = this
    const { epoch } = rows
    const tables = [rows.tenants, rows.tokens, rows.applications, rows.versions, rows.nodes, rows.sessions]
    const restores = tables.map((table) => copyOf<unknown>(table))
    return () => {
      this.#disk += 1
      for (let given = epoch + 1; given <= rows.epoch; given += 1) this.repeatedEpochs.add(given)
      rows.epoch = epoch
      for (const restore of restores) restore()
    }
  }

  /** Does something in the database, after what was asked before, and answers a process. */
  reach<T>(life: Life, what: string, act: () => Promise<T>): Promise<T> {
    const { mood } = this
    const isFailing = this.#chance.isHit(mood.failing)
    const isLosing = this.#chance.isHit(mood.losing)
    const isDone = this.#chance.isHit(0.5)
    const answerMs = this.#chance.nextInt(mood.delayMs + 1)
    const disk = this.#disk
    const result = new Promise<T>((resolve, reject) => {
      this.#schedule(this.#chance.nextInt(mood.delayMs + 1), () => {
        if (!life.isAlive && (!isDone || disk !== this.#disk)) return
        if (isFailing) return this.#fail(what, 'database failing', reject)
        const done = isLosing && !isDone ? null : act()
        this.#ground.note(`database: ${what}${life.isAlive ? '' : ', though the core has died'}`)
        if (isLosing) this.#fail(what, 'database losing its connection', reject)
        if (isLosing || done === null) return
        this.#ground.clock.schedule(answerMs, () => void done.then(resolve, reject))
      })
    })
    return life.hear(result)
  }

  #schedule(delayMs: number, work: () => void): void {
    const nowMs = this.#ground.clock.nowMs()
    this.#lastAtMs = Math.max(this.#lastAtMs, nowMs + delayMs)
    if (delayMs > WELL.delayMs) this.#ground.fault('database slow')
    this.#ground.clock.schedule(this.#lastAtMs - nowMs, work)
  }

  #fail(what: string, kind: string, reject: (error: Error) => void): void {
    this.#ground.fault(kind)
    this.#ground.note(`database: ${what} fails`)
    reject(new StoreUnavailableError('The database does not answer.', 'Wait until the simulation repairs it.'))
  }
}

function copyOf<Row>(table: Map<string, Row>): () => void {
  const copy = new Map(table)
  return () => {
    table.clear()
    for (const [id, row] of copy) table.set(id, row)
  }
}
