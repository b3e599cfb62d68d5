/** What the node and its pods use, as rates between two measurements. */
import { readFileSync } from 'node:fs'
import type { Clock } from '@fornax/kernel/clock'
import type { ResourceUse, Runtime } from '../runtime/runtime.ts'

export type Usage = { readonly cpuMillis: number; readonly memoryBytes: number }

/** Of its own network, where it has one: otherwise 0. */
export type PodUsage = Usage & {
  readonly swappedBytes: number
  readonly receivedBytesPerSecond: number
  readonly sentBytesPerSecond: number
}

export type NodeUsage = {
  readonly node: Usage
  readonly pods: readonly ({ readonly podId: string } & PodUsage)[]
}

/** What a machine has used: CPU time since it began, and memory now. */
export type MachineGauge = () => ResourceUse

export class UsageMeter {
  readonly #runtimes: readonly Pick<Runtime, 'readUsage'>[]
  readonly #clock: Clock
  readonly #machine: MachineGauge | null
  /** What only grows, as last measured. */
  readonly #before = new Map<string, Counted>()
  #machineBeforeMs = 0
  #atMs: number

  /** Without a gauge the node uses what its pods use. */
  constructor(runtimes: readonly Pick<Runtime, 'readUsage'>[], clock: Clock, machine: MachineGauge | null) {
    this.#runtimes = runtimes
    this.#clock = clock
    this.#machine = machine
    this.#atMs = clock.nowMs()
    this.#machineBeforeMs = machine?.().cpuMs ?? 0
  }

  async measure(): Promise<NodeUsage> {
    const uses = await Promise.all(this.#runtimes.map((runtime) => runtime.readUsage()))
    const nowMs = this.#clock.nowMs()
    const elapsedMs = Math.max(1, nowMs - this.#atMs)
    const pods: NodeUsage['pods'][number][] = []
    for (const use of uses)
      for (const [podId, { cpuMs, memoryBytes, swappedBytes = 0, receivedBytes = 0, sentBytes = 0 }] of use) {
        const before = this.#before.get(podId) ?? { cpuMs, receivedBytes, sentBytes }
        if (!isSame(before, { cpuMs, receivedBytes, sentBytes }) || !this.#before.has(podId))
          this.#before.set(podId, { cpuMs, receivedBytes, sentBytes })
        pods.push({
          podId,
          cpuMillis: rate(cpuMs - before.cpuMs, elapsedMs),
          memoryBytes: Math.round(memoryBytes),
          swappedBytes,
          receivedBytesPerSecond: rate(receivedBytes - before.receivedBytes, elapsedMs),
          sentBytesPerSecond: rate(sentBytes - before.sentBytes, elapsedMs),
        })
      }
    if (this.#before.size > pods.length) this.#forgetOthers(pods)
    this.#atMs = nowMs
    return { node: this.#measureNode(pods, elapsedMs), pods }
  }

  #forgetOthers(pods: NodeUsage['pods']): void {
    const here = new Set(pods.map(({ podId }) => podId))
    for (const podId of this.#before.keys()) if (!here.has(podId)) this.#before.delete(podId)
  }

  #measureNode(pods: readonly Usage[], elapsedMs: number): Usage {
    if (this.#machine === null) {
      const sum = (of: (pod: Usage) => number): number => pods.reduce((total, pod) => total + of(pod), 0)
      return { cpuMillis: sum((pod) => pod.cpuMillis), memoryBytes: sum((pod) => pod.memoryBytes) }
    }
    const { cpuMs, memoryBytes } = this.#machine()
    const cpuMillis = rate(cpuMs - this.#machineBeforeMs, elapsedMs)
    this.#machineBeforeMs = cpuMs
    return { cpuMillis, memoryBytes }
  }
}

type Counted = { readonly cpuMs: number; readonly receivedBytes: number; readonly sentBytes: number }

function isSame(one: Counted, other: Counted): boolean {
  return one.cpuMs === other.cpuMs && one.receivedBytes === other.receivedBytes && one.sentBytes === other.sentBytes
}

/**
 * What was used in a second: of milliseconds of CPU, thousandths of a core; of bytes, bytes. A process that went takes
 * its time with it: never below 0.
 */
function rate(usedMs: number, elapsedMs: number): number {
  return Math.max(0, Math.round((usedMs * 1_000) / elapsedMs))
}

const MS_PER_TICK = 10

/** This machine, as /proc tells it. */
export function machineGauge(): ResourceUse {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .map(Number)
  const memory = readFileSync('/proc/meminfo', 'utf8')
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0)
  return {
    cpuMs: (user + nice + system + irq + softIrq) * MS_PER_TICK,
    memoryBytes: (kib('MemTotal') - kib('MemAvailable')) * 1_024,
  }
}
