/**
 * Runs nothing, and takes as long for it as it is told: for thousands of nodes
 * in one process. What it "runs" lives in a `SimulatedMachine`, which outlives
 * the runtime as a real machine outlives its agent.
 */
import type { Clock } from '@fornax/kernel/clock'
import type { ApplicationVersion, Endpoint } from '@fornax/node-model/application-version'
import type {
  AdoptPodResult,
  CreatePodResult,
  MemoryState,
  OpenEndpointsResult,
  PodEnd,
  PodOrder,
  ProbeAddress,
  ReclaimDepth,
  ResourceUse,
  Runtime,
  RuntimePod,
} from '../runtime.ts'

export type SimulatedDelays = {
  readonly createMs: number
  readonly openMs: number
  readonly closeMs: number
  readonly stopMs: number
  /** To push memory out, and to wake. */
  readonly sleepMs: number
  readonly wakeMs: number
  /** How many pods the node creates or stops at the same time. */
  readonly atOnceMax: number
}

export type SimulatedFaults = {
  /** Why this pod cannot be created; null: it can. */
  createFailure(order: PodOrder): string | null
  /** Why this session cannot be opened; null: it can. */
  openFailure(podId: string, sessionId: string): string | null
  /** Why this pod cannot be frozen; null: it can. */
  sleepFailure(podId: string): string | null
  /** Why this pod cannot be woken; null: it can. */
  wakeFailure(podId: string): string | null
}

export const NO_DELAYS: SimulatedDelays = {
  createMs: 0,
  openMs: 0,
  closeMs: 0,
  stopMs: 0,
  sleepMs: 0,
  wakeMs: 0,
  atOnceMax: Number.POSITIVE_INFINITY,
}

export const NO_FAULTS: SimulatedFaults = {
  createFailure: () => null,
  openFailure: () => null,
  sleepFailure: () => null,
  wakeFailure: () => null,
}

/** Of its memory, what a pod keeps that sleeps. */
const KEPT: Readonly<Record<ReclaimDepth, number>> = { light: 0.5, deep: 0.05 }

/** A machine that is not there. Tests end its pods, or change its delays and faults as they go. */
export class SimulatedMachine {
  readonly clock: Clock
  readonly pods = new Map<string, SimulatedPod>()
  delays: SimulatedDelays
  faults: SimulatedFaults
  #busy = 0
  readonly #waiting: (() => void)[] = []

  constructor(clock: Clock, delays: SimulatedDelays = NO_DELAYS, faults: SimulatedFaults = NO_FAULTS) {
    this.clock = clock
    this.delays = delays
    this.faults = faults
  }

  /** A pod's command ends by itself. */
  endPod(podId: string, end: PodEnd = { exitCode: 1, outOfMemory: false }): void {
    this.pods.get(podId)?.end(end)
  }

