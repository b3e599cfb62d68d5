/**
 * Follows the records, from a number on. Their numbers are a chain without a gap, so a reader who comes back with the
 * last one has missed nothing; and because they are read from where they are kept, a slow reader costs nothing.
 */
import { abortable } from '@fornax/kernel/abortable'
import { sleep, type Cancel, type Clock } from '@fornax/kernel/clock'
import { isMeant, type AuditConditions } from './audit-filter.ts'
import type { AuditQuery, AuditRecord } from './audit-record.ts'

export type AuditBatch = {
  /** In their order. */
  readonly records: readonly AuditRecord[]
  /** Hand it as `after` to continue without a gap. */
  readonly lastNumber: number
}

/** Where records come from. `tenantId: null`: of everybody, and of the platform. */
export type AuditSource = {
  /** The newest one of all; 0: there is none. */
  lastNumber(): number
  /** Newest first. */
  records(query: AuditQuery): Promise<readonly AuditRecord[]>
  /** In their order, from a number on. */
  recordsFrom(number: number, count: number, tenantId: string | null): Promise<readonly AuditRecord[]>
  /** Calls whenever records were written. */
  onWritten(act: () => void): Cancel
}

export type AuditWatch = AuditConditions & {
  readonly tenantId: string | null
  /** Null: what is there already is not told. */
  readonly after: number | null
}

const BATCH_MAX = 500
/** However many are written, a reader is told no more often. */
const SPACING_MS = 250
const NOTHING_LOOKED_AT = -1

/** Begins with a batch of none, which says from where on it follows. */
export function watchAudit(
  source: AuditSource,
  { tenantId, after, ...conditions }: AuditWatch,
  clock: Clock,
): AsyncIterableIterator<AuditBatch> {
  return abortable(async function* (signal) {
    let written = Promise.withResolvers<void>()
    const wake = (): void => written.resolve()
    const cancel = source.onWritten(wake)
    signal.addEventListener('abort', wake, { once: true })
    try {
      let looked = after === null ? source.lastNumber() : NOTHING_LOOKED_AT
      let seen = after ?? (await newestOf(source, tenantId))
      yield { records: [], lastNumber: seen }
      while (!signal.aborted) {
        written = Promise.withResolvers()
        if (source.lastNumber() === looked) await written.promise
        await sleep(clock, SPACING_MS, signal).catch(() => undefined)
        if (signal.aborted) return
        looked = source.lastNumber()
        const records = await source.recordsFrom(seen + 1, BATCH_MAX, tenantId)
        if (records.length === BATCH_MAX) looked = NOTHING_LOOKED_AT // There may be more.
        seen = records.at(-1)?.number ?? seen
        const meant = records.filter((each) => isMeant(each, conditions))
        if (meant.length > 0) yield { records: meant, lastNumber: seen }
      }
    } finally {
      cancel()
    }
  })
}

/** Who sees a tenant's records alone is told a number of theirs: how much others do is no affair of theirs. */
async function newestOf(source: AuditSource, tenantId: string | null): Promise<number> {
  if (tenantId === null) return source.lastNumber()
  const everything = { action: null, actorId: null, object: null, outcome: null, sinceMs: null, untilMs: null }
  const [newest] = await source.records({ ...everything, tenantId, before: null, first: 1 })
  return newest?.number ?? 0
}
