/**
 * What a reader of the change log knows of every object: enough of it to see that an object is no longer what it was
 * when the log last spoke of it. For simulations; it costs time and memory for each object.
 */
import { unreachable } from '@fornax/kernel/assert'
import type { ApplicationEntry } from '../fleet/application-entry.ts'
import type { FleetState, NodeEntry } from '../fleet/fleet-state.ts'
import type { ApplicationView, Change, NodeView } from '../fleet/views.ts'
import type { Pod, PodView } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'

type Kind = Change['kind']

/** A list of what readers see of an object, compared item by item. */
type Glance = readonly unknown[]

export class FleetPicture {
  readonly #glances: Readonly<Record<Kind, Map<string, Glance>>> = {
    session: new Map(),
    pod: new Map(),
    application: new Map(),
    node: new Map(),
  }

  #version = ''

  clear(): void {
    for (const glances of Object.values(this.#glances)) glances.clear()
    this.#version = ''
  }

  /** Reads on in the log; looks at everything when the log has moved on. */
  follow(state: FleetState): void {
    const since = state.changes.since(this.#version)
    if (since.kind === 'expired') {
      this.clear()
      for (const [kind, id, glance] of glancesAt(state)) this.#glances[kind].set(id, glance)
      this.#version = state.changes.resourceVersion
      return
    }
    this.#version = since.resourceVersion
    for (const { kind, id } of since.changes) {
      const glance = glanceAt(state, kind, id)
      if (glance === null) this.#glances[kind].delete(id)
      else this.#glances[kind].set(id, glance)
    }
  }

  /** What is not as the log last said: objects that changed, came, or went without a word. */
  *surprises(state: FleetState): Generator<{ readonly kind: Kind; readonly id: string; readonly what: string }> {
    const seen = { session: 0, pod: 0, application: 0, node: 0 }
    for (const [kind, id, glance] of glancesAt(state)) {
      seen[kind] += 1
      const known = this.#glances[kind].get(id)
      if (known === undefined) yield { kind, id, what: 'came' }
      else if (!isSame(known, glance)) yield { kind, id, what: 'changed' }
    }
    for (const kind of KINDS) {
      if (seen[kind] >= this.#glances[kind].size) continue
      for (const id of this.#glances[kind].keys())
        if (glanceAt(state, kind, id) === null) yield { kind, id, what: 'went' }
    }
  }
}

const KINDS: readonly Kind[] = ['session', 'pod', 'application', 'node']

/** What a reader of a list watch can tell of an object, as text: equal pictures, equal objects. */
export function pictureOf(shown: Shown): string {
  switch (shown.kind) {
    case 'session': {
      const { phase, podId, clientCount, deadline, closeReason, timeline } = shown.object
      return JSON.stringify([phase, podId, clientCount, deadline?.atMs, closeReason, timeline.length])
    }
    case 'pod': {
      const { phase, nodeName, sessionIds, runtime, failure } = shown.object
      return JSON.stringify([phase, nodeName, [...sessionIds], runtime, failure?.kind])
    }
    case 'application': {
      const { definition, counts, waitingSessions, openSessions } = shown.object
      const { revision, isProven, version, fallback } = definition
      const { pending, creating, standby, hibernated, active, terminating } = counts
      const all = [pending, creating, standby, hibernated, active, terminating, waitingSessions, openSessions]
      return JSON.stringify([revision, isProven, version.number, fallback?.number, all])
    }
    case 'node': {
      const { view, booked, podCount, sessionCount } = shown.object
      return JSON.stringify([view.registered, view.phase, booked, podCount, sessionCount])
    }
    default:
      return unreachable(shown)
  }
}

/** An object as an edge shows it to a reader. */
export type Shown =
  | { readonly kind: 'session'; readonly object: Session }
  | { readonly kind: 'pod'; readonly object: PodView }
  | { readonly kind: 'application'; readonly object: ApplicationView }
  | { readonly kind: 'node'; readonly object: ShownNode }

/** A node, with the reader's own part of it. */
export type ShownNode = {
  readonly view: Pick<NodeView, 'registered' | 'phase'>
  readonly booked: NodeView['booked']
  readonly podCount: number
  readonly sessionCount: number
}

function* glancesAt(state: FleetState): Generator<[Kind, string, Glance]> {
  for (const session of state.sessions.values()) yield ['session', session.id, [session]]
  for (const pod of state.pods.values()) yield ['pod', pod.id, ofPod(pod)]
  for (const [id, entry] of state.applications) if (!entry.isDeleted) yield ['application', id, ofApplication(entry)]
  for (const [name, node] of state.nodes) yield ['node', name, ofNode(state, node)]
}

function glanceAt(state: FleetState, kind: Kind, id: string): Glance | null {
  switch (kind) {
    case 'session': {
      const session = state.sessions.get(id)
      return session ? [session] : null
    }
    case 'pod': {
      const pod = state.pods.get(id)
      return pod ? ofPod(pod) : null
    }
    case 'application': {
      const entry = state.applications.get(id)
      return entry && !entry.isDeleted ? ofApplication(entry) : null
    }
    case 'node': {
      const node = state.nodes.get(id)
      return node ? ofNode(state, node) : null
    }
    default:
      return unreachable(kind)
  }
}

function ofPod({ phase, nodeName, sessionIds, runtime, failure, rest, hibernation }: Pod): Glance {
  return [phase, nodeName, runtime, failure, rest, hibernation, sessionIds.size, ...sessionIds]
}

function ofApplication({ definition, counts, queue, openSessions, failures }: ApplicationEntry): Glance {
  const { pending, creating, standby, hibernated, active, terminating, failed } = counts
  const all = [pending, creating, standby, hibernated, active, terminating, failed]
  return [definition, queue.size, openSessions.size, ...all, ...failures.values()]
}

function ofNode(state: FleetState, node: NodeEntry): Glance {
  const { cpuMillis, memoryBytes, pods } = state.groups.booked(node.registered.name)
  let sessions = 0
  for (const id of node.podIds) sessions += state.pods.get(id)?.sessionIds.size ?? 0
  return [node.registered, node.phase, cpuMillis, memoryBytes, pods, sessions]
}

function isSame(a: Glance, b: Glance): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at])
}