  /** Settles after the delay, counted from when the machine has a hand free. */
  async work(delayMs: number): Promise<void> {
    if (this.#busy >= this.delays.atOnceMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#busy += 1
    await this.pause(delayMs)
    this.#busy -= 1
    this.#waiting.shift()?.()
  }

  /** Settles after the delay; 0 takes no time at all. */
  async pause(delayMs: number): Promise<void> {
    if (delayMs > 0) await new Promise<void>((resolve) => this.clock.schedule(delayMs, resolve))
  }
}

/** Opens the runtime over a machine. */
export function createSimulatedRuntime(machine: SimulatedMachine): Runtime {
  return {
    name: 'simulated',
    isolation: 'simulated',
    hasProcesses: false,
    hasSessionService: false,
    logFormat: 'plain',
    images: 'any',
    isOnRequest: false,
    portsBelongTo: 'pod',
    podOwner: null,
    isPortFree: () => Promise.resolve(true),
    createPod: (order) => createPod(machine, order),
    adoptPod: ({ podId }) => Promise.resolve(adopt(machine, podId)),
    listPodIds: () => Promise.resolve([...machine.pods.keys()]),
    destroyPod: async (podId) => {
      machine.pods.get(podId)?.end({ exitCode: 137, outOfMemory: false })
      machine.pods.delete(podId)
    },
    readUsage: () => Promise.resolve(machine.pods),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function createPod(machine: SimulatedMachine, order: PodOrder): Promise<CreatePodResult> {
  if (order.version.image === '') return { kind: 'failed', reason: 'there is no image' }
  const isAtOnce = machine.delays.createMs === 0 && machine.delays.atOnceMax === Number.POSITIVE_INFINITY
  if (!isAtOnce) await machine.work(machine.delays.createMs)
  const reason = machine.faults.createFailure(order)
  if (reason !== null) return { kind: 'failed', reason }
  const pod = new SimulatedPod(machine, order)
  machine.pods.set(order.podId, pod)
  return { kind: 'created', pod }
}

function adopt(machine: SimulatedMachine, podId: string): AdoptPodResult {
  const pod = machine.pods.get(podId)
  if (pod === undefined) return { kind: 'unknown' }
  return pod.lastEnd === null ? { kind: 'running', pod } : { kind: 'ended', end: pod.lastEnd }
}

class SimulatedPod implements RuntimePod, ResourceUse {
  readonly podId: string
  readonly handle = ''
  readonly cpuMs = 0
  readonly ended: Promise<PodEnd>
  lastEnd: PodEnd | null = null
  readonly #machine: SimulatedMachine
  readonly #version: ApplicationVersion
  readonly #hostPorts: readonly number[]
  readonly #resolveEnded: (end: PodEnd) => void
  #isStopping = false
  #isFrozen = false
  #keptShare = 1
  #whenThawed: (() => void)[] = []

  constructor(machine: SimulatedMachine, { podId, version, hostPorts }: PodOrder) {
    const { promise, resolve } = Promise.withResolvers<PodEnd>()
    this.podId = podId
    this.ended = promise
    this.#resolveEnded = resolve
    this.#machine = machine
    this.#version = version
    this.#hostPorts = hostPorts
  }

  probeAddress(portName: string): ProbeAddress | null {
    const port = this.#hostPorts[this.#version.ports.findIndex((candidate) => candidate.name === portName)]
    return port === undefined ? null : { host: '127.0.0.1', port }
  }

  execute(): Promise<boolean> {
    return Promise.resolve(true)
  }

  async openEndpoints({ sessionId }: { readonly sessionId: string }): Promise<OpenEndpointsResult> {
    await this.#machine.pause(this.#machine.delays.openMs)
    const reason = this.#machine.faults.openFailure(this.podId, sessionId)
    if (reason !== null) return { kind: 'failed', reason }
    const endpoints = this.#version.ports.map(({ name, protocol }, index): Endpoint => ({
      name,
      protocol,
      host: '127.0.0.1',
      port: this.#hostPorts[index] ?? 0,
    }))
    return { kind: 'opened', endpoints }
  }

  closeEndpoints(): Promise<void> {
    return this.#machine.pause(this.#machine.delays.closeMs)
  }

  async freeze(): Promise<void> {
    const reason = this.#machine.faults.sleepFailure(this.podId)
    if (reason !== null) throw new Error(reason)
    this.#isFrozen = true
    await Promise.resolve()
  }

  async thaw(): Promise<void> {
    if (!this.#isFrozen) return
    await this.#machine.pause(this.#machine.delays.wakeMs)
    const reason = this.#machine.faults.wakeFailure(this.podId)
    if (reason !== null) throw new Error(reason)
    this.#goOn()
  }

  async reclaim(depth: ReclaimDepth, signal: AbortSignal): Promise<string | null> {
    await this.#machine.pause(this.#machine.delays.sleepMs)
    if (!signal.aborted && this.#isFrozen) this.#keptShare = KEPT[depth]
    return null
  }

  measureMemory(): Promise<MemoryState> {
    const swappedBytes = Math.round((this.#version.memoryBytes / 4) * (1 - this.#keptShare))
    return Promise.resolve({ residentBytes: Math.round(this.memoryBytes), swappedBytes })
  }

  get isFrozen(): boolean {
    return this.#isFrozen
  }

  /** Runs what a frozen pod cannot do now as soon as it can. */
  whenThawed(act: () => void): void {
    this.#whenThawed.push(act)
  }

  #goOn(): void {
    this.#isFrozen = false
    this.#keptShare = 1
    for (const act of this.#whenThawed.splice(0)) act()
  }

  stop(graceMs: number): void {
    this.#goOn()
    if (graceMs <= 0) this.end({ exitCode: 137, outOfMemory: false })
    else if (!this.#isStopping) void this.#stopNicely()
    this.#isStopping = true
  }

  async #stopNicely(): Promise<void> {
    await this.#machine.work(this.#machine.delays.stopMs)
    this.end({ exitCode: 0, outOfMemory: false })
  }

  end(end: PodEnd): void {
    this.lastEnd ??= end
    this.#resolveEnded(this.lastEnd)
  }

  /** A quarter of what it asked for, so that charts have something to show. */
  get memoryBytes(): number {
    return this.lastEnd === null ? (this.#version.memoryBytes / 4) * this.#keptShare : 0
  }
}
