/** A fleet under a virtual clock, and its past: kept in a database of tests, also when the core starts anew. */
import { createLog } from '@fornax/kernel/log'
import { HistoryKeeper } from '../../src/history/history-keeper.ts'
import type { HistoryStore } from '../../src/history/history-store.ts'
import { History } from '../../src/history/history.ts'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import { FleetWorld } from './fleet-world.ts'

const DAY_MS = 24 * 3_600_000

export class HistoryWorld {
  readonly world = new FleetWorld()
  readonly store: HistoryStore
  history: History
  #keeper: HistoryKeeper

  constructor(store: HistoryStore = new MemoryHistory()) {
    this.store = store
    this.history = this.#newHistory()
    this.#keeper = this.#newKeeper()
  }

  /** Lets time pass, with turns of the event loop between, so that what is written gets written. */
  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      this.world.run(Math.min(1_000, ms - passed))
      await new Promise(setImmediate)
    }
  }

  /** The core stops as it should, and starts again. */
  async restart(): Promise<void> {
    await this.#keeper[Symbol.asyncDispose]()
    this.world.history = null
    this.world.stopCore()
    this.world.startCore()
    this.history = this.#newHistory()
    this.#keeper = this.#newKeeper()
  }

  #newHistory(): History {
    const { world, store } = this
    const objectives = { warmP99Ms: 50, coldP99Ms: 1_500, poolHitRate: 0.95 }
    const { state } = world.fleet
    const history = new History({ state, store, epoch: world.epoch, nowMs: () => world.nowMs, objectives })
    world.history = history
    return history
  }

  #newKeeper(): HistoryKeeper {
    const { world, store, history } = this
    return new HistoryKeeper({
      clock: world.clock,
      log: createLog('test', 'silent'),
      recorder: history.recorder,
      events: world.fleet.state.events,
      store,
      epoch: world.epoch,
      retention: { historyMs: DAY_MS, sessionsMs: DAY_MS },
    })
  }
}
