/** A running pod of the containerd runtime, whoever started it. */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { z } from 'zod'
import type { SessionEndpoints } from '../network/session-endpoints.ts'
import type {
  MemoryState,
  OpenEndpointsResult,
  PodActivity,
  PodEnd,
  PodOwner,
  PodSleep,
  ProbeAddress,
  ReclaimDepth,
  RuntimePod,
  SessionPorts,
} from '../runtime.ts'
import { askForEnd, awaitEnd } from './container-end.ts'
import { isNotFound, type CriClient } from './cri-client.ts'

const handleSchema = z.object({
  sandboxId: z.string(),
  containerId: z.string(),
  address: z.string(),
  networkFile: z.string(),
  owner: z.object({ uid: z.number(), gid: z.number() }).nullable(),
  // Pods of older agents do not say what follows: their sandboxes are called like them.
  sandboxName: z.string().default(''),
  /** Of the sandbox's first process, whose network is the pod's; 0: nobody knows. */
  pid: z.number().default(0),
})

/** All that the pod has to be found again. */
export type PodHandle = z.infer<typeof handleSchema>

/** Reads what `RuntimePod.handle` was. */
export function parseHandle(handle: string): PodHandle {
  return handleSchema.parse(JSON.parse(handle))
}

export type PodParts = {
  readonly podId: string
  readonly handle: PodHandle
  readonly endpoints: SessionEndpoints
  readonly client: CriClient
  /** Null where its control groups are not ours. */
  readonly sleep: PodSleep | null
  readonly activity: PodActivity | null
  /** It is ready. */
  readonly settled: () => void
  readonly clock: Clock
  readonly log: Log
  /** Takes the ways into the pod away, and notes how it ended. */
  readonly leave: (end: PodEnd) => Promise<void>
}

/** containerd tells first that a command has ended, and soon that its log is complete. */
const CLEARED_WITHIN_MS = 1_000

const KILL_AGAIN_MS = 1_000
const KILLED = 137
const NOT_KILLED = Number.POSITIVE_INFINITY

export class ContainerdPod implements RuntimePod {
  readonly podId: string
  readonly handle: string
  readonly owner: PodOwner | null
  readonly ended: Promise<PodEnd>
  readonly #parts: PodParts
  readonly #resolveEnded: (end: PodEnd) => void
  #exitCode: number | null = null
  #isShortOfMemory = false
  #isEnding = false
  #killAtMs = NOT_KILLED
  #cancelKill: Cancel = () => undefined
  #cancelPatience: Cancel = () => undefined

  constructor(parts: PodParts) {
    const { promise, resolve } = Promise.withResolvers<PodEnd>()
    this.podId = parts.podId
    this.handle = JSON.stringify(parts.handle)
    this.owner = parts.handle.owner
    this.ended = promise
    this.#parts = parts
    this.#resolveEnded = resolve
  }

  get activity(): PodActivity | null {
    return this.#parts.activity
  }

  get containerId(): string {
    return this.#parts.handle.containerId
  }

  /** What its control groups are called. */
  get groupName(): string {
    return this.#parts.handle.sandboxName || this.podId
  }

  /** A process in its network; 0: nobody knows one. */
  get networkPid(): number {
    return this.#parts.handle.pid
  }

  noteReady(): void {
    this.#parts.settled()
  }

