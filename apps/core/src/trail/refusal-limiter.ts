/**
 * Keeps whoever is refused again and again from filling the trail: of each that does the same, so many are written each
 * minute, and of the others how many there were. What was done is never held back.
 */
import type { AuditFact } from './audit-record.ts'

/** After so long it is told how many were held back. */
export const REFUSAL_WINDOW_MS = 60_000
const WRITTEN_MAX = 50
/** Who was not seen for longest is forgotten first. */
const KEYS_MAX = 10_000

type Window = { endsAtMs: number; written: number; heldBack: number; last: AuditFact }

export class RefusalLimiter {
  readonly #windows = new Map<string, Window>()

  /** What to write now, in this order. */
  pass(fact: AuditFact, nowMs: number): readonly AuditFact[] {
    if (fact.outcome !== 'refused') return [fact]
    const key = keyOf(fact)
    const known = this.#windows.get(key)
    this.#windows.delete(key) // What is put in anew stands last.
    if (known === undefined || nowMs >= known.endsAtMs) {
      this.#windows.set(key, { endsAtMs: nowMs + REFUSAL_WINDOW_MS, written: 1, heldBack: 0, last: fact })
      const forgotten = this.#windows.size > KEYS_MAX ? this.#forgetOldest() : []
      return [...sumOf(known), ...forgotten, fact]
    }
    this.#windows.set(key, known)
    known.last = fact
    if (known.written < WRITTEN_MAX) {
      known.written += 1
      return [fact]
    }
    known.heldBack += 1
    return []
  }

  /** What was held back in windows that have ended; to be asked once each `REFUSAL_WINDOW_MS`. */
  ended(nowMs: number): readonly AuditFact[] {
    const ended = [...this.#windows].filter(([, { endsAtMs }]) => endsAtMs <= nowMs)
    for (const [key] of ended) this.#windows.delete(key)
    return ended.flatMap(([, window]) => sumOf(window))
  }

  /** What is still held back. */
  rest(): readonly AuditFact[] {
    const sums = [...this.#windows.values()].flatMap((window) => sumOf(window))
    this.#windows.clear()
    return sums
  }

  #forgetOldest(): readonly AuditFact[] {
    const [oldest] = this.#windows
    if (oldest === undefined) return []
    this.#windows.delete(oldest[0])
    return sumOf(oldest[1])
  }
}

function sumOf(window: Window | undefined): readonly AuditFact[] {
  if (window === undefined || window.heldBack === 0) return []
  return [{ ...window.last, requestId: null, before: null, after: { alsoRefused: window.heldBack } }]
}

/** The same source, not the same port of it. */
function keyOf({ tenantId, actor, source, action, problem }: AuditFact): string {
  const who = 'id' in actor ? actor.id : (source ?? '').replace(/:\d+$/, '')
  return JSON.stringify([tenantId, actor.kind, who, action, problem])
}
