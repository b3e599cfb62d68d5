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
/** A policy that is in a hurry must not make a node look at its pods all the time. */
const LOOK_MS_MIN = 500
const LOOK_MS_MAX = 2_000
/** A pod sleeps lightly for as long as it was quiet before, but not less. */
const DEEPER_AFTER_MS_MIN = 1_000

type Reading = { readonly packets: number; readonly cpuMs: number; readonly atMs: number }

export class PodDoze {
  readonly #parts: PodDozeParts
  #isWatched = false
  #quietSinceMs = 0
  #last: Reading | null = null
  #isLooking = false
  /** Nobody looks after it any more. */
  #isOver = false
  /** What had been counted when it was decided that it sleeps; null: it is awake. */
  #asleepAt: number | null = null

  constructor(parts: PodDozeParts) {
    this.#parts = parts
  }

  /** How often it is looked at. While it sleeps only what the alarm has missed is to be seen. */
  get lookEveryMs(): number {
    if (this.#asleepAt !== null) return LOOK_MS_MAX
    return Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, this.#parts.pod().dozeAfterMs / LOOKS))
  }

  /** The pod has changed: whether it is watched. */
  update(): void {
    const { pod, round, activity, clock } = this.#parts
    const { phase, dozeAfterMs } = pod()
    const isWanted = !this.#isOver && phase === 'active' && dozeAfterMs > 0 && activity() !== null
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
    this.#isOver = true
    this.#parts.round.leave(this)
    this.#isWatched = false
    await this.rouse()
  }

  /** Whether it is to sleep, or to wake. Does nothing while an earlier look is not over. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const reading = await this.#read()
      if (reading === 'unreadable') this.#goBlind()
      else if (reading !== null && this.#isWatched) this.#judge(reading)
    } finally {
      this.#isLooking = false
    }
  }

  #judge(reading: Reading): void {
    if (this.#asleepAt !== null) {
      // Whatever was not told at once, as while the pod froze.
      if (reading.packets !== this.#asleepAt) void this.rouse()
      return
    }
    const { pod, isSettled } = this.#parts
    const isQuiet = this.#last !== null && isSettled() && isSilent(this.#last, reading)
    this.#last = reading
    if (!isQuiet) this.#quietSinceMs = reading.atMs
    else if (reading.atMs - this.#quietSinceMs >= pod().dozeAfterMs) void this.#doze(reading.packets)
  }

  /** Who sleeps unseen might never be woken. */
  #goBlind(): void {
    this.#last = null
    if (this.#asleepAt === null) return
    const { log, pod } = this.#parts
    log.warn({ podId: pod().podId }, 'a pod is woken, because it can no longer be read what it does')
    void this.rouse()
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

  /** Null: it has just ended. */
  async #read(): Promise<Reading | 'unreadable' | null> {
    const { activity, clock, log, pod } = this.#parts
    try {
      const read = (await activity()?.read()) ?? null
      return read === null ? null : { ...read, atMs: clock.nowMs() }
    } catch (error) {
      log.debug({ err: error, podId: pod().podId }, 'what a pod does could not be read')
      return 'unreadable'
    }
  }
}

function isSilent(before: Reading, now: Reading): boolean {
  return now.packets === before.packets && now.cpuMs - before.cpuMs <= WORK_SHARE * (now.atMs - before.atMs)
}

/**
 * Looks at the pods of a node that may doze, each as often as it needs. It does so in common turns, so that the kernel is
 * asked once for all whose turn it is, and waits for none of them.
 */
export class DozeRound {
  readonly #clock: Clock
  readonly #pods = new Set<PodDoze>()
  #turn = 0
  /** Null: there is nobody to look at. Who enters never puts a turn off. */
  #cancel: Cancel | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  enter(pod: PodDoze): void {
    this.#pods.add(pod)
    this.#cancel ??= this.#lookLater()
  }

  leave(pod: PodDoze): void {
    this.#pods.delete(pod)
    if (this.#pods.size > 0) return
    this.#cancel?.()
    this.#cancel = null
  }

  #lookLater(): Cancel {
    return this.#clock.schedule(LOOK_MS_MIN, () => {
      this.#turn += 1
      this.#cancel = this.#lookLater()
      for (const pod of this.#pods) if (this.#turn % turnsOf(pod) === 0) void pod.look()
    })
  }
}

function turnsOf(pod: PodDoze): number {
  return Math.floor(pod.lookEveryMs / LOOK_MS_MIN)
}
