/** What readers are told: everything, in order (I10), and nothing of anybody else's (I11). */
import { unreachable } from '@fornax/kernel/assert'
import type { FleetState } from '../fleet/fleet-state.ts'
import { bookingOf } from '../pods/booking-rules.ts'
import { podsOf } from '../fleet/node-writer.ts'
import type { Change } from '../fleet/views.ts'
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { Evidence, Found, ReaderWitness, Told, Touched } from './evidence.ts'
import { pictureOf, type ShownNode } from './fleet-picture.ts'

type Kind = Change['kind']

/** I10: versions of the log only grow. */
export function versionsGrow({ state, memory }: Evidence, found: Found): void {
  const version = state.changes.resourceVersion
  const before = memory.version
  memory.version = version
  if (before === null || before === version || compare(version, before) >= 0) return
  const what = 'the resource version went back'
  found({ invariant: 'I10', what, objects: ['the change log'], evidence: { before, version } })
}

/** I10: nothing changes without an entry in the log. Needs a memory with a picture; seen in looks at everything. */
export function nothingIsSilent({ memory, state }: Evidence, found: Found, touched: Touched | null): void {
  if (memory.picture === null) return
  memory.picture.follow(state)
  if (touched !== null) return
  for (const { kind, id, what } of memory.picture.surprises(state)) {
    const object = `${kind} ${id}`
    found({ invariant: 'I10', what: `a ${kind} ${what} without a word`, objects: [object], evidence: {} })
  }
}

/** I10, I11: what each reader was told since the last look, and what it now believes. */
export function readersAreToldAll(evidence: Evidence, found: Found, touched: Touched | null): void {
  const { memory, state, witnesses } = evidence
  if (!witnesses.readers) return
  const isHeard = memory.heard === evidence // What changed, and then everything, with the same evidence.
  memory.heard = evidence
  const version = state.changes.resourceVersion
  for (const reader of witnesses.readers) {
    if (!isHeard) hear(reader, evidence, found)
    if (reader.resourceVersion === version) believesTheTruth(reader, evidence, { found, touched })
  }
}

function hear(reader: ReaderWitness, { memory, state }: Evidence, found: Found): void {
  if (reader.told.length === 0) return
  const last = inOrder(reader, memory.readers.get(reader.name) ?? null, found)
  if (last !== null) memory.readers.set(reader.name, last)
  for (const told of reader.told) onlyItsOwn(reader, told, { state, found })
}

/** Versions strictly grow from batch to batch; only a snapshot may begin anew. */
function inOrder({ name, told }: ReaderWitness, before: string | null, found: Found): string | null {
  let last = before
  for (const { kind, resourceVersion } of told) {
    const step = last === null ? 1 : compare(resourceVersion, last)
    const isInOrder = kind === 'snapshot' || (last !== null && (kind === 'bookmark' ? step >= 0 : step > 0))
    if (!isInOrder) {
      const what = 'a reader was told an older version, or changes without a snapshot'
      found({ invariant: 'I10', what, objects: [`reader ${name}`], evidence: { kind, last, resourceVersion } })
    }
    last = resourceVersion
  }
  return last
}

/** I10: who has read everything believes what is so. */
function believesTheTruth(
  reader: ReaderWitness,
  { state }: Evidence,
  { found, touched }: { readonly found: Found; readonly touched: Touched | null },
): void {
  const { kind, believes } = reader
  const ids = touched === null ? new Set([...idsOf(state, kind), ...believes.keys()]) : touchedOf(touched, kind)
  for (const id of ids) {
    const is = shownTo(reader, state, id)
    const believed = believes.get(id) ?? null
    if (is === believed) continue
    const what = 'a reader has read everything, and missed a final state'
    const objects = [`reader ${reader.name}`, `${kind} ${id}`]
    found({ invariant: 'I10', what, objects, evidence: { is, believed } })
  }
}

/** The picture of an object as this reader should see it; null when it should not, or there is none. */
function shownTo({ kind, tenantId, application }: ReaderWitness, state: FleetState, id: string): string | null {
  const mayBe = (of: { tenantId: string; applicationName: string }): boolean =>
    (tenantId === null || of.tenantId === tenantId) && (application === null || of.applicationName === application)
  switch (kind) {
    case 'session': {
      const session = state.sessions.get(id)
      return session && mayBe(session) ? pictureOf({ kind, object: session }) : null
    }
    case 'pod': {
      const pod = state.pods.get(id)
      return pod && mayBe(pod) ? pictureOf({ kind, object: pod }) : null
    }
    case 'application': {
      const entry = state.applications.get(id)
      if (!entry || entry.isDeleted) return null
      const { definition, counts, queue, openSessions, idleMemoryBytes } = entry
      if (!mayBe({ tenantId: definition.tenantId, applicationName: definition.name })) return null
      const sizes = { waitingSessions: queue.size, openSessions: openSessions.size, idleMemoryBytes, failure: null }
      return pictureOf({ kind, object: { definition, counts, ...sizes } })
    }
    case 'node': {
      const object = nodeShownTo(tenantId, state, id)
      return object && pictureOf({ kind, object })
    }
    default:
      return unreachable(kind)
  }
}

