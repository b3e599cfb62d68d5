/**
 * What is new in what a node and its pods use. Thousands of pods that do what they did before need not be told of every
 * two seconds: a pod is told of again when it uses noticeably more or less than was last told.
 */
import type { UsageReport } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import { NO_PRESSURE, type Pressure } from '../telemetry/pressure-rules.ts'
import type { NodeUsage, PodUsage, Usage } from '../telemetry/usage-meter.ts'

/** A difference is noticeable from a twentieth of what was told, and from these amounts. */
const NOTICEABLE_SHARE = 0.05
const NOTICEABLE_CPU_MILLIS = 5
const NOTICEABLE_MEMORY_BYTES = 1_024 * 1_024
const NOTICEABLE_BYTES_PER_SECOND = 4_096
/** What one report may say; the rest is said with the next one. */
const PODS_PER_REPORT_MAX = 5_000

export class UsageNews {
  #node: Usage | null = null
  /** As it was told last. */
  #pressure: Pressure = NO_PRESSURE
  readonly #pods = new Map<string, PodUsage>()

  /** Everything is new again. */
  forget(): void {
    this.#node = null
    this.#pressure = NO_PRESSURE // A core that has not heard of any knows of none.
    this.#pods.clear()
  }

  /** What to tell now, which then counts as told; null when there is nothing new. */
  of(node: Usage, pods: NodeUsage['pods'], pressure: Pressure = NO_PRESSURE): UsageReport | null {
    const isNodeNews = this.#node === null || isNoticeable(this.#node, node)
    const news: UsageReport['pods'] = []
    for (const pod of pods) {
      const told = this.#pods.get(pod.podId)
      if (told !== undefined && !isNoticeable(told, pod) && !isPodNews(told, pod)) continue
      if (news.length >= PODS_PER_REPORT_MAX) break
      this.#pods.set(pod.podId, pod)
      news.push({ ...pod })
    }
    if (this.#pods.size > pods.length) this.#forgetOthers(pods)
    // As long as it is short of anything it says so each time: idle pods go with each word.
    const isPressureNews = isShort(pressure) || isShort(this.#pressure)
    this.#pressure = pressure
    if (!isNodeNews && news.length === 0 && !isPressureNews) return null
    this.#node = node
    return isPressureNews ? { ...node, pods: news, pressure } : { ...node, pods: news }
  }

  #forgetOthers(pods: NodeUsage['pods']): void {
    const here = new Set(pods.map(({ podId }) => podId))
    for (const podId of this.#pods.keys()) if (!here.has(podId)) this.#pods.delete(podId)
  }
}

function isShort({ memory, disk, pids }: Pressure): boolean {
  return memory || disk || pids
}

function isNoticeable(told: Usage, now: Usage): boolean {
  return (
    differ(told.cpuMillis, now.cpuMillis, NOTICEABLE_CPU_MILLIS) ||
    differ(told.memoryBytes, now.memoryBytes, NOTICEABLE_MEMORY_BYTES)
  )
}

function isPodNews(told: PodUsage, now: PodUsage): boolean {
  return (
    differ(told.swappedBytes, now.swappedBytes, NOTICEABLE_MEMORY_BYTES) ||
    differ(told.receivedBytesPerSecond, now.receivedBytesPerSecond, NOTICEABLE_BYTES_PER_SECOND) ||
    differ(told.sentBytesPerSecond, now.sentBytesPerSecond, NOTICEABLE_BYTES_PER_SECOND)
  )
}

function differ(told: number, now: number, least: number): boolean {
  return Math.abs(now - told) >= Math.max(least, told * NOTICEABLE_SHARE)
}
