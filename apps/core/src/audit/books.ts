/** What is counted and indexed of things is what a look at the things gives. */
import type { ApplicationEntry } from '../fleet/application-entry.ts'
import { nameKey, type FleetState, type NodeEntry } from '../fleet/fleet-state.ts'
import type { NodeResources } from '../nodes/node.ts'
import { holdsBooking } from '../pods/pod-state.ts'
import { POD_PHASES, type Pod } from '../pods/pod.ts'
import type { Shelf } from '../pools/warm-pool.ts'
import type { Session } from '../sessions/session.ts'
import type { Evidence, Found } from './evidence.ts'

/** A pod stands where its phase says, and nowhere else. */
export function podIsFiled(pod: Pod, { state }: Evidence, found: Found): void {
  const { id, phase, nodeName } = pod
  const wrong = (what: string): void =>
    found({ invariant: 'books', what, objects: [`pod ${id}`], evidence: { phase, nodeName } })
  const entry = state.applications.get(pod.applicationId)
  if (!entry) return wrong('a pod has no application')
  if (!entry.pods.has(pod)) return wrong('an application does not know its pod')
  const isOnHold = entry.onHold.has(pod)
  if (holdsBooking(phase) && isOnHold !== isHeld(state, pod)) wrong('a pod is on hold, or is not, against its node')
  if (entry.unscheduled.has(pod) !== (phase === 'pending')) wrong('a pod is listed as unscheduled, or is not')
  if (entry.creating.has(pod) !== (phase === 'creating')) wrong('a pod is listed as being made, or is not')
  if (entry.warm.shelfOf(pod) !== (isOnHold ? null : shelfOf(pod))) wrong('a pod stands where no session would take it')
  if (phase === 'terminated') wrong('a pod that has ended is still listed')
  restIsSound(state, pod, wrong)
  if ((nodeName === null) !== (phase === 'pending') && phase !== 'failed') wrong('a pod has a node, or has none')
  const node = nodeName === null ? undefined : state.nodes.get(nodeName)
  if (node && node.podIds.has(id) !== holdsBooking(phase)) wrong('a node lists a pod, or does not')
}

/** P8, W16: who may serve is booked as awake, and who is stuck is listed so. */
function restIsSound({ nodes }: FleetState, pod: Pod, wrong: (what: string) => void): void {
  const { phase, rest, isStuck, nodeName } = pod
  if (rest === 'asleep' && ['pending', 'creating', 'standby', 'active'].includes(phase))
    wrong('a pod is booked as asleep, and runs')
  if (phase === 'hibernated' && rest !== 'asleep' && rest !== 'askedToWake')
    wrong('a pod sleeps, and is booked as awake')
  if (isStuck && phase !== 'hibernated') wrong('a pod that does not sleep is stuck in its sleep')
  const node = nodeName === null ? undefined : nodes.get(nodeName)
  if (node && node.stuck.has(pod) !== isStuck) wrong('a node lists a pod as stuck, or does not')
}

/** W11, W16 */
function isHeld({ nodes }: FleetState, { nodeName, isStuck }: Pod): boolean {
  if (isStuck) return true
  const node = nodeName === null ? undefined : nodes.get(nodeName)
  return node !== undefined && (node.phase !== 'ready' || node.registered.drainDeadlineMs !== null)
}

/** Where a pod stands that no node holds back; null where no session would take it. */
export function shelfOf({ phase, rest, isSpent, sessionIds, version }: Pod): Shelf | null {
  if (isSpent) return null
  if (phase === 'standby') return rest === 'askedToSleep' ? 'dozing' : 'hot'
  if (phase === 'hibernated') return rest === 'askedToWake' ? 'waking' : 'asleep'
  return phase === 'active' && sessionIds.size < version.spec.sessionsPerPod ? 'open' : null
}

/** So does a session. */
export function sessionIsFiled(session: Session, { state }: Evidence, found: Found): void {
  const { id, phase } = session
  const wrong = (what: string): void =>
    found({ invariant: 'books', what, objects: [`session ${id}`], evidence: { phase } })
  if (state.closedSessions.has(id) !== (phase === 'closed')) wrong('a session is listed as closed, or is not')
  const entry = state.applications.get(session.applicationId)
  if (!entry) return
  if (entry.openSessions.has(id) !== (phase !== 'closed')) wrong('a session is listed as open, or is not')
  if (entry.queue.has(id) !== (phase === 'pending')) wrong('a session is in the queue, or is not')
}

/** Whoever an application lists is there, and what it says. Its pods are another matter (`nobodyIsListedTwice`). */
export function* applicationListsItsOwn(entry: ApplicationEntry, { state }: Evidence, found: Found): Generator<void> {
  const objects = [`application ${entry.definition.id}`]
  const wrong = (what: string, sessionId: string): void =>
    found({ invariant: 'books', what, objects: [...objects, `session ${sessionId}`], evidence: {} })
  for (const id of entry.queue) {
    if (state.sessions.get(id)?.phase !== 'pending') wrong('a queue holds who does not wait', id)
    yield
  }
  for (const id of entry.openSessions) {
    const phase = state.sessions.get(id)?.phase ?? 'closed'
    if (phase === 'closed') wrong('a session is listed as open, and has gone', id)
    yield
  }
  for (const id of entry.keys.values()) {
    if (!state.sessions.has(id)) wrong('a key leads to a session that has gone', id)
    yield
  }
}

