/**
 * What to do when a node has said everything that is true of it. Pure: the core's picture and the node's
 * in, steps out. The node is the authority on what runs; the core on what should.
 */
import type { PodPhase } from '../pods/pod.ts'
import type { SessionPhase } from '../sessions/session.ts'
import type { NodeState, PodReport, SessionReport } from './node-report.ts'

/** What the core knows of the pods and sessions in question. */
export type CorePicture = {
  /** Pods that the core believes are on this node. */
  readonly pods: ReadonlyMap<string, PodPhase>
  /**
   * A session that should be on this node; null when there is none of that id, or it belongs elsewhere. Its pod is
   * null when the core, which has just restarted, does not know that it has one.
   */
  readonly session: (id: string) => { readonly phase: SessionPhase; readonly podId: string | null } | null
  /** Sessions that should be on this node, and whoever else holds a slot there. */
  readonly sessionIds: Iterable<string>
  /** Whether the version is one of an application that still exists. */
  readonly isVersionKnown: (versionId: string) => boolean
  /** N6: whether unknown pods are welcome. */
  readonly isAdopting: boolean
  /** Whether the connection begins with this state. Later ones cross commands that are still on their way. */
  readonly isFirstWord: boolean
}

export type ReconcileStep =
  | { readonly kind: 'adoptPod'; readonly report: PodReport }
  | { readonly kind: 'stopStranger'; readonly podId: string }
  | { readonly kind: 'applyPod'; readonly report: PodReport }
  | { readonly kind: 'podGone'; readonly podId: string }
  | { readonly kind: 'createAgain'; readonly podId: string }
  | { readonly kind: 'stopAgain'; readonly podId: string }
  | { readonly kind: 'adoptSession'; readonly report: SessionReport }
  | { readonly kind: 'holdSlot'; readonly sessionId: string }
  | { readonly kind: 'endStranger'; readonly report: SessionReport }
  | { readonly kind: 'applySession'; readonly report: SessionReport }
  /** `strangers`: how many places of its pod are taken by sessions that nobody knows. */
  | { readonly kind: 'startAgain'; readonly sessionId: string; readonly strangers: number }
  | { readonly kind: 'closeAgain'; readonly sessionId: string }
  | { readonly kind: 'sessionGone'; readonly sessionId: string }
  /** The session is not where the core believes it; what its node has under this name is a stranger. */
  | { readonly kind: 'grantGone'; readonly sessionId: string }

/**
 * The steps, in the order in which they must be taken: pods before the sessions on them, and slots are held
 * before anything can give them to somebody else.
 */
export function planReconciliation(core: CorePicture, node: NodeState): readonly ReconcileStep[] {
  const reportedPods = new Map(node.pods.map((report) => [report.podId, report]))
  const isOurs = (report: SessionReport): boolean => isMeant(core, report, reportedPods)
  const { meant = [], strange = [] } = Object.groupBy(node.sessions, (report) => (isOurs(report) ? 'meant' : 'strange'))
  const meantIds = new Set(meant.map((report) => report.sessionId))
  const strangeIds = new Set(strange.map((report) => report.sessionId))
  const strangersOn = Map.groupBy(
    strange.filter(({ phase }) => phase !== 'closed'),
    ({ podId }) => podId,
  )
  const missing = [...core.sessionIds].flatMap((id) =>
    meantIds.has(id) || strangeIds.has(id) ? [] : stepsForMissingSession(core, id, { reportedPods, strangersOn }),
  )
  const elsewhere = [...strangeIds].filter((id) => (core.session(id)?.podId ?? null) !== null)
  return [
    ...node.pods.flatMap((report) => stepsForPod(core, report)),
    ...[...core.pods].flatMap(([podId, phase]) => (reportedPods.has(podId) ? [] : stepsForMissingPod(podId, phase))),
    ...meant.flatMap((report) => stepsForSlot(core, report)),
    ...missing.filter(({ kind }) => kind === 'startAgain'),
    ...strange.flatMap((report) => stepsForStranger(report)),
    ...meant.flatMap((report) => stepsForSession(core, report)),
    ...missing.filter(({ kind }) => kind === 'sessionGone'),
    ...elsewhere.map((sessionId) => ({ kind: 'grantGone' as const, sessionId })),
  ]
}

