/**
 * What happened lately, bounded: so many events of each tenant, and so many in all. The same thing happening again
 * at once is counted and not written again, so that a thousand failures cost one event. Readers follow `changes`.
 */
import type { FleetEvent, Occurrence } from './fleet-event.ts'
import { ChangeLog } from './change-log.ts'

/** Which event came, was counted on, or left memory. */
export type EventChange = {
  readonly kind: 'event'
  readonly id: string
  /** `PLATFORM` for what is nobody's: other than a node, it is of interest to no tenant. */
  readonly tenantId: string
  readonly applicationId: string | null
  readonly isGone: boolean
}

/** The id of no tenant. */
const PLATFORM = ''

export type EventLogBounds = {
  /** Of one tenant, or of the platform. */
  readonly ofTenant: number
  readonly inAll: number
  readonly changes: number
}

const BOUNDS: EventLogBounds = { ofTenant: 1_000, inAll: 10_000, changes: 8_192 }

/** The same within this time is counted. */
const SAME_WITHIN_MS = 10_000
const LOG_LINES_MAX = 10
const LETTERS_MAX = 500

export class EventLog {
  readonly changes: ChangeLog<EventChange>
  readonly #startedAtMs: number
  readonly #bounds: EventLogBounds
  /** Oldest first. */
  readonly #events = new Map<string, FleetEvent>()
  readonly #ofTenant = new Map<string | null, Set<string>>()
  /** The event that counts, by what is the same. */
  readonly #counting = new Map<string, string>()
  readonly #samenessOf = new Map<string, string>()
  #count = 0

  constructor(startedAtMs: number, bounds = BOUNDS) {
    this.#startedAtMs = startedAtMs
    this.#bounds = bounds
    this.changes = new ChangeLog({ start: startedAtMs, capacity: bounds.changes })
  }

  /** The version before the first event. */
  get begin(): string {
    return `${this.#startedAtMs}.0`
  }

  /** Those in memory, oldest first. */
  all(): Iterable<FleetEvent> {
    return this.#events.values()
  }

  event(id: string): FleetEvent | null {
    return this.#events.get(id) ?? null
  }

  /** Something happened. */
  note(what: Occurrence, atMs: number): void {
    const sameness = samenessOf(what)
    const before = this.#events.get(this.#counting.get(sameness) ?? '')
    const isSame = before !== undefined && atMs - before.atMs < SAME_WITHIN_MS
    const event = isSame ? again(before, what, atMs) : toEvent(this.#nextId(), what, atMs)
    this.#events.set(event.id, event)
    this.#changed(event, false)
    if (isSame) return
    this.#counting.set(sameness, event.id)
    this.#samenessOf.set(event.id, sameness)
    this.#file(event)
  }

  /** Whether another occurrence now would only be counted: then nobody needs to find out more about it. */
  isCounting(what: Same, atMs: number): boolean {
    const before = this.#events.get(this.#counting.get(samenessOf(what)) ?? '')
    return before !== undefined && atMs - before.atMs < SAME_WITHIN_MS
  }

  #file({ id, tenantId }: FleetEvent): void {
    const ofTenant = this.#ofTenant.get(tenantId) ?? new Set()
    this.#ofTenant.set(tenantId, ofTenant.add(id))
    if (ofTenant.size > this.#bounds.ofTenant) this.#forgetFirst(ofTenant)
    if (this.#events.size > this.#bounds.inAll) this.#forgetFirst(this.#events.keys())
  }

  #forgetFirst(ids: Iterable<string>): void {
    for (const id of ids) return this.#forget(id)
  }

  #forget(id: string): void {
    const event = this.#events.get(id)
    if (!event) return
    this.#events.delete(id)
    const ofTenant = this.#ofTenant.get(event.tenantId)
    ofTenant?.delete(id)
    if (ofTenant?.size === 0) this.#ofTenant.delete(event.tenantId)
    const sameness = this.#samenessOf.get(id) ?? ''
    this.#samenessOf.delete(id)
    if (this.#counting.get(sameness) === id) this.#counting.delete(sameness)
    this.#changed(event, true)
  }

  #changed({ id, tenantId, applicationId }: FleetEvent, isGone: boolean): void {
    this.changes.append({ kind: 'event', id, tenantId: tenantId ?? PLATFORM, applicationId, isGone })
  }

  #nextId(): string {
    this.#count += 1
    return eventId(this.#startedAtMs, this.#count)
  }
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const INSTANT_LETTERS = 9
const NUMBER_LETTERS = 7

/** The core's start and a number, in the letters of all ids: later events have greater ids. */
export function eventId(startedAtMs: number, number: number): string {
  return `evt-${lettersOf(startedAtMs, INSTANT_LETTERS)}${lettersOf(number, NUMBER_LETTERS)}`
}

function lettersOf(value: number, length: number): string {
  let letters = ''
  for (let rest = value; letters.length < length; rest = Math.floor(rest / 32)) letters = ALPHABET[rest % 32] + letters
  return letters
}

type Same = Pick<Occurrence, 'kind' | 'applicationId' | 'versionNumber' | 'nodeName' | 'sameness'>

function samenessOf({ kind, applicationId, versionNumber, nodeName, sameness }: Same): string {
  const place = applicationId ?? nodeName ?? ''
  return `${kind}/${place}/${versionNumber ?? ''}/${sameness ?? ''}`
}

/** What was said last is what is of use now. */
function again(before: FleetEvent, { message, lastLogLines }: Occurrence, atMs: number): FleetEvent {
  const lines = lastLogLines === undefined ? before.lastLogLines : bounded(lastLogLines)
  return { ...before, message: cut(message), lastLogLines: lines, lastAtMs: atMs, count: before.count + 1 }
}

function toEvent(id: string, what: Occurrence, atMs: number): FleetEvent {
  return {
    id,
    kind: what.kind,
    severity: what.severity,
    message: cut(what.message),
    atMs,
    lastAtMs: atMs,
    count: 1,
    tenantId: what.tenantId ?? null,
    applicationId: what.applicationId ?? null,
    applicationName: what.applicationName ?? null,
    versionNumber: what.versionNumber ?? null,
    nodeName: what.nodeName ?? null,
    podId: what.podId ?? null,
    sessionId: what.sessionId ?? null,
    lastLogLines: bounded(what.lastLogLines ?? []),
  }
}

function bounded(lines: readonly string[]): readonly string[] {
  return lines.slice(-LOG_LINES_MAX).map(cut)
}

function cut(text: string): string {
  return text.length <= LETTERS_MAX ? text : `${text.slice(0, LETTERS_MAX - 1)}…`
}
