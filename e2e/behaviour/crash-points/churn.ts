/**
 * Clients that open sessions and close them again, one after the other, whatever becomes of the node: each asks under
 * an idempotency key until it is answered. And pods that end by themselves.
 */
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import type { OpenSessionInput } from '@fornax/client/generated/documents'
import type { Cluster } from '../cluster.ts'
import { realPodsOf } from '../faults/real-pods.ts'
import { close, open, session } from '../steps.ts'

/** What a client was told, and has to be able to rely on. */
type Answer = {
  readonly sessionId: string
  /** Why the answer was a closed session; null: it was open. */
  readonly closeReason: string | null
  isCloseAnswered: boolean
}

export type ChurnClient = { readonly application: string; readonly input: Partial<OpenSessionInput> }

const HELD_MS = 30
const PAUSE_MS = 120
const RETRY_MS = 40
/** An agent that dies and comes back must not cost a session its deadline. */
const OPEN_TIMEOUT_MS = 60_000
const OLD_AFTER_MS = 12_000

export class Churn {
  readonly #cluster: Cluster
  readonly #answers: Answer[] = []
  readonly #endedPods = new Set<string>()
  readonly #stopped = new AbortController()
  readonly #givenUp = new AbortController()
  #done: Promise<unknown> = Promise.resolve()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  start(clients: readonly ChurnClient[]): void {
    this.#done = Promise.all(clients.map((client) => this.#again(client)))
  }

  /** Asks for nothing new. Settles when every call has its answer, and every session that was opened is closed. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#done
  }

  /** Gives up, where answers will never come. */
  giveUp(): void {
    this.#stopped.abort()
    this.#givenUp.abort()
  }

  /**
   * Some pod's command ends, as if by itself: one that is none of these, and that has run for a while. The end of a
   * young one speaks against its application, and the pool would wait before it makes another.
   */
  endOldPod(node: string, but: ReadonlySet<string>): void {
    const folder = this.#cluster.folderOf(node)
    const podId = realPodsOf(folder)
      .keys()
      .find((id) => !but.has(id) && !this.#endedPods.has(id) && isOld(folder, id))
    if (podId !== undefined) this.endPod(node, podId)
  }

  endPod(node: string, podId: string): void {
    this.#endedPods.add(podId)
    for (const pid of realPodsOf(this.#cluster.folderOf(node)).get(podId) ?? []) endProcess(pid)
  }

  /** The answers that do not hold. `honest`: reasons that are true to what was done to the node. */
  async broken(honest: readonly string[]): Promise<readonly string[]> {
    const verdicts = this.#answers.map(async (answer) => {
      const { phase, closeReason, podId } = await session(this.#cluster, answer.sessionId)
      if (phase !== 'CLOSED' || closeReason === null) return [`${answer.sessionId} is ${phase}: it should be closed`]
      if (answer.closeReason !== null && answer.closeReason !== closeReason)
        return [`${answer.sessionId} closed with ${closeReason}, though its client was told ${answer.closeReason}`]
      if (answer.isCloseAnswered && closeReason === 'REQUESTED') return []
      if (closeReason === 'POD_LOST' && this.#endedPods.has(podId ?? '')) return []
      return honest.includes(closeReason) ? [] : [`${answer.sessionId} closed with ${closeReason}`]
    })
    return (await Promise.all(verdicts)).flat()
  }

  /** How many sessions clients were told of. */
  get answered(): number {
    return this.#answers.length
  }

  async #again(client: ChurnClient): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#openAndClose(client).catch(() => undefined) // Only after giving up.
      await pause(PAUSE_MS, this.#stopped.signal)
    }
  }

  async #openAndClose({ application, input }: ChurnClient): Promise<void> {
    const asked = { openTimeoutMs: OPEN_TIMEOUT_MS, ...input, idempotencyKey: randomUUID() }
    const one = await this.#untilAnswered(async () => {
      const { session: opened, problem } = await open(this.#cluster, application, asked)
      if (opened === null) throw new Error(problem?.message)
      return opened
    })
    const closeReason = one.phase === 'CLOSED' ? (one.closeReason ?? '') : null
    const answer: Answer = { sessionId: one.id, closeReason, isCloseAnswered: false }
    this.#answers.push(answer)
    if (closeReason !== null) return
    await pause(HELD_MS, this.#givenUp.signal)
    await this.#untilAnswered(() => close(this.#cluster, one.id))
    answer.isCloseAnswered = true
  }

  async #untilAnswered<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call()
      } catch (cause) {
        if (this.#givenUp.signal.aborted) throw new Error('no answer came', { cause })
        await pause(RETRY_MS, this.#givenUp.signal)
      }
    }
  }
}

function isOld(folder: string, podId: string): boolean {
  const made = statSync(join(folder, 'agent/pods/process', podId), { throwIfNoEntry: false })
  return made !== undefined && Date.now() - made.birthtimeMs > OLD_AFTER_MS
}

/** SIGTERM ends the command; its shim lives on to note how. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // It has just ended.
  }
}

/** Shorter when the signal aborts. */
function pause(lastsMs: number, signal: AbortSignal): Promise<void> {
  return after(lastsMs, undefined, { signal }).catch(() => undefined)
}
