/**
 * Looks at all processes of the machine for many pods at once: a look costs
 * milliseconds, and when a node stops, every pod asks in the same moment.
 */
import type { Clock } from '@fornax/kernel/clock'
import { listProcesses, processesByVariable, type ProcessEntry } from './process-table.ts'

const GROUPS_KEPT_MS = 20

export class ProcessScan {
  readonly #clock: Clock
  #groups: { readonly living: ReadonlySet<number>; readonly atMs: number } | null = null
  #pods: { readonly byId: ReadonlyMap<string, readonly ProcessEntry[]>; readonly atMs: number } | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether a group has a process that is no zombie, or had one a moment ago. */
  hasLiving(groupId: number): boolean {
    const nowMs = this.#clock.nowMs()
    if (this.#groups === null || nowMs - this.#groups.atMs > GROUPS_KEPT_MS) {
      const living = listProcesses().filter((entry) => !entry.isZombie)
      this.#groups = { living: new Set(living.map((entry) => entry.groupId)), atMs: nowMs }
    }
    return this.#groups.living.has(groupId)
  }

  /** Processes with the mark of a pod that live, as of `notBeforeMs` or later. */
  livingOf(podId: string, notBeforeMs: number): readonly ProcessEntry[] {
    if (this.#pods === null || this.#pods.atMs <= notBeforeMs)
      this.#pods = { byId: processesByVariable('FORNAX_POD_ID'), atMs: this.#clock.nowMs() }
    return (this.#pods.byId.get(podId) ?? []).filter((entry) => !entry.isZombie)
  }
}
