/**
 * Clients that open sessions at a steady rate, whatever becomes of those before: each under an idempotency key, asked
 * again under the same key until there is an answer, held for a while, and closed again in the same way.
 */
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import { close, open } from '../steps.ts'

export type LoadOptions = {
  readonly application: string
  readonly perSecond: number
  readonly heldMs: number
  readonly openTimeoutMs: number
}

/** What a client was told, and has to be able to rely on. */
export type Answer = {
  readonly key: string
  readonly sessionId: string
  /** Why the answer was a closed session; null: it was open. */
  readonly closeReason: string | null
  /** Whether the client has asked to close it, and whether it has heard that it closes. */
  close: 'notAsked' | 'asked' | 'answered'
}

/** The label that tells sessions of one key. */
export const KEY_LABEL = 'key'

/** Before a call is made again: twice as long each time. */
const RETRY_MS = 50
const RETRY_MS_MAX = 1_000
const TICK_MS = 10
/** There are only so many clients: who has no answer asks for nothing else. */
const UNANSWERED_MAX = 1_000
/** Sessions that the end of the load leaves open, so that there is something to look at. */
const LEFT_OPEN_MAX = 30

export class ClientLoad {
  readonly answers: Answer[] = []
  /** Calls that failed and were made again. */
  retried = 0
  readonly #cluster: Cluster
  readonly #options: LoadOptions
  readonly #underway = new Set<Promise<void>>()
  readonly #stopped = new AbortController()
  readonly #givenUp = new AbortController()
  #asked = 0
  #leftOpen = 0

  constructor(cluster: Cluster, options: LoadOptions) {
    this.#cluster = cluster
    this.#options = options
    for (const { signal } of [this.#stopped, this.#givenUp]) setMaxListeners(0, signal) // Every client listens.
  }

  get asked(): number {
    return this.#asked
  }

  /** How many calls have no answer yet. */
  get unanswered(): number {
    return this.#asked - this.answers.length
  }

  /** Opens one session that is closed by nobody. */
  async keepOne(): Promise<Answer> {
    this.#asked += 1
    return await this.#open(randomUUID())
  }

  start(): void {
    void this.#pace()
  }

  /** Asks for nothing new, and leaves some sessions open. Settles when every call has its answer. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    while (this.#underway.size > 0) await Promise.all(this.#underway)
  }

  /** Gives up, where answers will never come. */
  giveUp(): void {
    this.#stopped.abort()
    this.#givenUp.abort()
  }

  async #pace(): Promise<void> {
    const startMs = performance.now()
    let passed = 0
    while (!this.#stopped.signal.aborted) {
      const due = Math.floor(((performance.now() - startMs) / 1_000) * this.#options.perSecond)
      for (; passed < due; passed += 1) if (this.unanswered < UNANSWERED_MAX) this.#begin()
      await pause(TICK_MS, this.#stopped.signal)
    }
  }

  #begin(): void {
    this.#asked += 1
    const flow = this.#openAndClose()
      .catch(() => undefined) // Only after giving up.
      .finally(() => this.#underway.delete(flow))
    this.#underway.add(flow)
  }

  async #openAndClose(): Promise<void> {
    const answer = await this.#open(randomUUID())
    if (answer.closeReason !== null) return
    if (!this.#stopped.signal.aborted) await pause(this.#options.heldMs, this.#stopped.signal)
    if (this.#stopped.signal.aborted && this.#leftOpen < LEFT_OPEN_MAX) return void (this.#leftOpen += 1)
    answer.close = 'asked'
    await this.#untilAnswered(() => close(this.#cluster, answer.sessionId))
    answer.close = 'answered'
  }

  async #open(key: string): Promise<Answer> {
    const { application, openTimeoutMs } = this.#options
    const labels = [{ name: KEY_LABEL, value: key }]
    const input = { idempotencyKey: key, openTimeoutMs, labels }
    const session = await this.#untilAnswered(async () => {
      const opened = await open(this.#cluster, application, input)
      if (opened.session === null) throw new Error(opened.problem?.message)
      return opened.session
    })
    const closeReason = session.phase === 'CLOSED' ? (session.closeReason ?? '') : null
    const answer: Answer = { key, sessionId: session.id, closeReason, close: 'notAsked' }
    this.answers.push(answer)
    return answer
  }

  async #untilAnswered<T>(call: () => Promise<T>): Promise<T> {
    for (let retryMs = RETRY_MS; ; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
      try {
        return await call()
      } catch (cause) {
        if (this.#givenUp.signal.aborted) throw new Error('no answer came', { cause })
        this.retried += 1
        await pause(retryMs, this.#givenUp.signal)
      }
    }
  }
}

/** Shorter when the signal aborts. */
function pause(lastsMs: number, signal: AbortSignal): Promise<void> {
  return after(lastsMs, undefined, { signal }).catch(() => undefined)
}
