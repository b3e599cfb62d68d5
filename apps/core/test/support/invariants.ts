/**
 * What must never happen, checked on a fleet at rest. Each function returns what is wrong; nothing is wrong when
 * the list is empty. (I2 is the nodes' own, I4 is what remains at the end, I9 is the use-case's, I11 the edge's.)
 */
import type { ApplicationEntry } from '../../src/fleet/application-entry.ts'
import type { FleetState, NodeEntry } from '../../src/fleet/fleet-state.ts'
import { holdsBooking } from '../../src/pods/pod-state.ts'
import { POD_PHASES, type Pod } from '../../src/pods/pod.ts'
import type { Session } from '../../src/sessions/session.ts'
import type { FleetWorld } from './fleet-world.ts'

/** I1: a pod never serves more sessions than it has slots, and a session never has two pods. */
export function doubleGrants({ fleet: { state }, deadlines }: FleetWorld): string[] {
  const { pods, sessions } = state
  const podOf = new Map<string, string>()
  const wrong: string[] = []
  for (const pod of pods.values()) {
    const slots = pod.version.spec.sessionsPerPod
    if (pod.sessionIds.size > slots) wrong.push(`I1: ${pod.id} has ${slots} slots and ${pod.sessionIds.size} sessions`)
    if (pod.phase === 'active' && pod.sessionIds.size === 0) wrong.push(`I1: ${pod.id} is active for nobody`)
    const isServing = pod.phase === 'active' || pod.phase === 'terminating'
    if (pod.sessionIds.size > 0 && !isServing) wrong.push(`I1: ${pod.id} is ${pod.phase} and has sessions`)
    for (const id of pod.sessionIds) {
      if (sessions.get(id)?.podId !== pod.id && deadlines.has(`slot:${pod.id}/${id}`)) continue // Asked to go.
      if (podOf.has(id)) wrong.push(`I1: ${id} has ${podOf.get(id)} and ${pod.id}`)
      if (sessions.get(id)?.podId !== pod.id) wrong.push(`I1: ${pod.id} holds ${id}, which is not its own`)
      podOf.set(id, pod.id)
    }
  }
  return wrong
}

/** I3: an answered session never ends without a word: it is open, or closed with an honest reason. */
export function lostSessions(world: FleetWorld): string[] {
  return [...world.answered].flatMap((id) => {
    const session = world.fleet.state.sessions.get(id) ?? world.rows.sessions.get(id)
    if (!session) return [`I3: ${id} was answered, and nobody knows of it`]
    if (session.phase === 'closed' && session.closeReason === null) return [`I3: ${id} has no reason`]
    const isForgotten = session.closeReason === 'openTimedOut' || session.closeReason === 'coreFailed'
    return isForgotten ? [`I3: ${id} was answered, and closed with ${session.closeReason}`] : []
  })
}

/** I5: what is booked on a node is what its pods need, and never more than the node has. */
export function overbookings(state: FleetState): string[] {
  const needed = new Map<string, { cpuMillis: number; memoryBytes: number; pods: number }>()
  for (const pod of state.pods.values()) {
    if (pod.nodeName === null || !holdsBooking(pod.phase)) continue
    const sum = needed.get(pod.nodeName) ?? { cpuMillis: 0, memoryBytes: 0, pods: 0 }
    sum.cpuMillis += pod.version.spec.cpuMillis
    sum.memoryBytes += pod.version.spec.memoryBytes
    sum.pods += 1
    needed.set(pod.nodeName, sum)
  }
  return [...state.nodes.values()].flatMap((node) => overbooked(state, node, needed.get(node.registered.name)))
}

type Booked = { readonly cpuMillis: number; readonly memoryBytes: number; readonly pods: number }

function overbooked(state: FleetState, node: NodeEntry, needed: Booked = NOTHING): string[] {
  const { name } = node.registered
  const booked = state.groups.booked(name)
  const capacity = node.introduction?.resources
  const wrong: string[] = []
  if (JSON.stringify(booked) !== JSON.stringify(needed))
    wrong.push(`I5: on ${name} ${JSON.stringify(booked)} is booked, and ${JSON.stringify(needed)} needed`)
  if (node.podIds.size !== needed.pods) wrong.push(`I5: ${name} lists ${node.podIds.size} pods of ${needed.pods}`)
  if (!capacity) return wrong
  const isOver =
    booked.cpuMillis > capacity.cpuMillis || booked.memoryBytes > capacity.memoryBytes || booked.pods > capacity.pods
  return isOver ? [...wrong, `I5: ${name} is overbooked: ${JSON.stringify(booked)}`] : wrong
}

