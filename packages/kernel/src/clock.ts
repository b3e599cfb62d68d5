/**
 * Time as a dependency. Decision code receives `nowMs` as a plain argument;
 * only loops and edges hold a Clock, so a simulator can own every tick. This is
 * the one file that touches the platform's timers.
 */

/** Takes back what was scheduled; does nothing once it has run. */
export type Cancel = () => void

export interface Clock {
  /** Milliseconds since the Unix epoch. Survives restarts, so deadlines may be stored. */
  nowMs(): number
  /** Runs `work` once, `delayMs` from now (0: in a later turn of the event loop). */
  schedule(delayMs: number, work: () => void): Cancel
}

/** Milliseconds on a scale of its own that never goes back, with fractions: for measuring how long work takes. */
export type Stopwatch = () => number

export const systemStopwatch: Stopwatch = () => performance.now()

/** The machine's own time. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  schedule: (delayMs, work) => {
    // Browsers have no such queue; there a timer of 0 does.
    if (delayMs <= 0 && typeof setImmediate === 'function') {
      const turn = setImmediate(work)
      return () => clearImmediate(turn)
    }
    const timer = setTimeout(work, Math.min(delayMs, MAX_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

/** What a platform timer can hold; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647

/** Resolves after `delayMs`, or rejects with the signal's reason when aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(asError(signal.reason))
    const leave = (): void => {
      cancel()
      reject(asError(signal?.reason))
    }
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', leave)
      resolve()
    })
    signal?.addEventListener('abort', leave, { once: true })
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}
