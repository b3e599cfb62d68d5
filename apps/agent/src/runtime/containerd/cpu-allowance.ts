/**
 * The ceiling of a pod's CPU. A pod that starts, or wakes, may use what nobody else wants for a while; then it gets
 * what it asked for and no more. Without that, a pod with a small share would take seconds to fetch its memory back. A
 * pod that is not ready yet has no ceiling: on a busy machine it would lose its time to others, and then never be ready.
 * Only the agent that started a pod knows that; the next one finds it with its ceiling.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Cgroups } from '../cgroups.ts'
import type { PodSleep } from '../runtime.ts'

export type CpuAllowanceParts = {
  readonly cgroups: Pick<Cgroups, 'capCpu'>
  readonly groupName: string
  readonly cpuMillis: number
  /** For how long it has no ceiling. */
  readonly allowanceMs: number
  readonly clock: Clock
  readonly log: Log
}

export class CpuAllowance {
  readonly #parts: CpuAllowanceParts
  /** Null: it is bounded, or nobody is to bound it. */
  #cancel: Cancel | null = null
  /** Whether it has started, and is not ready. */
  #isStarting = false

  constructor(parts: CpuAllowanceParts) {
    this.#parts = parts
  }

  /** It starts: nothing bounds it until it is ready. */
  start(): void {
    this.#begin()
    this.#isStarting = true
  }

  /** It is ready. */
  settle(): void {
    if (!this.#isStarting) return
    this.#isStarting = false
    if (this.#cancel === null) this.cap()
  }

  /** From now on what it asked for. */
  cap(): void {
    this.end()
    this.#set(this.#parts.cpuMillis)
  }

  /** Nobody looks after it any more; it stays as it is. */
  end(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#isStarting = false
  }

  /** The agent goes, and the pod goes on: nobody else would bound it when its time is over. */
  leave(): void {
    if (this.#cancel !== null || this.#isStarting) this.cap()
  }

  /** The same sleep, after which it may use what nobody else wants. Whoever did not sleep has nothing to fetch back. */
  freeAfter(sleep: PodSleep, isFrozen: () => boolean): PodSleep {
    return {
      freeze: () => sleep.freeze(),
      thaw: async () => {
        if (!isFrozen()) return await sleep.thaw()
        this.#set(null)
        await sleep.thaw()
        this.#begin()
      },
      reclaim: (depth, signal) => sleep.reclaim(depth, signal),
      measureMemory: () => sleep.measureMemory(),
    }
  }

  #begin(): void {
    const { clock, allowanceMs } = this.#parts
    this.end()
    const over = (): void => {
      this.#cancel = null
      if (!this.#isStarting) this.cap()
    }
    if (allowanceMs <= 0) this.cap()
    else this.#cancel = clock.schedule(allowanceMs, over)
  }

  #set(cpuMillis: number | null): void {
    const { cgroups, groupName, log } = this.#parts
    try {
      cgroups.capCpu(groupName, cpuMillis)
    } catch (error) {
      log.warn({ groupName, err: error }, 'the CPU of a pod could not be limited')
    }
  }
}
