/** Hears that everything is to end: a signal, or the script that started this is gone. */
import type { Clock } from '@fornax/kernel/clock'

/** npm and a terminal may each deliver the same Ctrl-C; a person takes longer for the second. */
const SAME_KEY_MS = 400

type StopRequestPorts = {
  readonly clock: Clock
  /** Asked a second time: no more patience. */
  readonly onImpatient: () => void
}

export class StopRequest implements Disposable {
  readonly #abort = new AbortController()
  readonly #ports: StopRequestPorts
  #askedMs: number | null = null

  constructor(ports: StopRequestPorts) {
    this.#ports = ports
    for (const signal of SIGNALS) process.on(signal, this.#ask)
    process.on('disconnect', this.#ask)
    // Listening for the end of the channel must not keep this process alive.
    process.channel?.unref()
  }

  /** Aborts at the first request. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#ask)
    process.off('disconnect', this.#ask)
  }

  readonly #ask = (): void => {
    const nowMs = this.#ports.clock.nowMs()
    if (this.#askedMs === null) {
      this.#askedMs = nowMs
      this.#abort.abort()
    } else if (nowMs - this.#askedMs > SAME_KEY_MS) this.#ports.onImpatient()
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
