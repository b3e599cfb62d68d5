/** No pod outlives its reason to exist (I4). What counts is the time in which its node could have been told. */
import type { NodeEntry } from '../fleet/fleet-state.ts'
import type { Pod } from '../pods/pod.ts'
import type { Evidence, Found } from './evidence.ts'

/** Beyond a lease. */
const PATIENCE_MS = 30_000

/** A node as it is now; what really runs there, where somebody knows. */
export function nodePods(node: NodeEntry, evidence: Evidence): void {
  const { memory, witnesses } = evidence
  const { name } = node.registered
  const witness = witnesses.nodes?.get(name)
  memory.noteConnection(name, node.phase === 'ready' && witness?.isConnected !== false)
  if (!witness) return
  const running = new Set<string>()
  for (const { podId } of witness.pods()) {
    running.add(podId)
    if (hasReason(evidence, name, podId)) memory.reasonless.delete(podId)
    else memory.noteReasonless(podId, name)
  }
  for (const [podId, { nodeName }] of memory.reasonless)
    if (nodeName === name && !running.has(podId)) memory.reasonless.delete(podId)
}

/** As the core knows it: who was asked to end has no reason any more. */
export function podOfNoUse(pod: Pod, evidence: Evidence, found: Found): void {
  const { memory, witnesses } = evidence
  if (isForgotten(pod, evidence)) {
    const { id, phase, nodeName } = pod
    const what = 'a pod serves nobody and nothing wants it, but it was not asked to end'
    found({ invariant: 'I4', what, objects: [`pod ${id}`], evidence: { phase, nodeName } })
  }
  if (witnesses.nodes || pod.nodeName === null) return
  if (pod.phase !== 'terminating') {
    if (memory.reasonless.size > 0) memory.reasonless.delete(pod.id)
    return
  }
  memory.noteReasonless(pod.id, pod.nodeName)
  judge(pod.id, pod.nodeName, { evidence, found })
}

/** Time passes also where nothing changes. */
export function overstayed(evidence: Evidence, found: Found): void {
  if (evidence.pace !== 'everyTurn') return
  for (const [podId, { nodeName }] of evidence.memory.reasonless) judge(podId, nodeName, { evidence, found })
}

function judge(podId: string, nodeName: string, to: { evidence: Evidence; found: Found }): void {
  const { memory, state } = to.evidence
  const connectedMs = memory.noteReasonless(podId, nodeName)
  const allowedMs = state.limits.leaseMs + PATIENCE_MS
  if (connectedMs <= allowedMs) return
  to.found({
    invariant: 'I4',
    what: 'a pod has outlived its reason to exist',
    objects: [`pod ${podId}`, `node ${nodeName}`],
    evidence: { connectedMs, allowedMs, phase: state.pods.get(podId)?.phase ?? null },
  })
}

function hasReason({ state }: Evidence, nodeName: string, podId: string): boolean {
  const pod = state.pods.get(podId)
  return pod !== undefined && pod.nodeName === nodeName && isWanted(pod)
}

function isWanted({ phase }: Pod): boolean {
  return phase !== 'terminating' && phase !== 'terminated' && phase !== 'failed'
}

/** Of a deleted application, or on a node that drains and could be told. */
function isForgotten(pod: Pod, { state }: Evidence): boolean {
  if (pod.sessionIds.size > 0 || !isWanted(pod)) return false
  if (state.entryOf(pod.applicationId)?.isDeleted === true) return true
  const node = pod.nodeName === null ? undefined : state.nodes.get(pod.nodeName)
  return node !== undefined && node.phase === 'ready' && node.registered.drainDeadlineMs !== null
}
