/** Why sessions and pods are where they are, in data and in a sentence. */
import { unreachable } from '@fornax/kernel/assert'
import { shortageWords } from '../fleet/shortage-words.ts'
import type { PodView } from '../pods/pod.ts'
import { unpackChoice } from '../scheduler/placement-choice.ts'
import type { Shortage } from '../scheduler/placement.ts'
import type { PodOrigin, Session } from '../sessions/session.ts'
import type { FleetReader } from './core-port.ts'

type NodeChoice = {
  readonly nodesCompared: number
  readonly hadVersion: boolean
  readonly podsOfApplication: number
  readonly waitedForRoomMs: number
}

type WithMessage = Shortage & { readonly message: string }

export type PodPlacement = {
  readonly choice: NodeChoice | null
  readonly message: string
  readonly shortage: WithMessage | null
}

export type SessionPlacement = PodPlacement & {
  readonly podOrigin: PodOrigin['kind'] | null
  readonly waitedMs: number | null
}

export function podPlacement(fleet: FleetReader, pod: PodView): PodPlacement {
  const { nodeName, applicationId } = pod
  if (nodeName === null) return waiting(fleet, applicationId)
  const waitedForRoomMs = Math.max(0, (pod.placedAtMs ?? pod.createdAtMs) - pod.createdAtMs)
  const choice = choiceOf(pod.choice, waitedForRoomMs)
  return { choice, message: sentence(choiceWords(nodeName, choice)), shortage: null }
}

/** Null when the core does not know: it was started since, or the session never had a pod. */
export function sessionPlacement(fleet: FleetReader, session: Session): SessionPlacement | null {
  const { phase, timeline, createdAtMs, applicationId, nodeName } = session
  if (phase === 'pending') return { ...queued(fleet, session, applicationId), podOrigin: null, waitedMs: null }
  const taken = timeline.find(({ step }) => step === 'podTaken')
  if (!taken?.pod) return null
  const waitedMs = taken.atMs - createdAtMs
  const pod = session.podId === null ? null : fleet.pod(session.podId)
  const choice =
    taken.pod.kind === 'made'
      ? choiceOf(taken.pod.choice, taken.pod.waitedForRoomMs)
      : pod && choiceOf(pod.choice, (pod.placedAtMs ?? pod.createdAtMs) - pod.createdAtMs)
  const where = nodeName === null || choice === null ? '' : ` ${sentence(choiceWords(nodeName, choice))}`
  return {
    choice,
    message: `${sentence(originWords(taken.pod, waitedMs))}${where}`,
    podOrigin: taken.pod.kind,
    shortage: null,
    waitedMs,
  }
}

function waiting(fleet: FleetReader, applicationId: string): PodPlacement {
  const shortage = withMessage(fleet.shortage(applicationId))
  const message = shortage === null ? 'A node is being chosen.' : `It waits for room: ${shortage.message}.`
  return { choice: null, message, shortage }
}

function queued(fleet: FleetReader, { id }: Session, applicationId: string): PodPlacement {
  const before = fleet.queuePosition(id) ?? 0
  const { shortage } = waiting(fleet, applicationId)
  const first = before === 0 ? 'it is the next to get a pod' : `${before} sessions of its application wait before it`
  const message = shortage === null ? sentence(first) : `${sentence(first)} ${sentence(`no room: ${shortage.message}`)}`
  return { choice: null, message, shortage }
}

function withMessage(shortage: Shortage | null): WithMessage | null {
  return shortage === null ? null : { ...shortage, message: shortageWords(shortage) }
}

function choiceOf(packed: number, waitedForRoomMs: number): NodeChoice | null {
  const choice = unpackChoice(packed)
  return choice === null ? null : { ...choice, waitedForRoomMs: Math.max(0, waitedForRoomMs) }
}

function originWords(origin: PodOrigin, waitedMs: number): string {
  switch (origin.kind) {
    case 'hot':
      return waitedMs > 0 ? `a pod became free after ${waitedMs} ms in the queue` : 'a pod stood by: warm'
    case 'hibernated':
      return 'no pod stood by, and one that slept was woken: warm'
    case 'shared':
      return 'a pod that served others had a slot left: warm'
    case 'made':
      return `no pod was ready, and one was made in ${waitedMs} ms: cold`
    default:
      return unreachable(origin)
  }
}

function choiceWords(nodeName: string, choice: NodeChoice | null): string {
  if (choice === null) return `it runs on ${nodeName}; the core that chose it is gone`
  const { nodesCompared, hadVersion, podsOfApplication, waitedForRoomMs } = choice
  const among = nodesCompared === 1 ? 'was found to have room' : `was the best of ${nodesCompared} nodes with room`
  const version = hadVersion ? 'it had the version already' : 'it did not have the version yet'
  const pods = podsOfApplication === 1 ? '1 pod' : `${podsOfApplication} pods`
  const waited = waitedForRoomMs > 0 ? `, after ${waitedForRoomMs} ms without room` : ''
  return `it runs on ${nodeName}, which ${among}: ${version}, and ${pods} of the application${waited}`
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
