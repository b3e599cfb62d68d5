/** Every waiting phase ends by its deadline (I8): there is one, and it is not long ago. */
import type { ApplicationEntry } from '../fleet/application-entry.ts'
import type { NodeEntry } from '../fleet/fleet-state.ts'
import { MARK_KEY } from '../fleet/node-writer.ts'
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { Evidence, Found } from './evidence.ts'

/** How late a deadline may fire. */
const LATE_MAX_MS = 100

export function sessionWaits(session: Session, evidence: Evidence, found: Found): void {
  const { id, phase, podId } = session
  if (phase === 'closed') return closedWaits(session, evidence, found)
  const late = wait(`session ${id}`, id, evidence)
  if (late !== null) return found({ ...late, evidence: { ...late.evidence, phase } })
  const { state, deadlines } = evidence
  const node = session.nodeName === null ? undefined : state.nodes.get(session.nodeName)
  if (node?.expectedSessions.has(id) === true) return // S10: its node's lease is its deadline.
  const dueAtMs = deadlines.dueAtMs(id)
  if (session.deadline !== null && dueAtMs === null)
    return found({
      invariant: 'I8',
      what: 'a session has a deadline that nobody waits for',
      objects: [`session ${id}`],
      evidence: { phase, atMs: session.deadline.atMs },
    })
  if (dueAtMs !== null || mayLast(session)) return
  found({ invariant: 'I8', what: 'a session waits for ever', objects: [`session ${id}`], evidence: { phase, podId } })
}

function mayLast({ phase, request }: Session): boolean {
  if (phase !== 'available' && phase !== 'inUse') return false
  return request.maxLifetimeMs === null && (phase === 'inUse' || request.idleTimeoutMs === null)
}

/** It leaves memory after a while; and before that, the pod that it was on. */
function closedWaits({ id, podId }: Session, evidence: Evidence, found: Found): void {
  const { state, deadlines } = evidence
  const objects = [`session ${id}`]
  const late = wait(`session ${id}`, `keep:${id}`, evidence)
  if (late !== null) found(late)
  else if (deadlines.dueAtMs(`keep:${id}`) === null)
    found({ invariant: 'I8', what: 'a closed session stays for ever', objects, evidence: {} })
  const pod = podId === null ? undefined : state.pods.get(podId)
  if (!pod?.sessionIds.has(id) || pod.phase === 'terminating') return
  const slot = `slot:${pod.id}/${id}`
  const lateSlot = wait(`session ${id}`, slot, evidence)
  if (lateSlot !== null) found(lateSlot)
  else if (deadlines.dueAtMs(slot) === null)
    found({ invariant: 'I8', what: 'a closed session holds a slot for ever', objects, evidence: { podId } })
}

export function podWaits({ id, phase }: Pod, evidence: Evidence, found: Found): void {
  if (phase !== 'creating' && phase !== 'terminating' && phase !== 'failed') return
  const late = wait(`pod ${id}`, id, evidence)
  if (late !== null) return found({ ...late, evidence: { ...late.evidence, phase } })
  if (evidence.deadlines.dueAtMs(id) !== null) return
  found({ invariant: 'I8', what: 'a pod waits for ever', objects: [`pod ${id}`], evidence: { phase } })
}

export function nodeWaits(node: NodeEntry, evidence: Evidence, found: Found): void {
  const { name, drainDeadlineMs } = node.registered
  const { phase } = node
  const objects = [`node ${name}`]
  for (const key of [`lease:${name}`, `drain:${name}`]) {
    const late = wait(`node ${name}`, key, evidence)
    if (late !== null) found({ ...late, evidence: { ...late.evidence, phase } })
  }
  if (phase !== 'lost' && evidence.deadlines.dueAtMs(`lease:${name}`) === null)
    found({ invariant: 'I8', what: 'a node has no lease', objects, evidence: { phase } })
  if (drainDeadlineMs === null) return
  if (drainDeadlineMs > evidence.nowMs && evidence.deadlines.dueAtMs(`drain:${name}`) === null)
    found({ invariant: 'I8', what: 'a drain lasts for ever', objects, evidence: { drainDeadlineMs } })
  if (phase === 'ready' && evidence.nowMs - drainDeadlineMs > LATE_MAX_MS && !isDue(`drain:${name}`, evidence))
    drained(node, evidence, found)
}

/** After the deadline of a drain, whoever is still there is on its way out. */
function drained(node: NodeEntry, { state, countUpTo }: Evidence, found: Found): void {
  if (node.podIds.size > countUpTo) return
  const { name, drainDeadlineMs } = node.registered
  for (const podId of node.podIds)
    for (const id of state.pods.get(podId)?.sessionIds ?? []) {
      const session = state.sessions.get(id)
      if (session?.podId !== podId || (session.phase !== 'available' && session.phase !== 'inUse')) continue
      found({
        invariant: 'I8',
        what: 'a session outlasts the drain of its node',
        objects: [`session ${id}`, `node ${name}`],
        evidence: { phase: session.phase, drainDeadlineMs },
      })
    }
}

/** An application looks again at its pool at an instant, and at whether its newest version has proven itself (W8). */
export function applicationWaits(entry: ApplicationEntry, evidence: Evidence, found: Found): void {
  const { id } = entry.definition
  const proof = `proof:${id}`
  for (const key of [id, proof]) {
    const late = wait(`application ${id}`, key, evidence)
    if (late !== null) found(late)
  }
  const { provesAtMs } = entry
  if (provesAtMs === null || evidence.deadlines.dueAtMs(proof) !== null) return
  const what = 'a version waits for ever to be proven'
  found({ invariant: 'I8', what, objects: [`application ${id}`], evidence: { provesAtMs } })
}

/** While anybody's silence is measured, the core marks that it listens (N8). */
export function coreListens(evidence: Evidence, found: Found): void {
  const late = wait('the core', MARK_KEY, evidence)
  if (late !== null) found(late)
  else if (evidence.state.isMarkSet && evidence.deadlines.dueAtMs(MARK_KEY) === null)
    found({ invariant: 'I8', what: 'the core no longer marks that it listens', objects: ['the core'], evidence: {} })
}

function isDue(key: string, { deadlines }: Evidence): boolean {
  return deadlines.dueAtMs(key) !== null
}

/** That a deadline is overdue; null when it is not, or not set. */
function wait(object: string, key: string, { deadlines, nowMs }: Evidence): Parameters<Found>[0] | null {
  const dueAtMs = deadlines.dueAtMs(key)
  if (dueAtMs === null || nowMs - dueAtMs <= LATE_MAX_MS) return null
  return { invariant: 'I8', what: OVERDUE, objects: [object], evidence: { key, dueAtMs, lateMs: nowMs - dueAtMs } }
}

/** A deadline whose instant has come, and who waits for the same turn of the event loop, may still fire on time. */
export const OVERDUE = 'a deadline did not fire'
