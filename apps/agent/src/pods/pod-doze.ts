/**
 * Lets pods sleep whose sessions are quiet, and wakes them with the first packet. Nobody is asked for either: what a
 * client does next is for its node alone to hear, and a pod that serves a session keeps all that is booked for it.
 *
 *   awake ──(no packet and next to no work for long enough)──► alarm set ──► dozes ──(a packet, or anything else)──► awake
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Pod } from '@fornax/node-model/pod-state'
import type { PodActivity } from '../runtime/runtime.ts'
import type { PodRest } from './pod-rest.ts'

export type PodDozeParts = {
  readonly clock: Clock
  readonly log: Log
  readonly round: DozeRound
  readonly rest: Pick<PodRest, 'doze' | 'wake'>
  readonly pod: () => Pod
  /** Null where nobody can tell, and while it does not run. */
  readonly activity: () => PodActivity | null
  /** Whether none of its sessions is just being opened or closed. */
  readonly isSettled: () => boolean
}

/** Of one CPU: who uses more is at work, whoever listens. */
const WORK_SHARE = 0.05
/** How often it is looked while a pod is to sleep, as a part of the time that it must be quiet. */
const LOOKS = 4
const LOOK_MS_MIN = 100
const LOOK_MS_MAX = 2_000
/** A pod sleeps lightly for as long as it was quiet before, but not less. */
const DEEPER_AFTER_MS_MIN = 1_000

type Reading = { readonly packets: number; readonly cpuMs: number; readonly atMs: number }

export class PodDoze {
  readonly #parts: PodDozeParts
  #isWatched = false
  #quietSinceMs = 0
  #last: Reading | null = null
  /** What had been counted when it was decided that it sleeps; null: it is awake. */
  #asleepAt: number | null = null

  constructor(parts: PodDozeParts) {
    this.#parts = parts
  }

  /** When to look next. */
  get lookInMs(): number {
    return Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, this.#parts.pod().dozeAfterMs / LOOKS))
  }

  /** The pod has changed: whether it is watched. */
  update(): void {
    const { pod, round, activity, clock } = this.#parts
    const { phase, dozeAfterMs } = pod()
    const isWanted = phase === 'active' && dozeAfterMs > 0 && activity() !== null
    if (isWanted === this.#isWatched) return
    this.#isWatched = isWanted
    if (!isWanted) {
      round.leave(this)
      void this.rouse()
      return
    }
    this.#quietSinceMs = clock.nowMs()
    this.#last = null
    round.enter(this)
  }

  /** Something is about to be done with it for which it has to be awake. Null: it is. */
  rouse(): Promise<string | null> | null {
    if (this.#asleepAt === null) return null
    this.#calm()
    this.#quietSinceMs = this.#parts.clock.nowMs()
    this.#last = null
    return this.#parts.rest.wake(false)
  }

  /** Nobody listens any more: it must not sleep on. */
  async letGo(): Promise<void> {
    this.#parts.round.leave(this)
    this.#isWatched = false
    await this.rouse()
  }

  async look(): Promise<void> {
    const reading = await this.#read()
    if (reading === null || !this.#isWatched) return
    if (this.#asleepAt !== null) {
      // Whatever was not told at once, as while the pod froze.
      if (reading.packets !== this.#asleepAt) void this.rouse()
      return
    }
    const { pod, isSettled } = this.#parts
    const isQuiet = this.#last !== null && isSettled() && isSilent(this.#last, reading)
    this.#last = reading
    if (!isQuiet) this.#quietSinceMs = reading.atMs
    else if (reading.atMs - this.#quietSinceMs >= pod().dozeAfterMs) await this.#doze(reading.packets)
  }

  /** The alarm first: who speaks from then on is heard, before it freezes or after. */
  async #doze(packets: number): Promise<void> {
    const { activity, log, pod, rest } = this.#parts
    this.#asleepAt = packets
    try {
      await activity()?.alert(() => void this.rouse())
    } catch (error) {
      log.warn({ err: error, podId: pod().podId }, 'a pod stays awake, because packets to it could not be watched')
      this.#asleepAt = null
    }
    if (this.#asleepAt !== null) rest.doze(Math.max(DEEPER_AFTER_MS_MIN, pod().dozeAfterMs))
  }

  #calm(): void {
    if (this.#asleepAt === null) return
    this.#asleepAt = null
    const { activity, log, pod } = this.#parts
    activity()
      ?.calm()
      .catch((error: unknown) => log.warn({ err: error, podId: pod().podId }, 'a pod is still watched'))
  }

  async #read(): Promise<Reading | null> {
    const { activity, clock, log, pod } = this.#parts
    try {
      const read = await activity()?.read()
      return read === undefined ? null : { ...read, atMs: clock.nowMs() }
    } catch (error) {
      log.debug({ err: error, podId: pod().podId }, 'what a pod does could not be read')
      return null
    }
  }
}

function isSilent(before: Reading, now: Reading): boolean {
  return now.packets === before.packets && now.cpuMs - before.cpuMs <= WORK_SHARE * (now.atMs - before.atMs)
}

/** Looks at all pods of a node that may doze in one turn, so that the kernel is asked once for all of them. */
export class DozeRound {
  readonly #clock: Clock
  readonly #pods = new Set<PodDoze>()
  #cancel: Cancel = () => undefined
  #isLooking = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  enter(pod: PodDoze): void {
    this.#pods.add(pod)
    this.#lookLater()
  }

  leave(pod: PodDoze): void {
    this.#pods.delete(pod)
    if (this.#pods.size === 0) this.#cancel()
  }

  #lookLater(): void {
    if (this.#isLooking) return // It looks again then.
    this.#cancel()
    if (this.#pods.size === 0) return
    const inMs = Math.min(...Array.from(this.#pods, (pod) => pod.lookInMs))
    this.#cancel = this.#clock.schedule(inMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    await Promise.all(Array.from(this.#pods, (pod) => pod.look()))
    this.#isLooking = false
    this.#lookLater()
  }
}
