/** Writes down what must never have happened: each violation once, with its evidence, and no flood of them. */
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Violation } from './evidence.ts'

/** What was written already is written again after so long, if it is still found. */
const AGAIN_AFTER_MS = 3_600_000
/** How many of those that were written are remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 1_000
const LINES_PER_MINUTE = 20
const MINUTE_MS = 60_000

export class ViolationLog {
  readonly #log: Pick<Log, 'error'>
  readonly #clock: Pick<Clock, 'nowMs'>
  /** When each was written, oldest first. */
  readonly #writtenAtMs = new Map<string, number>()
  #minute = { fromMs: -Infinity, lines: 0 }
  #unwritten = 0

  constructor(log: Pick<Log, 'error'>, clock: Pick<Clock, 'nowMs'>) {
    this.#log = log
    this.#clock = clock
  }

  found({ invariant, what, objects, evidence }: Violation): void {
    const nowMs = this.#clock.nowMs()
    const key = [invariant, what, ...objects].join('\n')
    const writtenAtMs = this.#writtenAtMs.get(key)
    if (writtenAtMs !== undefined && nowMs - writtenAtMs < AGAIN_AFTER_MS) return
    if (!this.#mayWrite(nowMs)) {
      this.#unwritten += 1
      return
    }
    this.#remember(key, nowMs)
    const unwritten = this.#unwritten
    this.#unwritten = 0
    this.#log.error(
      { invariant, what, objects, evidence, ...(unwritten > 0 && { unwritten }) },
      'what must never happen did: please report this line',
    )
  }

  #mayWrite(nowMs: number): boolean {
    if (Math.abs(nowMs - this.#minute.fromMs) >= MINUTE_MS) this.#minute = { fromMs: nowMs, lines: 0 }
    this.#minute.lines += 1
    return this.#minute.lines <= LINES_PER_MINUTE
  }

  #remember(key: string, nowMs: number): void {
    this.#writtenAtMs.delete(key)
    this.#writtenAtMs.set(key, nowMs)
    if (this.#writtenAtMs.size <= REMEMBERED_MAX) return
    for (const oldest of this.#writtenAtMs.keys()) {
      this.#writtenAtMs.delete(oldest)
      return
    }
  }
}
