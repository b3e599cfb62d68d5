/** What a pod's state asks of its sleep, and what its sleep means for its state. */
import type { NodeSession } from '@fornax/node-model/node-session-state'
import type { Pod, PodEvent } from '@fornax/node-model/pod-state'
import type { RuntimePod } from '../runtime/runtime.ts'
import type { ApplicationLink } from '../sessions/session-server.ts'
import { PodDoze } from './pod-doze.ts'
import { PodSleeper } from './pod-sleeper.ts'
import type { PodWorld } from './pod-world.ts'

export type PodRestParts = {
  readonly world: Pick<PodWorld, 'clock' | 'stopwatch' | 'reclaims' | 'record' | 'dozes' | 'log'>
  readonly pod: () => Pod
  /** Null when the application does not use the session service. */
  readonly link: () => ApplicationLink | null
  readonly apply: (event: PodEvent) => void
  /** It sleeps and cannot be woken, or cannot be kept asleep: it is of no use. */
  readonly lost: (reason: string) => void
  readonly sessions: () => readonly Pick<NodeSession, 'phase'>[]
}

export class PodRest {
  readonly #parts: PodRestParts
  /** Made when it runs. */
  #sleeper: PodSleeper | null = null
  #running: RuntimePod | null = null
  readonly #doze: PodDoze
  #isDozing = false

  constructor(parts: PodRestParts) {
    this.#parts = parts
    const { clock, log, dozes: round } = parts.world
    this.#doze = new PodDoze({
      clock,
      log,
      round,
      rest: this,
      pod: parts.pod,
      activity: () => this.#running?.activity ?? null,
      isSettled: () => parts.sessions().every(({ phase }) => phase === 'available' || phase === 'inUse'),
    })
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
    this.#running = running
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

  /** Puts the pod to sleep though it serves sessions. An agent after us wakes it, so nothing of it is in the ledger. */
  doze(deeperAfterMs: number): void {
    this.#isDozing = true
    this.#sleeper?.sleep(deeperAfterMs, null)
  }

  /** Null: it is awake. Otherwise settles when it is, with null, or with why it cannot be. */
  wake(isForSession: boolean): Promise<string | null> | null {
    this.#isDozing = false
    const waking = this.#sleeper?.wake(isForSession) ?? null
    return waking && waking.then((problem) => this.#noteWake(problem))
  }

  /** After an agent's restart: it sleeps on, or it runs, whatever the agent before us had begun. */
  async resume(): Promise<void> {
    if (this.#parts.pod().phase === 'hibernated') this.fallAsleep()
    else this.#noteWake((await this.#sleeper?.rouse()) ?? null)
    this.update()
  }

  /** The pod has changed: it may be one that sleeps while its sessions are quiet. */
  update(): void {
    this.#doze.update()
  }

  /** Its sessions are about to change. Null: it does not sleep with sessions open. */
  rouse(): Promise<string | null> | null {
    return this.#doze.rouse()
  }

  /** The agent leaves. Who sleeps without a session sleeps on; who serves one must be awake for it. */
  async letGo(): Promise<void> {
    await this.#doze.letGo()
    this.stay()
  }

  /** Goes no deeper; the pod stays as it is. */
  stay(): void {
    this.#sleeper?.rest()
  }

  /** Nothing of the pod runs any more. */
  end(): void {
    // Whoever only dozed was not being woken: how it ended says why.
    const wasWaking = this.isOut && !this.#isDozing
    if (wasWaking && this.#parts.pod().phase === 'active') this.#parts.lost('it ended as it woke')
    this.stay()
    this.#isDozing = false
    this.#sleeper = null
    this.#running = null
  }

  #told(event: Parameters<ConstructorParameters<typeof PodSleeper>[0]['told']>[0]): void {
    if (this.#isDozing && event.kind !== 'woken') {
      if (event.kind === 'sleepFailed') this.#isDozing = false
      return this.#parts.apply({ kind: 'dozed', hibernation: event.hibernation })
    }
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