/**
 * Whether a session of the node is one that the core knows there. After an older database was restored, the core may
 * believe it on another pod, or not know the version of its pod, which is then not welcome.
 */
function isMeant(core: CorePicture, report: SessionReport, pods: ReadonlyMap<string, PodReport>): boolean {
  const known = core.session(report.sessionId)
  if (known === null) return false
  if (known.podId !== null) return known.podId === report.podId
  const pod = pods.get(report.podId)
  return report.phase === 'closed' || (pod !== undefined && isWelcome(core, pod))
}

function isWelcome(core: CorePicture, pod: PodReport): boolean {
  return core.pods.has(pod.podId) || (core.isAdopting && core.isVersionKnown(pod.versionId))
}

function stepsForPod(core: CorePicture, report: PodReport): ReconcileStep[] {
  const phase = core.pods.get(report.podId)
  const hasEnded = report.phase === 'terminated' || report.phase === 'failed'
  if (phase === undefined) {
    if (hasEnded) return []
    return [isWelcome(core, report) ? { kind: 'adoptPod', report } : { kind: 'stopStranger', podId: report.podId }]
  }
  const isStopLost = phase === 'terminating' && !hasEnded && report.phase !== 'terminating'
  return isStopLost ? [{ kind: 'stopAgain', podId: report.podId }] : [{ kind: 'applyPod', report }]
}

/** A command to create may have been lost with the connection; anything further along is gone. */
function stepsForMissingPod(podId: string, phase: PodPhase): ReconcileStep[] {
  return [{ kind: phase === 'creating' ? 'createAgain' : 'podGone', podId }]
}

function stepsForSlot(core: CorePicture, report: SessionReport): ReconcileStep[] {
  const known = core.session(report.sessionId)
  if (known === null) return []
  const adopted: ReconcileStep[] = known.podId === null ? [{ kind: 'adoptSession', report }] : []
  return report.phase === 'closed' ? adopted : [...adopted, { kind: 'holdSlot', sessionId: report.sessionId }]
}

/** A session that was never answered: its pod has seen its data, and serves nobody else. */
function stepsForStranger(report: SessionReport): ReconcileStep[] {
  return [{ kind: report.phase === 'closed' ? 'applySession' : 'endStranger', report }]
}

function stepsForSession(core: CorePicture, report: SessionReport): ReconcileStep[] {
  const known = core.session(report.sessionId)
  const isCloseLost =
    known !== null && (known.phase === 'closing' || known.phase === 'closed') && isServing(report.phase)
  if (isCloseLost && known.phase === 'closing')
    return [
      { kind: 'applySession', report },
      { kind: 'closeAgain', sessionId: report.sessionId },
    ]
  if (isCloseLost) return [{ kind: 'closeAgain', sessionId: report.sessionId }]
  return [{ kind: 'applySession', report }]
}

function isServing(phase: SessionReport['phase']): boolean {
  return phase === 'starting' || phase === 'available' || phase === 'inUse'
}

/** A command to start may have been lost, if its pod is there; a session that was further along has ended. */
function stepsForMissingSession(
  core: CorePicture,
  sessionId: string,
  said: {
    readonly reportedPods: ReadonlyMap<string, PodReport>
    readonly strangersOn: ReadonlyMap<string, readonly SessionReport[]>
  },
): ReconcileStep[] {
  const known = core.session(sessionId)
  const report = said.reportedPods.get(known?.podId ?? '')
  const isPodThere = report !== undefined && ['creating', 'standby', 'hibernated', 'active'].includes(report.phase)
  // A node keeps what has closed until it may forget it. So it has yet to hear of this one: the commands are on their way.
  if (!core.isFirstWord && (known === null || known.phase === 'closed')) return []
  if (known?.phase === 'starting' && isPodThere)
    return [{ kind: 'startAgain', sessionId, strangers: said.strangersOn.get(report.podId)?.length ?? 0 }]
  return [{ kind: 'sessionGone', sessionId }]
}