const NOTHING: Booked = { cpuMillis: 0, memoryBytes: 0, pods: 0 }

/** I6: no pod is made beyond the maximum. `before` holds the pods of the last look. */
export function excessPods(state: FleetState, before: ReadonlySet<string>): string[] {
  return [...state.applications.values()].flatMap((entry) => {
    const made = [...entry.pods].filter((pod) => !before.has(pod.id) && pod.id.startsWith(`pod-${epochOf(state)}-`))
    const total = [...entry.pods].filter(({ phase }) => phase !== 'failed').length
    const { maxPods } = entry.definition.scalingPolicy
    return made.length > 0 && total > maxPods ? [`I6: ${entry.definition.id} has ${total} of ${maxPods} pods`] : []
  })
}

function epochOf({ limits }: FleetState): number {
  return limits.epoch
}

/** I8: whatever waits has an instant at which it ends, and that is not long ago. */
export function endlessWaits({ fleet: { state }, deadlines, nowMs }: FleetWorld): string[] {
  const late = (key: string): string[] => {
    const atMs = deadlines.get(key) ?? Infinity
    return atMs < nowMs - 100 ? [`I8: ${key} is ${nowMs - atMs} ms late`] : []
  }
  return [
    ...[...deadlines.keys()].flatMap(late),
    ...[...state.sessions.values()].flatMap((session) => waitsFor(state, deadlines, session)),
    ...[...state.pods.values()].flatMap((pod) => podWaits(deadlines, pod)),
    ...[...state.nodes.values()].flatMap((node) => {
      const isWaiting = node.phase !== 'lost' && !deadlines.has(`lease:${node.registered.name}`)
      return isWaiting ? [`I8: ${node.registered.name} is ${node.phase} without a lease`] : []
    }),
  ]
}

function waitsFor(state: FleetState, deadlines: ReadonlyMap<string, number>, session: Session): string[] {
  const { id, phase, nodeName } = session
  const pod = session.podId === null ? undefined : state.pods.get(session.podId)
  if (phase === 'closed') return slotWaits(deadlines, session, pod)
  const node = nodeName === null ? undefined : state.nodes.get(nodeName)
  if (node?.expectedSessions.has(id) === true) return [] // S10: its node's lease is its deadline.
  if (pod && !pod.sessionIds.has(id)) return [`I8: ${id} is ${phase} on a pod that does not hold it`]
  return deadlines.has(id) || (pod && mayLast(session)) ? [] : [`I8: ${id} is ${phase} without a deadline`]
}

function mayLast({ phase, request }: Session): boolean {
  if (phase !== 'available' && phase !== 'inUse') return false
  return request.maxLifetimeMs === null && (phase === 'inUse' || request.idleTimeoutMs === null)
}

function slotWaits(deadlines: ReadonlyMap<string, number>, { id }: Session, pod: Pod | undefined): string[] {
  if (!pod?.sessionIds.has(id) || pod.phase === 'terminating') return []
  return deadlines.has(`slot:${pod.id}/${id}`) ? [] : [`I8: ${id} is closed and holds a slot for ever`]
}

function podWaits(deadlines: ReadonlyMap<string, number>, { id, phase }: Pod): string[] {
  const isWaiting = phase === 'creating' || phase === 'terminating' || phase === 'failed'
  return isWaiting && !deadlines.has(id) ? [`I8: ${id} is ${phase} without a deadline`] : []
}

/** What is counted of an application is what a count of its pods and sessions gives. */
export function miscounts(state: FleetState): string[] {
  return [...state.applications.values()].flatMap((entry) => [
    ...POD_PHASES.flatMap((phase) => {
      const count = [...entry.pods].filter((pod) => pod.phase === phase).length
      return count === entry.counts[phase]
        ? []
        : [`${entry.definition.id}: ${entry.counts[phase]} of ${count} ${phase}`]
    }),
    ...miscounted(state, entry),
  ])
}

