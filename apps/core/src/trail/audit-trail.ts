/** Takes in what happens, and writes it as records, in groups. Rules T2, T3, T4 and T8 of SPEC.md. */
import { sleep, type Cancel, type Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { BEGINNING, chained, ChainCheck, sealText } from './audit-chain.ts'
import type { AuditFact, AuditRecord, AuditStore, ChainPoint, SealedPoint } from './audit-record.ts'

/** The core's own pen: its key, and what it keeps outside the database. */
export type AuditPen = {
  sign(text: string): string
  isSigned(text: string, signature: string): boolean
  /** The newest record that was written, as far as it was noted. */
  readonly head: ChainPoint | null
  /** Settles when it is on the disk; one at a time. */
  noteHead(head: ChainPoint): Promise<void>
}

export type AuditTrailOptions = {
  readonly store: AuditStore
  readonly pen: AuditPen
  readonly clock: Clock
  readonly log: Log
  /** How long records are kept; null: for ever. */
  readonly keptMs: number | null
}

/** What became of a verification. */
export type AuditVerdict = {
  readonly count: number
  readonly firstNumber: number | null
  readonly lastNumber: number | null
  readonly problem: string | null
}

type Waiting = AuditFact & { readonly atMs: number }

const GROUP_MAX = 500
const WAITING_MAX = 65_536
const GATHER_MS = 20
/** Records that a verification reads at once. */
const PAGE_MAX = 2_000
/** Retention may move the beginning under a verification, once an hour; who moves it more often is seen. */
const VERIFY_TRIES_MAX = 3
const HEAD_NOTED_MS = 1_000
const RETRY_MS = 1_000
const RETENTION_LOOK_MS = 60 * 60 * 1_000

export class AuditTrail implements AsyncDisposable {
  readonly #options: AuditTrailOptions
  #last: ChainPoint
  #waiting: Waiting[] = []
  #dropped = 0
  /** How many were ever taken in, and how many of them are written. */
  #taken = 0
  #written = 0
  /** How often the database refused a group. */
  #failures = 0
  #writing: Promise<void> | null = null
  /** Settles when the group that is written now is, or failed. */
  #group = Promise.withResolvers<void>()
  #isClosed = false
  #headNotedAtMs = Number.NEGATIVE_INFINITY
  /** Takes back the timer that notes the head when it is time again. */
  #headDue: Cancel | null = null
  /** Settles when the head that is noted now is, or could not be. */
  #noting: Promise<void> | null = null
  readonly #listeners = new Set<() => void>()
  readonly #stop = new AbortController()
  readonly #retention: Promise<void>

  private constructor(options: AuditTrailOptions, last: ChainPoint) {
    this.#options = options
    this.#last = last
    this.#retention = this.#letGoInTime()
  }

  static async open(options: AuditTrailOptions): Promise<AuditTrail> {
    const newest = await options.store.newestAuditRecord()
    const last = newest ?? (await options.store.auditBase()) ?? BEGINNING
    return new AuditTrail(options, goingOn(options, last, newest?.seal))
  }

  /** Never fails and never waits. */
  record(fact: AuditFact): void {
    if (this.#isClosed || this.#waiting.length >= WAITING_MAX) {
      this.#dropped += 1
      return
    }
    this.#taken += 1
    this.#waiting.push({ ...fact, atMs: this.#options.clock.nowMs() })
    this.#writing ??= this.#writeAll()
  }

  /** The newest record that is written; 0: there is none. */
  get lastNumber(): number {
    return this.#last.number
  }

  /** Calls whenever records were written, until it is taken back. */
  onWritten(act: () => void): Cancel {
    this.#listeners.add(act)
    return () => void this.#listeners.delete(act)
  }

  /** Settles when everything that was recorded before is written, however much comes meanwhile. */
  async written(): Promise<void> {
    const target = this.#taken
    while (this.#writing !== null && this.#written < target) await this.#group.promise
  }

  /** Looks at every record that is there when it begins. Rejects when the database does not answer. */
  async verify(): Promise<AuditVerdict> {
    const target = this.#taken
    const failures = this.#failures
    const isTold = (): boolean => this.#written >= target || this.#failures > failures
    while (this.#writing !== null && !isTold()) await this.#group.promise
    for (let tries = 1; ; tries += 1) {
      const base = await this.#options.store.auditBase()
      const verdict = await this.#verifyFrom(base)
      const baseNow = await this.#options.store.auditBase()
      if (baseNow?.number === base?.number || tries === VERIFY_TRIES_MAX) return verdict
    }
  }

  async #verifyFrom(base: SealedPoint | null): Promise<AuditVerdict> {
    const { store, pen } = this.#options
    const check = new ChainCheck({ base, head: pen.head, isSealed: (text, signature) => pen.isSigned(text, signature) })
    for (let isMore = true, next = (base?.number ?? 0) + 1; isMore;) {
      const records = await store.auditRecordsFrom(next, PAGE_MAX)
      for (const record of records) check.add(record)
      next = (records.at(-1)?.number ?? next) + 1
      isMore = records.length === PAGE_MAX // A short page ends where a group does: they are written whole.
    }
    const { count, firstNumber } = check
    return { count, firstNumber, lastNumber: count === 0 ? null : check.last.number, problem: check.end() }
  }

  /** Writes what waits, then ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#stop.abort()
    await this.#writing
    await this.#retention
    this.#headDue?.()
    await this.#noting
    if (this.#last.number > 0) await this.#options.pen.noteHead(this.#last)
  }

  async #writeAll(): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#stop
    while (this.#waiting.length > 0) {
      if (this.#waiting.length < GROUP_MAX) await sleep(clock, GATHER_MS, signal).catch(() => undefined)
      try {
        await this.#writeGroup()
        this.#endGroup()
      } catch (error) {
        this.#failures += 1
        this.#endGroup()
        log.error({ err: error, waiting: this.#waiting.length }, 'audit records could not be written yet')
        if (signal.aborted) break // Nobody waits any longer: the log above says what is lost.
        await sleep(clock, RETRY_MS, signal).catch(() => undefined)
      }
    }
    this.#writing = null
    this.#endGroup()
  }

  #endGroup(): void {
    this.#group.resolve()
    this.#group = Promise.withResolvers()
  }

  async #writeGroup(): Promise<void> {
    const { store, pen, clock } = this.#options
    const taken = this.#waiting.slice(0, GROUP_MAX)
    const dropped = this.#dropped
    const group = dropped > 0 ? [...taken, droppedFact(dropped, clock.nowMs())] : taken
    const records: AuditRecord[] = []
    let last = this.#last
    for (const fact of group) {
      const record = chained(fact, last)
      records.push(record)
      last = record
    }
    const newest = records.at(-1)
    if (newest === undefined) return
    records[records.length - 1] = { ...newest, seal: pen.sign(sealText('head', newest)) }
    await store.addAuditRecords(records)
    // Only those of this group: more have come while the database wrote.
    this.#waiting = this.#waiting.slice(taken.length)
    this.#written += taken.length
    this.#dropped -= dropped
    this.#last = { number: newest.number, hash: newest.hash }
    this.#noteHead()
    for (const act of this.#listeners) act()
  }

  /** Beside the next groups: a disk that is busy holds up neither them nor the core. */
  #noteHead(): void {
    const { pen, clock, log } = this.#options
    if (this.#isClosed || this.#noting !== null || this.#headDue !== null) return // The newest is noted then.
    const waitMs = Math.min(this.#headNotedAtMs + HEAD_NOTED_MS - clock.nowMs(), HEAD_NOTED_MS)
    if (waitMs > 0) {
      this.#headDue = clock.schedule(waitMs, () => {
        this.#headDue = null
        this.#noteHead()
      })
      return
    }
    const noted = this.#last
    this.#headNotedAtMs = clock.nowMs()
    this.#noting = pen
      .noteHead(noted)
      .catch((error: unknown) => log.error({ err: error }, 'the head of the audit trail could not be noted'))
      .finally(() => {
        this.#noting = null
        if (this.#last !== noted) this.#noteHead()
      })
  }

  async #letGoInTime(): Promise<void> {
    const { clock, keptMs, log } = this.#options
    const { signal } = this.#stop
    if (keptMs === null) return
    while (!signal.aborted) {
      try {
        await this.#letGo(clock.nowMs() - keptMs)
      } catch (error) {
        log.error({ err: error }, 'old audit records could not be let go')
      }
      await sleep(clock, RETENTION_LOOK_MS, signal).catch(() => undefined)
    }
  }

  /** T4: the base is signed and written first; a core that dies in between removes the rest when it starts again. */
  async #letGo(beforeMs: number): Promise<void> {
    const { store, pen } = this.#options
    const query = { tenantId: null, action: null, actorId: null, object: null, outcome: null, sinceMs: null } as const
    const [newestOld] = await store.auditRecords({ ...query, first: 1, before: null, untilMs: beforeMs })
    if (newestOld === undefined) return
    const point = { number: newestOld.number, hash: newestOld.hash }
    await store.saveAuditBase({ ...point, signature: pen.sign(sealText('base', point)) })
    await store.removeAuditRecords(newestOld.number)
  }
}

/**
 * Where the next record follows. Groups are written whole, so what is not sealed is nobody's of ours; and of what is
 * missing at the end the head tells. In both cases the break stays one, and whoever verifies sees it.
 */
function goingOn({ pen, log }: AuditTrailOptions, last: ChainPoint, seal: string | null | undefined): ChainPoint {
  const { head } = pen
  if (head !== null && head.number > last.number) {
    log.error({ expected: head.number, found: last.number }, 'audit records are missing at the end')
    return head
  }
  const isOurs = seal === undefined || (seal !== null && pen.isSigned(sealText('head', last), seal))
  if (!isOurs) log.error({ number: last.number }, 'the newest audit record is not sealed by this core')
  return { number: last.number, hash: isOurs ? last.hash : NOT_OURS }
}

/** Follows no record at all. */
const NOT_OURS = 'f'.repeat(64)

function droppedFact(dropped: number, atMs: number): Waiting {
  return {
    tenantId: null,
    actor: { kind: 'core' },
    source: null,
    requestId: null,
    action: 'dropRecords',
    object: 'audit',
    outcome: 'failed',
    problem: null,
    before: null,
    after: { dropped },
    atMs,
  }
}
