/** A running pod of the bubblewrap runtime, whoever started it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type {
  MemoryState,
  OpenEndpointsResult,
  PodActivity,
  PodEnd,
  PodSleep,
  ProbeAddress,
  ReclaimDepth,
  RuntimePod,
  SessionPorts,
} from '../runtime.ts'
import type { PodNetwork } from './pod-networks.ts'
import { findShims, isSandboxAlive, killSandbox, terminateCommand, type SandboxProcess } from './sandbox-process.ts'

/** All that the pod has to be found again. */
export type PodHandle = {
  readonly sandbox: SandboxProcess
  readonly slot: number | null
  /** What its network and its control groups are called. */
  readonly groupName: string
}

export type PodParts = {
  readonly podId: string
  readonly folder: string
  readonly sandbox: SandboxProcess
  readonly groupName: string
  readonly network: PodNetwork
  readonly sleep: PodSleep
  readonly activity: PodActivity | null
  readonly clock: Clock
  /** What the shim has noted so far. */
  readonly readExitCode: () => number | null
  /** Removes what a shim that was killed has left; nothing is left by one that was not. */
  readonly sweep: () => Promise<void>
}

export class BubblewrapPod implements RuntimePod {
  readonly podId: string
  readonly handle: string
  readonly ended: Promise<PodEnd>
  readonly #parts: PodParts
  readonly #resolveEnded: (end: PodEnd) => void
  #isEnding = false
  #killAtMs = Number.POSITIVE_INFINITY
  #cancelKill: Cancel = () => undefined

  constructor(parts: PodParts) {
    const { promise, resolve } = Promise.withResolvers<PodEnd>()
    const handle: PodHandle = {
      sandbox: parts.sandbox,
      slot: parts.network.slot,
      groupName: parts.groupName,
    }
    this.podId = parts.podId
    this.handle = JSON.stringify(handle)
    this.ended = promise
    this.#parts = parts
    this.#resolveEnded = resolve
  }

  get activity(): PodActivity | null {
    return this.#parts.activity
  }

  /** The first process of the pod. */
  get processId(): number {
    return this.#parts.sandbox.pid
  }

  /** What its control groups are called. */
  get groupName(): string {
    return this.#parts.groupName
  }

  /** A process in its network; 0: it shares its node's. */
  get networkPid(): number {
    return this.#parts.network.name === null ? 0 : this.#parts.sandbox.pid
  }

  probeAddress(portName: string): ProbeAddress | null {
    return this.#parts.network.probeAddress(portName)
  }

  /** Versions that want it are refused. */
  execute(): Promise<boolean> {
    return Promise.resolve(false)
  }

  async openEndpoints(session: SessionPorts): Promise<OpenEndpointsResult> {
    if (this.#isEnding) return { kind: 'failed', reason: 'the pod has ended' }
    return await this.#parts.network.openEndpoints(session)
  }

  closeEndpoints(sessionId: string): Promise<void> {
    return this.#parts.network.closeEndpoints(sessionId, this.networkPid)
  }

  stop(graceMs: number): void {
    const { clock, sandbox } = this.#parts
    const killAtMs = clock.nowMs() + graceMs
    if (this.#isEnding || killAtMs >= this.#killAtMs) return
    this.thaw().catch(() => undefined) // What is not there cannot be thawed; what is frozen cannot end.
    if (this.#killAtMs === Number.POSITIVE_INFINITY && graceMs > 0) terminateCommand(sandbox)
    this.#killAtMs = killAtMs
    this.#cancelKill()
    if (graceMs <= 0) killSandbox(sandbox)
    else this.#cancelKill = clock.schedule(graceMs, () => killSandbox(sandbox))
  }

  freeze(): Promise<void> {
    return this.#parts.sleep.freeze()
  }

  thaw(): Promise<void> {
    return this.#parts.sleep.thaw()
  }

  reclaim(depth: ReclaimDepth, signal: AbortSignal): Promise<string | null> {
    return this.#parts.sleep.reclaim(depth, signal)
  }

  measureMemory(): Promise<MemoryState | null> {
    return this.#parts.sleep.measureMemory()
  }

  /** The shim has noted an exit code, after everything of the pod was gone. */
  noteExit(exitCode: number): void {
    void this.#finish(exitCode)
  }

  /** Looks whether the pod still lives, because a shim that was killed notes nothing. */
  checkAlive(): void {
    const { sandbox, folder, readExitCode } = this.#parts
    if (this.#isEnding || isSandboxAlive(sandbox)) return
    const isBeingNoted = readExitCode() === null && findShims(folder).length > 0
    if (!isBeingNoted) void this.#finish(readExitCode())
  }

  /** Stops looking after the pod, which goes on. */
  letGo(): void {
    this.#cancelKill()
  }

  async #finish(exitCode: number | null): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#cancelKill()
    await this.#parts.network.remove().catch(() => undefined) // The sweep tries again, and says why not.
    await this.#parts.sweep()
    this.#resolveEnded(endOf(this.#parts.folder, exitCode))
  }
}

/** How a pod ended, by what its shim has noted. */
export function endOf(podFolder: string, exitCode: number | null): PodEnd {
  // A command that survived the loss of one of its processes did not die of it.
  return { exitCode, outOfMemory: exitCode !== 0 && existsSync(join(podFolder, 'oom')) }
}
