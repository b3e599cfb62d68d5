/**
 * Pods that have ended, kept until a core has surely heard of it: it was told
 * over a connection that lasted a good while longer. Bounded; the oldest go first.
 */
import type { Pod } from '@fornax/node-model/pod-state'

/** A connection that lived on for so long after a report has delivered it. */
export const DELIVERED_AFTER_MS = 30_000

const KEPT_MAX = 1_000

export class EndedPods {
  readonly #pods = new Map<string, { readonly pod: Pod; readonly endedAtMs: number }>()
  readonly #forget: (podId: string) => void

  constructor(forget: (podId: string) => void) {
    this.#forget = forget
  }

  add(pod: Pod, nowMs: number): void {
    this.#pods.delete(pod.podId)
    this.#pods.set(pod.podId, { pod, endedAtMs: nowMs })
    const [oldest] = this.#pods.keys()
    if (this.#pods.size > KEPT_MAX && oldest !== undefined) this.#drop(oldest)
  }

  get(podId: string): Pod | null {
    return this.#pods.get(podId)?.pod ?? null
  }

  list(): readonly Pod[] {
    return Array.from(this.#pods.values(), ({ pod }) => pod)
  }

  /** Forgets what was told long enough ago over a connection that stands since `connectedSinceMs`. */
  forgetDelivered(connectedSinceMs: number, nowMs: number): void {
    const deliveredBeforeMs = nowMs - DELIVERED_AFTER_MS
    if (connectedSinceMs > deliveredBeforeMs) return
    for (const [podId, { endedAtMs }] of this.#pods) {
      if (endedAtMs > deliveredBeforeMs) return // The order of insertion is that of their ends.
      this.#drop(podId)
    }
  }

  forgetAll(): void {
    for (const podId of this.#pods.keys()) this.#drop(podId)
  }

  #drop(podId: string): void {
    this.#pods.delete(podId)
    this.#forget(podId)
  }
}
