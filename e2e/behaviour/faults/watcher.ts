/** Looks at a cluster again and again while a fault lasts, and keeps the worst that it has seen. */
import { setTimeout as after } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import { application, nodes } from '../steps.ts'
import { realPodsOf } from './real-pods.ts'

const LOOK_EVERY_MS = 100

export class Watcher {
  /** The most pods that the API has shown at one moment, those on their way out included. */
  podsMost = 0
  /** The most pods that really ran on all nodes at one moment. */
  realPodsMost = 0
  /** Nodes that were lost at some moment. */
  readonly lostNodes = new Set<string>()
  readonly #cluster: Cluster
  readonly #application: string
  readonly #stopped = new AbortController()
  #done: Promise<unknown> = Promise.resolve()

  constructor(cluster: Cluster, name: string) {
    this.#cluster = cluster
    this.#application = name
  }

  start(): void {
    // The API may hang for as long as a fault lasts; what really runs is looked at all the same.
    this.#done = Promise.all([this.#again(() => this.#lookAtApi()), this.#again(() => this.#lookAtProcesses())])
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#done
  }

  async #again(look: () => Promise<void> | void): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      await look()
      await after(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async #lookAtApi(): Promise<void> {
    try {
      const { pool } = await application(this.#cluster, this.#application)
      this.podsMost = Math.max(this.podsMost, pool.total)
      for (const { name, phase } of await nodes(this.#cluster)) if (phase === 'LOST') this.lostNodes.add(name)
    } catch {
      // The core is away: there is nothing to see.
    }
  }

  #lookAtProcesses(): void {
    const counts = this.#cluster.nodeNames.map((name) => realPodsOf(this.#cluster.folderOf(name)).size)
    this.realPodsMost = Math.max(
      this.realPodsMost,
      counts.reduce((sum, count) => sum + count, 0),
    )
  }
}