/**
 * Every pod is where its application and its node list it (`podIsFiled`). So when the lists are as long together as
 * there are pods, nobody is listed who is not there.
 */
export function nobodyIsListedTwice({ state }: Evidence, found: Found): void {
  const listed = { pods: 0, running: 0, onNodes: 0 }
  for (const { pods, counts } of state.applications.values()) {
    listed.pods += pods.size
    listed.running += counts.creating + counts.standby + counts.hibernated + counts.active + counts.terminating
  }
  for (const { podIds } of state.nodes.values()) listed.onNodes += podIds.size
  const wrong = (what: string): void => {
    const evidence = { ...listed, pods: state.pods.size, ofApplications: listed.pods }
    found({ invariant: 'books', what, objects: ['the fleet'], evidence })
  }
  if (listed.pods !== state.pods.size) wrong('applications list other pods than there are')
  if (listed.onNodes !== listed.running) wrong('nodes list other pods than run')
}

/** What costs nothing to compare. */
export function applicationIsFiled(entry: ApplicationEntry, { state }: Evidence, found: Found): void {
  const { id, tenantId, name } = entry.definition
  const { counts, queue, warm } = entry
  const wrong = (what: string, evidence: Parameters<Found>[0]['evidence'] = {}): void =>
    found({ invariant: 'books', what, objects: [`application ${id}`], evidence })
  const leadsHere = state.applicationIds.get(nameKey(tenantId, name)) === id
  if (leadsHere === entry.isDeleted) wrong('a name leads to an application, or does not')
  const counted = POD_PHASES.reduce((sum, phase) => sum + counts[phase], 0)
  if (counted !== entry.pods.size) wrong('pods are counted wrongly', { counted, pods: entry.pods.size })
  if (counts.pending !== entry.unscheduled.size) wrong('unscheduled pods are counted wrongly', { ...counts })
  if (counts.creating !== entry.creating.size) wrong('pods that are being made are counted wrongly', { ...counts })
  if (entry.unscheduled.size > 0 && !state.short.has(entry)) wrong('pods wait for room, and nobody looks for it')
  if (!entry.isDeleted && queue.size > 0 && warm.next() !== null) wrong('sessions wait beside free pods')
  if (entry.isDeleted && entry.pods.size + entry.openSessions.size === 0) wrong('a deleted application stays')
}

/** N1, N3: where new pods may come, and what a placement sees there. */
export function roomIsOffered(
  { registered, phase, introduction, conditions, strangers }: NodeEntry,
  { state }: Evidence,
  found: Found,
): void {
  const { name, isCordoned } = registered
  const account = state.groups.account(name)
  const wrong = (what: string): void =>
    found({ invariant: 'books', what, objects: [`node ${name}`], evidence: { phase, isCordoned, account } })
  const mayGetPods = phase === 'ready' && !isCordoned && strangers.size === 0 && conditions.length === 0
  if ((account?.isOpen ?? false) !== mayGetPods) wrong('a node is open for new pods, or is not')
  if (account === null) return
  const { capacity, booked, free } = account
  const had = introduction?.resources
  if (had && !isEqual(had, capacity)) wrong('a node is taken for another size than it says')
  const rest = {
    cpuMillis: capacity.cpuMillis - booked.cpuMillis,
    memoryBytes: capacity.memoryBytes - booked.memoryBytes,
    pods: capacity.pods - booked.pods,
  }
  if (rest.pods < 0) return // No placement looks there, and I5 has its word.
  if ((free !== null) !== account.isOpen) wrong('a placement sees a node, or does not')
  else if (free !== null && !isEqual(free, rest)) wrong('a placement sees other room than there is')
}

/** Nothing is listed of what has gone. */
export function* nothingIsLeftOver({ state }: Evidence, found: Found): Generator<void> {
  const wrong = (what: string, object: string): void =>
    found({ invariant: 'books', what, objects: [object], evidence: {} })
  for (const ids of [state.closedSessions, state.recordedSessions, state.forgettable.keys()])
    for (const id of ids) {
      if (state.sessions.get(id)?.phase !== 'closed')
        wrong('a session is listed as closed, and is not', `session ${id}`)
      yield
    }
  for (const id of state.applicationIds.values())
    if (!state.applications.has(id)) wrong('a name leads to an application that has gone', `application ${id}`)
  for (const { definition } of state.short)
    if (!state.applications.has(definition.id)) wrong('room is looked for nobody', `application ${definition.id}`)
  for (const node of state.expectedNodes)
    if (state.nodes.get(node.registered.name) !== node) wrong('nobody is expected', `node ${node.registered.name}`)
  for (const { id, applicationId } of state.versions.values()) {
    if (!state.applications.has(applicationId)) wrong('a version of no application is kept', `version ${id}`)
    yield
  }
}

function isEqual(a: NodeResources, b: NodeResources): boolean {
  return a.cpuMillis === b.cpuMillis && a.memoryBytes === b.memoryBytes && a.pods === b.pods
}
