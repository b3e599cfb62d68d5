/** Ends pods that have written more to their roots than they may: nothing else bounds what these take of the disk. */
import type { Log } from '@fornax/kernel/log'
import type { Runtime } from '../runtime/runtime.ts'
import { whyTooMuch } from './disk-rules.ts'
import type { PodSupervisor } from './pod-supervisor.ts'

/** What of a pod's supervisor is needed here. */
export type BoundPod = Pick<PodSupervisor, 'version' | 'condemn'> & {
  readonly pod: Pick<PodSupervisor['pod'], 'podId'>
  readonly runtime: Pick<Runtime, 'name' | 'readRootUse'>
}

export class RootBounds {
  readonly #log: Pick<Log, 'warn'>
  #isLooking = false

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log
  }

  /** Does nothing while an earlier look is not over: a slow disk would only be asked more and more. */
  async look(pods: Iterable<BoundPod>): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      await this.#boundAll(pods)
    } finally {
      this.#isLooking = false
    }
  }

  async #boundAll(pods: Iterable<BoundPod>): Promise<void> {
    const writers = [...pods].filter(({ version }) => version.hasWritableRoot)
    const byRuntime = Map.groupBy(writers, ({ runtime }) => runtime)
    for (const [runtime, ofRuntime] of byRuntime) await this.#bound(runtime, ofRuntime)
  }

  async #bound(runtime: BoundPod['runtime'], pods: readonly BoundPod[]): Promise<void> {
    const used = await runtime.readRootUse?.().catch((error: unknown) => {
      this.#log.warn({ err: error, runtime: runtime.name }, 'what pods have written could not be measured')
    })
    for (const supervisor of pods) {
      const problem = whyTooMuch(supervisor.version, used?.get(supervisor.pod.podId) ?? 0)
      if (problem !== null) supervisor.condemn(problem, 'outOfDisk', 0) // At once: while it runs it writes more.
    }
  }
}
