/** Asks one pod until it is ready, and from then on whether it still works. */
import type { Clock } from '@fornax/kernel/clock'
import type { ApplicationVersion } from '@fornax/node-model/application-version'
import { untilUnhealthy, type Watched } from './liveness.ts'
import type { Probed } from './probe.ts'
import { untilReady } from './readiness.ts'

export class PodProbes {
  readonly #version: Pick<ApplicationVersion, 'readiness' | 'liveness'>
  readonly #clock: Clock
  /** Null while nothing is asked. */
  #abort: AbortController | null = null

  constructor(version: Pick<ApplicationVersion, 'readiness' | 'liveness'>, clock: Clock) {
    this.#version = version
    this.#clock = clock
  }

  /** Calls back when its probe has passed. `podOf` is null while there is nobody to ask. */
  awaitReady(podOf: () => Probed | null, then: () => void): void {
    void untilReady(this.#version.readiness, podOf, this.#clock, this.#again()).then(then, onlyAbort)
  }

  /** Calls back, with the reason, when it no longer works. */
  watch(watched: Watched, then: (reason: string) => void): void {
    const { liveness } = this.#version
    this.stop()
    if (liveness !== null) void untilUnhealthy(liveness, watched, this.#clock, this.#again()).then(then, onlyAbort)
  }

  /** Asks no more. */
  stop(): void {
    this.#abort?.abort()
    this.#abort = null
  }

  #again(): AbortSignal {
    this.stop()
    const abort = new AbortController()
    this.#abort = abort
    return abort.signal
  }
}

function onlyAbort(): void {
  // Nothing else rejects: the pod ends, or we do.
}
