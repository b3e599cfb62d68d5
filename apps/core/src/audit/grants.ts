/** Who serves whom (I1), and whose word counts (I2). */
import type { NodeEntry } from '../fleet/fleet-state.ts'
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { Evidence, Found, RunningPod } from './evidence.ts'

/** A grant is numbered within the epoch of the core that gave it (`FleetState.nextGrantEpoch`). */
const GRANTS_PER_EPOCH = 2 ** 32

/** I1: as the core gave its slots away. */
export function slotsGiven(pod: Pod, evidence: Evidence, found: Found): void {
  const { sessionIds, phase } = pod
  const slots = pod.version.spec.sessionsPerPod
  const wrong = (what: string, sessionId?: string): void =>
    found({
      invariant: 'I1',
      what,
      objects: [`pod ${pod.id}`, ...(sessionId === undefined ? [] : [`session ${sessionId}`])],
      evidence: { phase, slots, sessionIds: [...sessionIds], node: pod.nodeName },
    })
  if (sessionIds.size === 0) {
    if (phase === 'active') wrong('a pod is active and serves nobody')
    return
  }
  if (sessionIds.size > slots) wrong('a pod has more sessions than slots')
  if (phase !== 'active' && phase !== 'terminating') wrong('a pod that does not serve has sessions')
  for (const id of sessionIds)
    if (!holdsItsOwn(pod, id, evidence)) wrong('a pod holds a session that is not its own, and nobody waits', id)
}

/** A stranger, or a session that went elsewhere, holds its slot until the node has let it go (S11). */
function holdsItsOwn(pod: Pod, sessionId: string, { state, deadlines }: Evidence): boolean {
  if (state.sessions.get(sessionId)?.podId === pod.id) return true
  return deadlines.dueAtMs(`slot:${pod.id}/${sessionId}`) !== null
}

/** I1: a session that runs holds its slot, so that nobody else is given it. */
export function slotHeld(session: Session, { state }: Evidence, found: Found): void {
  const { id, phase, podId, nodeName } = session
  if (podId === null || phase === 'closed') return
  const pod = state.pods.get(podId)
  const node = nodeName === null ? undefined : state.nodes.get(nodeName)
  if (!pod || pod.sessionIds.has(id) || node?.expectedSessions.has(id) === true) return
  const objects = [`session ${id}`, `pod ${podId}`]
  found({ invariant: 'I1', what: 'a session runs on a pod that does not hold it', objects, evidence: { phase } })
}

/** I1: as it really is on a node. */
export function slotsUsed(node: NodeEntry, evidence: Evidence, found: Found): void {
  const { name } = node.registered
  for (const pod of evidence.witnesses.nodes?.get(name)?.pods() ?? []) {
    const { podId, slots, sessions } = pod
    if (sessions.length > slots) {
      const sessionIds = sessions.map(({ sessionId }) => sessionId)
      const objects = [`pod ${podId}`, `node ${name}`]
      found({
        invariant: 'I1',
        what: 'a pod serves more sessions than it has slots',
        objects,
        evidence: { slots, sessionIds },
      })
    }
    runsOnce(name, pod, { evidence, found })
  }
}

function runsOnce(nodeName: string, { podId, sessions }: RunningPod, to: { evidence: Evidence; found: Found }): void {
  const { memory, witnesses } = to.evidence
  for (const { sessionId, grantEpoch } of sessions) {
    const coreEpoch = coreEpochOf(grantEpoch)
    const before = memory.running.get(sessionId)
    if (before?.podId === podId && before.coreEpoch === coreEpoch) continue
    memory.running.set(sessionId, { nodeName, podId, coreEpoch })
    if (!before || before.podId === podId || before.coreEpoch !== coreEpoch) continue
    if (witnesses.repeatedEpochs?.has(coreEpoch) === true) continue
    if (!isRunning(witnesses.nodes?.get(before.nodeName)?.pods() ?? [], before.podId, sessionId)) continue
    const objects = [`session ${sessionId}`, `pod ${podId}`, `pod ${before.podId}`]
    to.found({
      invariant: 'I1',
      what: 'a session runs on two pods in one epoch',
      objects,
      evidence: { coreEpoch, nodes: [before.nodeName, nodeName] },
    })
  }
}

function isRunning(pods: Iterable<RunningPod>, podId: string, sessionId: string): boolean {
  for (const pod of pods)
    if (pod.podId === podId) return pod.sessions.some((session) => session.sessionId === sessionId)
  return false
}

/** I2: a core that was left behind would see grants of the one that came after it. */
export function grantIsOfThisCore({ id, grantEpoch }: Session, { state }: Evidence, found: Found): void {
  if (grantEpoch === null || coreEpochOf(grantEpoch) <= state.limits.epoch) return
  const evidence = { grantEpoch, grantedBy: coreEpochOf(grantEpoch), epoch: state.limits.epoch }
  found({ invariant: 'I2', what: 'a later core has granted a session', objects: [`session ${id}`], evidence })
}

/** I2: as nodes acted. */
export function actsAreCurrent({ witnesses }: Evidence, found: Found): void {
  for (const { nodeName, kind, coreId, epoch, highestEpoch } of witnesses.acts ?? []) {
    if (epoch >= highestEpoch) continue
    const what = 'a node acted on a command of an older epoch'
    found({ invariant: 'I2', what, objects: [`node ${nodeName}`], evidence: { kind, coreId, epoch, highestEpoch } })
  }
}

function coreEpochOf(grantEpoch: number): number {
  return Math.floor(grantEpoch / GRANTS_PER_EPOCH)
}
