/**
 * Stops processes by a signal, where no control group can freeze them: their memory stays, and whoever left the pod's
 * tree runs on.
 */
import type { MemoryState, PodSleep } from './runtime.ts'

/** Why nothing is pushed out. */
export const NO_GROUPS = 'it has no control group, so it is only stopped and its memory stays'

export type StoppableProcesses = {
  /** Sends the signal to all of them; false when none is left. */
  readonly signal: (name: 'SIGSTOP' | 'SIGCONT') => boolean
  readonly residentBytes: () => number
}

export class SignalSleep implements PodSleep {
  readonly #processes: StoppableProcesses

  constructor(processes: StoppableProcesses) {
    this.#processes = processes
  }

  freeze(): Promise<void> {
    return this.#say('SIGSTOP')
  }

  thaw(): Promise<void> {
    return this.#say('SIGCONT')
  }

  reclaim(): Promise<string | null> {
    return Promise.resolve(NO_GROUPS)
  }

  measureMemory(): Promise<MemoryState | null> {
    return Promise.resolve({ residentBytes: this.#processes.residentBytes(), swappedBytes: null })
  }

  #say(name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    return this.#processes.signal(name) ? Promise.resolve() : Promise.reject(new Error('none of its processes is left'))
  }
}
