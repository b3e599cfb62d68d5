/**
 * How often somebody may try a password. Each failure takes a token of three buckets: of this user from this address,
 * of this address whoever it asks for, and of this user from wherever. An empty bucket means to wait, and nothing is
 * tried meanwhile. So a guesser gets a few tries a minute, and keeps nobody out who comes from somewhere else.
 */

type Bucket = { readonly size: number; readonly refillMs: number }

/** A working person mistypes a few times; a script does not stop. */
const USER_AT_ADDRESS: Bucket = { size: 5, refillMs: 30_000 }
const ADDRESS: Bucket = { size: 20, refillMs: 5_000 }
const USER: Bucket = { size: 60, refillMs: 5_000 }

/** So that a wait of a millisecond is not two, because of the way numbers are kept. */
const ROUNDING_MS = 1e-6

/** Who is forgotten first has waited longest; a full bucket is the same as none. */
const KEYS_MAX = 10_000

type Level = { failures: number; atMs: number }

export type LoginAttempt = { readonly tenant: string; readonly user: string; readonly address: string }

export class LoginThrottle {
  readonly #levels = new Map<string, Level>()

  /** How long to wait before the next try; 0 when it may be now. */
  waitMs(attempt: LoginAttempt, nowMs: number): number {
    return Math.max(...bucketsOf(attempt).map(([key, bucket]) => this.#wait(key, bucket, nowMs)))
  }

  /** Books a try before it is made, so that many at once are counted. `succeeded` gives it back. */
  book(attempt: LoginAttempt, nowMs: number): void {
    for (const [key, bucket] of bucketsOf(attempt)) {
      const failures = this.#failures(key, bucket, nowMs) + 1
      this.#levels.delete(key)
      this.#levels.set(key, { failures, atMs: nowMs })
    }
    for (const key of this.#levels.keys()) {
      if (this.#levels.size <= KEYS_MAX) break
      this.#levels.delete(key)
    }
  }

  /** Whoever knows the password is not a guesser. */
  succeeded(attempt: LoginAttempt, nowMs: number): void {
    for (const [key, bucket] of bucketsOf(attempt)) {
      const failures = key.startsWith('both') ? 0 : this.#failures(key, bucket, nowMs) - 1
      if (failures <= 0) this.#levels.delete(key)
      else this.#levels.set(key, { failures, atMs: nowMs })
    }
  }

  #failures(key: string, { refillMs }: Bucket, nowMs: number): number {
    const level = this.#levels.get(key)
    return level === undefined ? 0 : Math.max(0, level.failures - Math.max(0, nowMs - level.atMs) / refillMs)
  }

  #wait(key: string, bucket: Bucket, nowMs: number): number {
    const above = this.#failures(key, bucket, nowMs) - (bucket.size - 1)
    return above <= 0 ? 0 : Math.ceil(above * bucket.refillMs - ROUNDING_MS)
  }
}

function bucketsOf({ tenant, user, address }: LoginAttempt): readonly [key: string, bucket: Bucket][] {
  const who = JSON.stringify([tenant, user])
  return [
    [`both ${who} ${address}`, USER_AT_ADDRESS],
    [`address ${address}`, ADDRESS],
    [`user ${who}`, USER],
  ]
}
