/** What a pod's state asks of its sleep, and what its sleep means for its state. */
import type { Pod, PodEvent } from '@fornax/node-model/pod-state'
import type { RuntimePod } from '../runtime/runtime.ts'
import type { ApplicationLink } from '../sessions/session-server.ts'
import { PodSleeper } from './pod-sleeper.ts'
import type { PodWorld } from './pod-world.ts'

export type PodRestParts = {
  readonly world: Pick<PodWorld, 'clock' | 'stopwatch' | 'reclaims' | 'record'>
  readonly pod: () => Pod
  /** Null when the application does not use the session service. */
  readonly link: () => ApplicationLink | null
  readonly apply: (event: PodEvent) => void
  /** It sleeps and cannot be woken, or cannot be kept asleep: it is of no use. */
  readonly lost: (reason: string) => void
}

export class PodRest {
  readonly #parts: PodRestParts
  /** Made when it runs. */
  #sleeper: PodSleeper | null = null

  constructor(parts: PodRestParts) {
    this.#parts = parts
  }

  /** Whether it sleeps, or was woken and gave no sign of life yet. */
  get isOut(): boolean {
    return this.#sleeper?.isOut === true
  }

  /** How often it was put to sleep since it ran, or was adopted. */
  get sleepCount(): number {
    return this.#sleeper?.sleepCount ?? 0
  }

  /** The pod runs. */
  begin(running: RuntimePod): void {
    const { world, link } = this.#parts
    const { clock, stopwatch, reclaims } = world
    this.#sleeper = new PodSleeper({ clock, stopwatch, reclaims, running, link, told: (event) => this.#told(event) })
  }

  /** Puts the pod to sleep, once that is in the ledger. An earlier agent may have begun with it. */
  fallAsleep(): void {
    const { world, pod } = this.#parts
    world.record.afterCommit(() => {
      const { phase, isAsleep, deeperAfterMs, hibernation } = pod()
      if (phase === 'hibernated') this.#sleeper?.sleep(deeperAfterMs, isAsleep ? hibernation : null)
    })
  }

  /** Null: it is awake. Otherwise settles when it is, with null, or with why it cannot be. */
  wake(isForSession: boolean): Promise<string | null> | null {
    const waking = this.#sleeper?.wake(isForSession) ?? null
    return waking && waking.then((problem) => this.#noteWake(problem))
  }

  /** After an agent's restart: it sleeps on, or it runs, whatever the agent before us had begun. */
  async resume(): Promise<void> {
    if (this.#parts.pod().phase === 'hibernated') this.fallAsleep()
    else this.#noteWake((await this.#sleeper?.rouse()) ?? null)
  }

  /** Goes no deeper; the pod stays as it is. */
  stay(): void {
    this.#sleeper?.rest()
  }

  /** Nothing of the pod runs any more. */
  end(): void {
    if (this.isOut && this.#parts.pod().phase === 'active') this.#parts.lost('it ended as it woke')
    this.stay()
    this.#sleeper = null
  }

  #told(event: Parameters<ConstructorParameters<typeof PodSleeper>[0]['told']>[0]): void {
    // What it kept was given away, so that it may not just run on.
    const isLost = event.kind === 'sleepFailed' && this.#parts.pod().isAsleep
    if (isLost) this.#parts.lost(`it could not be kept asleep: ${event.hibernation.problem}`)
    else this.#parts.apply(event)
  }

  #noteWake(problem: string | null): string | null {
    if (problem !== null) this.#parts.lost(`it could not be woken: ${problem}`)
    return problem
  }
}