function miscounted(state: FleetState, entry: ApplicationEntry): string[] {
  const { id } = entry.definition
  const all = [...state.pods.values()].filter((pod) => pod.applicationId === id)
  const sessions = [...state.sessions.values()].filter((session) => session.applicationId === id)
  const open = sessions.filter(({ phase }) => phase !== 'closed')
  const free = all.filter((pod) => pod.phase === 'active' && !entry.onHold.has(pod) && !pod.isSpent)
  const slots = free.reduce((sum, pod) => sum + pod.version.spec.sessionsPerPod - pod.sessionIds.size, 0)
  const wrong: string[] = []
  if (all.length !== entry.pods.size) wrong.push(`${id}: lists ${entry.pods.size} of ${all.length} pods`)
  if (slots !== entry.openSlots) wrong.push(`${id}: ${entry.openSlots} of ${slots} slots are open`)
  if (open.length !== entry.openSessions.size)
    wrong.push(`${id}: lists ${entry.openSessions.size} of ${open.length} sessions`)
  const waiting = open.filter(({ phase }) => phase === 'pending').length
  if (waiting !== entry.queue.size) wrong.push(`${id}: ${entry.queue.size} of ${waiting} sessions wait`)
  if (entry.queue.size > 0 && entry.warm.next() !== null) wrong.push(`${id}: sessions wait beside free pods`)
  return wrong
}

/** I10: a reader that follows the log sees every final state, and versions only grow. */
export class LogReader {
  #seen = new Map<string, string>()
  #version: string | null = null

  check(state: FleetState): string[] {
    const now = new Map(pictures(state))
    const batch = this.#version === null ? null : state.changes.since(this.#version)
    const wrong: string[] = []
    if (batch?.kind === 'changes') {
      for (const { kind, id } of batch.changes) {
        const key = `${kind} ${id}`
        const picture = now.get(key)
        if (picture === undefined) this.#seen.delete(key)
        else this.#seen.set(key, picture)
      }
      for (const [key, picture] of now)
        if (this.#seen.get(key) !== picture) wrong.push(`I10: ${key} is ${picture}, last told ${this.#seen.get(key)}`)
      for (const key of this.#seen.keys()) if (!now.has(key)) wrong.push(`I10: ${key} went without a word`)
      if (isBefore(batch.resourceVersion, this.#version ?? '')) wrong.push('I10: the resource version went back')
    }
    this.#seen = now // Otherwise by a new snapshot.
    this.#version = state.changes.resourceVersion
    return wrong
  }
}

function isBefore(a: string, b: string): boolean {
  const [epochA = 0, counterA = 0] = a.split('.').map(Number)
  const [epochB = 0, counterB = 0] = b.split('.').map(Number)
  return epochA < epochB || (epochA === epochB && counterA < counterB)
}

/** What readers may see of each object. */
function* pictures(state: FleetState): Iterable<[string, string]> {
  for (const { id, phase, podId, clientCount, deadline, timeline } of state.sessions.values())
    yield [`session ${id}`, JSON.stringify([phase, podId, clientCount, deadline, timeline.length])]
  for (const { id, phase, nodeName, sessionIds, runtime, failure } of state.pods.values())
    yield [`pod ${id}`, JSON.stringify([phase, nodeName, [...sessionIds], runtime, failure])]
  for (const entry of state.applications.values()) {
    const { definition, counts, queue, openSessions, failures } = entry
    const { id, revision, isProven, version, fallback } = definition
    if (entry.isDeleted) continue
    const roll = [
      revision,
      isProven,
      version.number,
      fallback?.number,
      [...failures].map(([n, { count }]) => [n, count]),
    ]
    yield [`application ${id}`, JSON.stringify([...roll, counts, queue.size, openSessions.size])]
  }
  for (const { registered, phase, podIds } of state.nodes.values()) {
    const pods = [...podIds].flatMap((id) => state.pods.get(id) ?? [])
    const sessions = pods.reduce((sum, pod) => sum + pod.sessionIds.size, 0)
    const { name } = registered
    yield [`node ${name}`, JSON.stringify([registered, phase, state.groups.booked(name), sessions])]
  }
}

/** All of it, at every rest of a world, or at every nth of a large one; the first thing that is wrong ends the run. */
export function watchOver(world: FleetWorld, every = 1): void {
  let reader = new LogReader()
  let epoch = world.epoch
  let pods: ReadonlySet<string> = new Set()
  let rests = 0
  world.onRest = () => {
    rests += 1
    if (rests % every > 0) return
    const { state } = world.fleet
    if (epoch !== world.epoch) reader = new LogReader()
    epoch = world.epoch
    const wrong = [
      ...doubleGrants(world),
      ...lostSessions(world),
      ...overbookings(state),
      ...excessPods(state, pods),
      ...endlessWaits(world),
      ...miscounts(state),
      ...reader.check(state),
      ...world.misdeeds,
      ...[...world.nodes.values()].flatMap(({ misdeeds }) => misdeeds),
    ]
    pods = new Set(state.pods.keys())
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }
}