/** A tenant sees of a node its own part, and only nodes on which it has one. */
function nodeShownTo(tenantId: string | null, state: FleetState, name: string): ShownNode | null {
  const node = state.nodes.get(name)
  if (!node) return null
  const pods = podsOf(state, node).filter((pod) => tenantId === null || pod.tenantId === tenantId)
  if (tenantId !== null && pods.length === 0) return null
  return {
    view: node,
    booked: {
      cpuMillis: pods.reduce((sum, pod) => sum + (bookingOf(pod)?.cpuMillis ?? 0), 0),
      memoryBytes: pods.reduce((sum, pod) => sum + (bookingOf(pod)?.memoryBytes ?? 0), 0),
      pods: pods.length,
    },
    podCount: pods.length,
    sessionCount: pods.reduce((sum, pod) => sum + pod.sessionIds.size, 0),
  }
}

/** I11: nothing of another tenant, by what the object says of itself and by what the core knows of it. */
function onlyItsOwn(reader: ReaderWitness, { shown, kind: told }: Told, to: { state: FleetState; found: Found }): void {
  if (reader.tenantId === null) return
  for (const { id, tenantId } of shown) {
    const known = tenantOf(to.state, reader.kind, id)
    const isOwn = [tenantId, known].every((tenant) => tenant === null || tenant === reader.tenantId)
    if (isOwn) continue
    to.found({
      invariant: 'I11',
      what: 'a reader was shown what is another tenant’s',
      objects: [`reader ${reader.name}`, `${reader.kind} ${id}`],
      evidence: { told, readsFor: reader.tenantId, tenantId, known },
    })
  }
}

/** I11: what a change says of its object decides who hears of it. */
export function changeSaysWhose({ kind, id, tenantId }: Change, { state }: Evidence, found: Found): void {
  const known = tenantOf(state, kind, id)
  if (known === null || known === tenantId) return
  const what = 'a change was told to another tenant than its object’s'
  found({ invariant: 'I11', what, objects: [`${kind} ${id}`], evidence: { tenantId, known } })
}

/** I11: a pod serves sessions of its own application only, and so of its own tenant. */
export function servesItsOwn(pod: Pod, { state }: Evidence, found: Found): void {
  const { id, tenantId, applicationId } = pod
  const owner = state.applications.get(applicationId)?.definition.tenantId
  if (owner !== undefined && owner !== tenantId) {
    const what = 'a pod is not its application’s tenant’s'
    found({ invariant: 'I11', what, objects: [`pod ${id}`], evidence: { tenantId, owner } })
  }
  for (const sessionId of pod.sessionIds) {
    const session = state.sessions.get(sessionId)
    if (!session || (session.applicationId === applicationId && session.tenantId === tenantId)) continue
    const what = 'a pod serves a session of another application or tenant'
    const evidence = { tenantId, applicationId, of: session.tenantId, ofApplication: session.applicationId }
    found({ invariant: 'I11', what, objects: [`pod ${id}`, `session ${sessionId}`], evidence })
  }
}

export function belongsToItsTenant(session: Session, { state }: Evidence, found: Found): void {
  const owner = state.applications.get(session.applicationId)?.definition.tenantId
  if (owner === undefined || owner === session.tenantId) return
  const what = 'a session is not its application’s tenant’s'
  const evidence = { tenantId: session.tenantId, owner }
  found({ invariant: 'I11', what, objects: [`session ${session.id}`], evidence })
}

function tenantOf(state: FleetState, kind: Kind, id: string): string | null {
  if (kind === 'session') return state.sessions.get(id)?.tenantId ?? null
  if (kind === 'pod') return state.pods.get(id)?.tenantId ?? null
  return kind === 'application' ? (state.applications.get(id)?.definition.tenantId ?? null) : null
}

function idsOf(state: FleetState, kind: Kind): Iterable<string> {
  if (kind === 'session') return state.sessions.keys()
  if (kind === 'pod') return state.pods.keys()
  return kind === 'application' ? state.applications.keys() : state.nodes.keys()
}

function touchedOf({ sessions, pods, applications, nodes }: Touched, kind: Kind): Iterable<string> {
  if (kind === 'session') return sessions
  if (kind === 'pod') return pods
  return kind === 'application' ? applications : nodes
}

/** Negative when `a` is older than `b`; versions are a core's start and a counter (`ChangeLog`). */
function compare(a: string, b: string): number {
  const [startOfA = 0, counterOfA = 0] = a.split('.').map(Number)
  const [startOfB = 0, counterOfB = 0] = b.split('.').map(Number)
  return startOfA === startOfB ? counterOfA - counterOfB : startOfA - startOfB
}
