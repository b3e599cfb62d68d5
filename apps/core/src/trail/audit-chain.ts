/** How records are chained, and what it means for a chain to be whole. Rules T1 to T4 of SPEC.md. */
import { createHash } from 'node:crypto'
import type { AuditFact, AuditRecord, ChainPoint, SealedPoint } from './audit-record.ts'

/** What stands before the first record. */
export const BEGINNING: ChainPoint = { number: 0, hash: '0'.repeat(64) }

type Unhashed = Omit<AuditRecord, 'hash' | 'seal'>

/** T1: in an order that never changes. `[1, …]` is the format. */
export function hashOf(record: Unhashed, hashBefore: string): string {
  const { number, atMs, tenantId, actorKind, actorId, actorRole, source, requestId } = record
  const { action, object, outcome, problem, before, after } = record
  const who = [tenantId, actorKind, actorId, actorRole, source, requestId]
  const text = JSON.stringify([1, hashBefore, number, atMs, ...who, action, object, outcome, problem, before, after])
  return createHash('sha256').update(text).digest('hex')
}

/** The next record after a point. */
export function chained(fact: AuditFact & { readonly atMs: number }, last: ChainPoint): AuditRecord {
  const { actor } = fact
  const record: Unhashed = {
    number: last.number + 1,
    atMs: fact.atMs,
    tenantId: fact.tenantId,
    actorKind: actor.kind,
    actorId: actor.kind === 'viewer' || actor.kind === 'node' ? actor.id : null,
    actorRole: actor.kind === 'viewer' ? actor.role : null,
    source: fact.source,
    requestId: fact.requestId,
    action: fact.action,
    object: fact.object,
    outcome: fact.outcome,
    problem: fact.problem,
    before: textOf(fact.before),
    after: textOf(fact.after),
  }
  return { ...record, hash: hashOf(record, last.hash), seal: null }
}

const JSON_CHARACTERS_MAX = 8_192

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const text = JSON.stringify(value)
  return text.length <= JSON_CHARACTERS_MAX ? text : JSON.stringify({ tooLong: text.length })
}

/** What a verifier knows beside the records. */
export type Witness = {
  /** Whether the signature of a text (`sealText`) is the core's. */
  readonly isSealed: (text: string, signature: string) => boolean
  /** T3: what the core keeps outside the database; null: nothing is known. */
  readonly head: ChainPoint | null
  /** T4: what was let go. */
  readonly base: SealedPoint | null
}

/** Looks at records one by one, in their order. */
export class ChainCheck {
  readonly #witness: Witness
  #last: ChainPoint
  #problem: string | null = null
  #unsealed = 0
  #firstNumber: number | null = null
  #count = 0
  #headHash: string | null = null

  constructor(witness: Witness) {
    this.#witness = witness
    const { base, isSealed } = witness
    this.#last = base ?? BEGINNING
    if (base !== null && !isSealed(sealText('base', base), base.signature))
      this.#problem = `the base at ${base.number} is not signed by this core`
  }

  get count(): number {
    return this.#count
  }

  get firstNumber(): number | null {
    return this.#firstNumber
  }

  get last(): ChainPoint {
    return this.#last
  }

  /** The first thing that is wrong so far. */
  get problem(): string | null {
    return this.#problem
  }

  add(record: AuditRecord): void {
    this.#count += 1
    this.#firstNumber ??= record.number
    this.#problem ??= this.#problemOf(record)
    this.#unsealed = record.seal === null ? this.#unsealed + 1 : 0
    if (record.number === this.#witness.head?.number) this.#headHash = record.hash
    this.#last = { number: record.number, hash: record.hash }
  }

  /** Null: the chain is whole. */
  end(): string | null {
    const { head, base } = this.#witness
    if (this.#problem !== null) return this.#problem
    if (head !== null && head.number > this.#last.number)
      return `records ${this.#last.number + 1} to ${head.number} are missing at the end`
    if (this.#unsealed > 0) return `the last ${this.#unsealed} records are not sealed`
    if (head === null || head.number <= (base?.number ?? 0)) return null
    return this.#headHash === head.hash ? null : `record ${head.number} is not the one that the core remembers`
  }

  #problemOf(record: AuditRecord): string | null {
    const expected = this.#last.number + 1
    if (record.number !== expected)
      return record.number > expected
        ? `record ${expected} is missing`
        : `record ${record.number} stands where ${expected} belongs`
    if (record.hash !== hashOf(record, this.#last.hash)) return `record ${record.number} was changed`
    const isForged = record.seal !== null && !this.#witness.isSealed(sealText('head', record), record.seal)
    return isForged ? `the seal of record ${record.number} is not this core's` : null
  }
}

/** What is signed: a point of the chain, and what it is. */
export function sealText(place: 'head' | 'base', { number, hash }: ChainPoint): string {
  return `fornax-audit ${place} ${number} ${hash}`
}
