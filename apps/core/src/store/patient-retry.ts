/** Tries again for a bounded time what fails because the other side is away for a moment. */
import { sleep, type Clock } from '@fornax/kernel/clock'

const FIRST_PAUSE_MS = 50
const PAUSE_MAX_MS = 1_000

export type PatientRetryOptions = {
  readonly clock: Clock
  /** Counted from the first failure: who comes later waits only for the rest. */
  readonly patienceMs: number
  readonly isWorthIt: (error: unknown) => boolean
}

export class PatientRetry {
  readonly #options: PatientRetryOptions
  /** Since when nothing has worked; null while it does. */
  #failingSinceMs: number | null = null

  constructor(options: PatientRetryOptions) {
    this.#options = options
  }

  /** `work` must do no harm when it is done twice. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const { clock, patienceMs, isWorthIt } = this.#options
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        const result = await work()
        this.#failingSinceMs = null
        return result
      } catch (error) {
        if (!isWorthIt(error)) throw error
        this.#failingSinceMs ??= clock.nowMs()
        if (clock.nowMs() - this.#failingSinceMs + pauseMs > patienceMs) throw error
      }
      await sleep(clock, pauseMs)
    }
  }
}