  async execute(command: readonly string[], timeoutMs: number): Promise<boolean> {
    if (this.#isEnding) return false
    try {
      return (await this.#parts.client.execute(this.containerId, command, timeoutMs)) === 0
    } catch (error) {
      this.#parts.log.debug({ err: error, podId: this.podId }, 'a command was not run in a pod, or not in time')
      return false
    }
  }

  probeAddress(portName: string): ProbeAddress | null {
    return this.#parts.endpoints.probeAddress(portName)
  }

  async openEndpoints(session: SessionPorts): Promise<OpenEndpointsResult> {
    if (this.#isEnding) return { kind: 'failed', reason: 'the pod has ended' }
    return await this.#parts.endpoints.openEndpoints(session)
  }

  closeEndpoints(sessionId: string): Promise<void> {
    return this.#parts.endpoints.closeEndpoints(sessionId, this.networkPid)
  }

  stop(graceMs: number): void {
    const { clock } = this.#parts
    const killAtMs = clock.nowMs() + graceMs
    if (this.#isEnding || killAtMs >= this.#killAtMs) return
    this.thaw().catch(() => undefined) // What is not there cannot be thawed; what is frozen cannot end.
    if (this.#killAtMs === NOT_KILLED && graceMs > 0) void this.#stopWithin(Math.ceil(graceMs / 1_000))
    this.#killAtMs = killAtMs
    this.#cancelKill()
    if (graceMs <= 0) void this.#kill()
    else this.#cancelKill = clock.schedule(graceMs, () => void this.#kill())
  }

  freeze(): Promise<void> {
    return this.#parts.sleep?.freeze() ?? Promise.reject(new Error('its control groups belong to systemd'))
  }

  thaw(): Promise<void> {
    return this.#parts.sleep?.thaw() ?? Promise.resolve()
  }

  reclaim(depth: ReclaimDepth, signal: AbortSignal): Promise<string | null> {
    return this.#parts.sleep?.reclaim(depth, signal) ?? Promise.resolve('its control groups belong to systemd')
  }

  measureMemory(): Promise<MemoryState | null> {
    return this.#parts.sleep?.measureMemory() ?? Promise.resolve(null)
  }

  /** Its command has ended. */
  noteExit(exitCode: number): void {
    if (this.#isEnding || this.#exitCode !== null) return
    this.#exitCode = exitCode
    this.#cancelPatience = this.#parts.clock.schedule(CLEARED_WITHIN_MS, () => void this.#finishOr(exitCode))
  }

  noteOutOfMemory(): void {
    this.#isShortOfMemory = true
  }

  /** Nothing of it runs any more, and its log is complete. */
  noteCleared(): void {
    void this.#finishOr(this.#exitCode)
  }

  /** Asks what has become of it: what was told meanwhile may not have been heard. */
  async look(): Promise<void> {
    if (this.#isEnding) return
    const end = await askForEnd(this.#parts.client, this.containerId)
    if (end !== null) await this.#finish(end)
  }

  /** Stops looking after the pod, which goes on. */
  letGo(): void {
    this.#isEnding = true
    this.#cancelKill()
    this.#cancelPatience()
  }

  async #finishOr(exitCode: number | null): Promise<void> {
    if (this.#isEnding) return
    // Killed by nobody that we know: that may be told before the reason for it is.
    const isPuzzling = exitCode === KILLED && this.#killAtMs === NOT_KILLED && !this.#isShortOfMemory
    if (exitCode !== null && !isPuzzling) {
      return await this.#finish({ exitCode, outOfMemory: this.#isShortOfMemory && exitCode !== 0 })
    }
    try {
      const { client, clock } = this.#parts
      await this.#finish((await awaitEnd(client, this.containerId, clock)) ?? { exitCode, outOfMemory: false })
    } catch (error) {
      this.#parts.log.warn({ err: error, podId: this.podId }, 'how a pod ended could not be asked')
      await this.#finish({ exitCode, outOfMemory: this.#isShortOfMemory })
    }
  }

  async #finish(end: PodEnd): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#cancelKill()
    this.#cancelPatience()
    await this.#parts.leave(end)
    this.#resolveEnded(end)
  }

  /** containerd sends the signal to stop, and would kill by itself after the timeout. */
  async #stopWithin(timeoutS: number): Promise<void> {
    try {
      await this.#parts.client.stopContainer(this.containerId, timeoutS)
    } catch (error) {
      if (this.#isEnding) return
      this.#parts.log.warn({ err: error, podId: this.podId }, 'a pod could not be asked to end; it is killed in time')
    }
  }

  /** Until it is dead: nobody else would do it. */
  async #kill(): Promise<void> {
    if (this.#isEnding || this.#exitCode !== null) return
    const { client, clock, log } = this.#parts
    try {
      await client.stopContainer(this.containerId, 0)
    } catch (error) {
      if (this.#isEnding || isNotFound(error)) return
      log.warn({ err: error, podId: this.podId }, 'a pod could not be killed; trying again')
      this.#cancelKill = clock.schedule(KILL_AGAIN_MS, () => void this.#kill())
    }
  }
}
