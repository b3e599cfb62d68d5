/** Which changes of a pod a core must hear of. */
import { toldPodPhase, type Pod, type PodEvent } from '@fornax/node-model/pod-state'

/** That a pod serves a session is told by the session. */
const TOLD_BY_SESSIONS: readonly PodEvent['kind'][] = ['claimed', 'released', 'occupied']

/** Whether the core must hear of the change. */
export function isNews(before: Pod, pod: Pod, event: PodEvent): boolean {
  if (before.isSpent !== pod.isSpent || before.hibernation !== pod.hibernation) return true
  return toldPodPhase(before) !== toldPodPhase(pod) && !TOLD_BY_SESSIONS.includes(event.kind)
}
