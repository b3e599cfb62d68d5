/**
 * The sums of an application over all of its pods. An exact one is taken in one go. Of an application with so many
 * pods that this would take too long, it is taken bit by bit, and may be off by what changed meanwhile.
 */
import type { ApplicationEntry } from '../fleet/application-entry.ts'
import { bookingOf } from '../pods/booking-rules.ts'
import { POD_PHASES, type Pod, type PodPhase } from '../pods/pod.ts'
import { shelfOf } from './books.ts'
import type { Evidence, Found, Look } from './evidence.ts'

class Sums {
  readonly #counts = new Map<PodPhase, number>()
  readonly #idle = new Map<number, number>()
  readonly #inFlight = new Map<number, number>()
  readonly #active = new Map<number, number>()
  #unreachable = 0
  #openSlots = 0
  #shelved = 0
  #onHold = 0
  #idleMemoryBytes = 0

  add(entry: ApplicationEntry, pod: Pod): void {
    const { phase, version } = pod
    const isOnHold = entry.onHold.has(pod)
    add(this.#counts, phase)
    if (isOnHold) this.#onHold += 1
    if (phase === 'standby' || phase === 'hibernated') {
      this.#idleMemoryBytes += bookingOf(pod)?.memoryBytes ?? 0
      if (isOnHold) this.#unreachable += 1
      else add(this.#idle, version.number)
    }
    if (phase === 'pending' || phase === 'creating') add(this.#inFlight, version.number)
    if (phase === 'active') add(this.#active, version.number)
    if (isOnHold || pod.isSpent) return
    if (phase === 'active') this.#openSlots += version.spec.sessionsPerPod - pod.sessionIds.size
    if (shelfOf(pod) !== null) this.#shelved += 1
  }

  /** How many pods of a phase were counted. */
  of(phase: PodPhase): number {
    return this.#counts.get(phase) ?? 0
  }

  /** `slack`: by how much they may differ, because pods changed while they were counted. */
  compare(entry: ApplicationEntry, found: Found, slack = 0): void {
    const { counts, idle, inFlight, active, onHold, unreachable, openSlots, warm } = entry
    const { id } = entry.definition
    const check = (what: string, is: number, counted: number): void => {
      if (Math.abs(is - counted) <= slack) return
      const objects = [`application ${id}`]
      found({ invariant: 'books', what: `${what} are counted wrongly`, objects, evidence: { is, counted } })
    }
    for (const phase of POD_PHASES) check(`pods that are ${phase}`, counts[phase], this.of(phase))
    if (slack > 0) return // Pods come on hold and go with their nodes, without a change of their own.
    check('pods on hold', onHold.size, this.#onHold)
    check('pods that cannot be reached', unreachable, this.#unreachable)
    check('open slots', openSlots, this.#openSlots)
    check('bytes that idle pods keep booked', entry.idleMemoryBytes, this.#idleMemoryBytes)
    check('pods that a session could take', warm.size, this.#shelved)
    for (const [what, is, counted] of [
      ['idle pods of a version', idle, this.#idle],
      ['pods in flight of a version', inFlight, this.#inFlight],
      ['active pods of a version', active, this.#active],
    ] as const) {
      check(what, is.size, counted.size)
      for (const [number, count] of counted) check(what, is.get(number) ?? 0, count)
    }
  }
}

/** In one go, where nothing changes meanwhile. */
export function sumsAreRight(entry: ApplicationEntry, { countUpTo }: Evidence, found: Found): void {
  if (entry.pods.size > countUpTo) return
  const sums = new Sums()
  for (const pod of entry.pods) sums.add(entry, pod)
  sums.compare(entry, found)
}

/** Bit by bit: yields between pods. */
export function* sumsBitByBit(entry: ApplicationEntry, look: Look, found: Found): Generator<void> {
  const { state } = look.evidence
  const { id } = entry.definition
  const began = state.changes.resourceVersion
  const enough = 2 * entry.pods.size // Who changes is counted again, at the end.
  const sums = new Sums()
  let counted = 0
  for (const pod of entry.pods) {
    sums.add(entry, pod)
    counted += 1
    if (counted > enough) return
    yield
  }
  const since = state.changes.since(began)
  if (since.kind === 'expired') return
  let changed = 0
  for (const { kind, applicationId } of since.changes) if (kind === 'pod' && applicationId === id) changed += 1
  sums.compare(entry, found, changed)
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
