/**
 * A pod of the process runtime: a shim that leads a session and a process group,
 * and the pod's command in it. Signals go to the group.
 */
import type { Cancel, Clock } from '@fornax/kernel/clock'
import type { ApplicationVersion, Endpoint } from '@fornax/node-model/application-version'
import type {
  MemoryState,
  OpenEndpointsResult,
  PodEnd,
  PodOrder,
  ProbeAddress,
  RuntimePod,
  SessionPorts,
} from '../runtime.ts'
import { SignalSleep } from '../signal-sleep.ts'
import { processTree, readProcess } from './process-table.ts'

/** Who a shim is. A pid alone may come to name somebody else. */
export type ShimIdentity = { readonly pid: number; readonly startTicks: number; readonly bootId: string }

export type ProcessPodWorld = {
  readonly clock: Clock
  readonly host: string
  /** What the shim has noted so far. */
  readonly readExitCode: () => number | null
}

const KILLED_EXIT_CODE = 137
const GONE_CHECK_MS = 5
const GONE_CHECKS_MAX = 1_000
const CHECKS_BEFORE_LOOK = 2

export class ProcessPod implements RuntimePod {
  readonly podId: string
  readonly handle: string
  readonly ended: Promise<PodEnd>
  readonly shim: ShimIdentity
  readonly #sleep: SignalSleep
  readonly #clock: Clock
  readonly #host: string
  readonly #version: ApplicationVersion
  readonly #hostPorts: readonly number[]
  readonly #resolveEnded: (end: PodEnd) => void
  readonly #readExitCode: () => number | null
  #isEnding = false
  #killAtMs = Number.POSITIVE_INFINITY
  #cancelKill: Cancel = () => undefined

  constructor(order: PodOrder, shim: ShimIdentity, world: ProcessPodWorld) {
    const { promise, resolve } = Promise.withResolvers<PodEnd>()
    this.podId = order.podId
    this.handle = JSON.stringify(shim)
    this.shim = shim
    this.ended = promise
    this.#resolveEnded = resolve
    this.#sleep = new SignalSleep({
      signal: (name) => signalPod(shim, name),
      residentBytes: () => processTree(shim.pid).reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    })
    this.#clock = world.clock
    this.#host = world.host
    this.#readExitCode = world.readExitCode
    this.#version = order.version
    this.#hostPorts = order.hostPorts
  }

  probeAddress(portName: string): ProbeAddress | null {
    const index = this.#version.ports.findIndex((port) => port.name === portName)
    const port = this.#hostPorts[index]
    return port === undefined ? null : { host: this.#host, port }
  }

  /** Versions that want it are refused. */
  execute(): Promise<boolean> {
    return Promise.resolve(false)
  }

  openEndpoints(_session: SessionPorts): Promise<OpenEndpointsResult> {
    const endpoints: Endpoint[] = []
    for (const [index, { name, protocol }] of this.#version.ports.entries()) {
      const port = this.#hostPorts[index]
      if (port === undefined) return Promise.resolve({ kind: 'failed', reason: `the pod has no port for ${name}` })
      endpoints.push({ name, protocol, host: this.#host, port })
    }
    return Promise.resolve({ kind: 'opened', endpoints })
  }

  /** The endpoints are the pod's own ports: they last as long as it does. */
  closeEndpoints(): Promise<void> {
    return Promise.resolve()
  }

  stop(graceMs: number): void {
    const killAtMs = this.#clock.nowMs() + graceMs
    if (this.#isEnding || killAtMs >= this.#killAtMs) return
    this.#signal('SIGCONT') // What is stopped hears nothing.
    if (this.#killAtMs === Number.POSITIVE_INFINITY && graceMs > 0) this.#signal('SIGTERM')
    this.#killAtMs = killAtMs
    this.#cancelKill()
    if (graceMs <= 0) this.#kill()
    else this.#cancelKill = this.#clock.schedule(graceMs, () => this.#kill())
  }

  freeze(): Promise<void> {
    return this.#sleep.freeze()
  }

  thaw(): Promise<void> {
    return this.#sleep.thaw()
  }

  reclaim(): Promise<string | null> {
    return this.#sleep.reclaim()
  }

  measureMemory(): Promise<MemoryState | null> {
    return this.#sleep.measureMemory()
  }

  /** The shim has noted an exit code. */
  noteExit(exitCode: number): void {
    void this.#finish(exitCode)
  }

  /** Looks whether the shim still lives, because one that was killed notes nothing. */
  checkAlive(): void {
    if (!this.#isEnding && !isAlive(this.shim)) void this.#finish(this.#readExitCode())
  }

  /** Stops looking after the pod, which goes on. */
  letGo(): void {
    this.#cancelKill()
  }

  #kill(): void {
    this.#signal('SIGKILL')
    void this.#finish(KILLED_EXIT_CODE)
  }

  /** Nothing of the pod may outlive its end: what is left of its group is killed first. */
  async #finish(exitCode: number | null): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#cancelKill()
    const members = processTree(this.shim.pid)
    for (let check = 0; check < GONE_CHECKS_MAX && signalPod(this.shim, 'SIGKILL'); check += 1) {
      // A group of zombies that nobody collects still takes signals.
      if (check >= CHECKS_BEFORE_LOOK && !members.some(isAlive)) break
      await new Promise<void>((resolve) => this.#clock.schedule(GONE_CHECK_MS, resolve))
    }
    this.#resolveEnded({ exitCode, outOfMemory: false })
  }

  #signal(signal: NodeJS.Signals): void {
    signalPod(this.shim, signal)
  }
}

/** Whether it is still that process. */
export function isAlive(shim: Pick<ShimIdentity, 'pid' | 'startTicks'>): boolean {
  const entry = readProcess(shim.pid)
  return entry !== null && !entry.isZombie && entry.startTicks === shim.startTicks
}

/** Sends a signal to all of a pod. A number that came to name another process is no longer that of the pod's group. */
export function signalPod(shim: Pick<ShimIdentity, 'pid' | 'startTicks'>, signal: NodeJS.Signals): boolean {
  const entry = readProcess(shim.pid)
  const isSomebodyElse = entry !== null && entry.startTicks !== shim.startTicks
  return !isSomebodyElse && signalGroup(shim.pid, signal)
}

/** Sends a signal to all of a group; nobody being left is fine. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-groupId, signal)
  } catch {
    return false
  }
}
