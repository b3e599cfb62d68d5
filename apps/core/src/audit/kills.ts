/** Nobody is killed who serves, but by policy or deadline (I7). */
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { Evidence, Found } from './evidence.ts'

/** Of what was sent: a pod is asked to end only when everybody there has closed. */
export function nobodyIsStopped({ witnesses }: Evidence, found: Found): void {
  for (const { command, pod, nodeName, atMs } of witnesses.commands ?? []) {
    if (command.kind !== 'stopPod') continue
    for (const { sessionId, phase } of pod?.sessions ?? []) {
      if (phase === null || phase === 'closed') continue
      found({
        invariant: 'I7',
        what: 'a pod was asked to end while it served a session',
        objects: [`pod ${command.podId}`, `session ${sessionId}`, `node ${nodeName}`],
        evidence: { phase, graceMs: command.graceMs, atMs },
      })
    }
  }
}

/** A pod that is on its way out is given to nobody. */
export function nobodyIsGivenADyingPod(pod: Pod, { state }: Evidence, found: Found): void {
  if (pod.phase !== 'terminating' || pod.sessionIds.size === 0) return
  for (const id of pod.sessionIds) {
    const session = state.sessions.get(id)
    const takenAtMs = session?.podId === pod.id ? takenAt(session) : null
    if (takenAtMs === null || takenAtMs <= pod.phaseSinceMs) continue
    const what = 'a session was given a pod that was asked to end'
    const evidence = { takenAtMs, askedToEndAtMs: pod.phaseSinceMs }
    found({ invariant: 'I7', what, objects: [`pod ${pod.id}`, `session ${id}`], evidence })
  }
}

function takenAt({ timeline }: Session): number | null {
  return timeline.findLast(({ step }) => step === 'podTaken')?.atMs ?? null
}

/** What a session was closed for is so. */
export function reasonHolds(session: Session, { state, nowMs, pace }: Evidence, found: Found): void {
  const { id, phase, closeReason, nodeName } = session
  if (closeReason === 'applicationDeleted' && state.applications.get(session.applicationId)?.isDeleted === false) {
    const what = 'a session closed for the end of an application that is there'
    found({ invariant: 'I7', what, objects: [`session ${id}`], evidence: { phase } })
  }
  // Later somebody may have asked for another drain.
  if (closeReason !== 'drained' || phase !== 'closing' || pace !== 'everyTurn') return
  const node = nodeName === null ? undefined : state.nodes.get(nodeName)
  const drainDeadlineMs = node?.registered.drainDeadlineMs ?? null
  const began = session.timeline.findLast(({ step }) => step === 'closing')?.atMs
  if (began !== nowMs || drainDeadlineMs === null || drainDeadlineMs <= nowMs) return
  const what = 'a session was drained before the deadline of the drain'
  found({ invariant: 'I7', what, objects: [`session ${id}`, `node ${nodeName}`], evidence: { nowMs, drainDeadlineMs } })
}
