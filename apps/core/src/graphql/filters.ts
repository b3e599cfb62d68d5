/** What `where` selects. Lists and watches share these, so that they show the same. */
import type { ApplicationView, NodeView } from '../fleet/views.ts'
import type { PodView } from '../pods/pod.ts'
import type { CloseReason, Session } from '../sessions/session.ts'
import type { SessionSpan } from '../store/store.ts'
import type {
  ApplicationFilter,
  ComputeNodeFilter,
  InputMaybe,
  LabelInput,
  PodFilter,
  SessionFilter,
} from './generated/resolver-types.ts'
import type { VisibleNode } from './visibility.ts'
import { toInstant } from './windows.ts'

/** A filter as it comes with a request. */
export type Where<T> = InputMaybe<T> | undefined

export function sessionMatches(where: Where<SessionFilter>): (session: Session) => boolean {
  if (!where) return () => true
  const { application, nodeName, podId, start } = where
  const isPhase = anyOf(where.phases)
  const isReason = anyOf<CloseReason | null>(where.closeReasons)
  const hasLabels = allOf(where.labels)
  const isThen = within(spanOf(where))
  return (session) =>
    isSame(application, session.applicationName) &&
    isSame(nodeName, session.nodeName) &&
    isSame(podId, session.podId) &&
    isSame(start, session.start) &&
    isPhase(session.phase) &&
    isReason(session.closeReason) &&
    isThen(session) &&
    hasLabels(session.request.labels)
}

/** When sessions were asked for and became available, and how long that took, as a filter says it. Null: whenever. */
export function spanOf(where: Where<SessionFilter>): SessionSpan {
  return {
    createdFromMs: toInstant('where.createdFrom', where?.createdFrom),
    createdUntilMs: toInstant('where.createdUntil', where?.createdUntil),
    availableFromMs: toInstant('where.availableFrom', where?.availableFrom),
    availableUntilMs: toInstant('where.availableUntil', where?.availableUntil),
    latencyFromMs: where?.latencyFromMs ?? null,
    latencyBelowMs: where?.latencyBelowMs ?? null,
  }
}

function within(span: SessionSpan): (session: Session) => boolean {
  const { createdFromMs, createdUntilMs, availableFromMs, availableUntilMs, latencyFromMs, latencyBelowMs } = span
  const isIn = (value: number | null, from: number | null, below: number | null): boolean =>
    (from === null || (value !== null && value >= from)) && (below === null || (value !== null && value < below))
  return ({ createdAtMs, availableAtMs }) =>
    isIn(createdAtMs, createdFromMs, createdUntilMs) &&
    isIn(availableAtMs, availableFromMs, availableUntilMs) &&
    isIn(availableAtMs === null ? null : availableAtMs - createdAtMs, latencyFromMs, latencyBelowMs)
}

export function podMatches(where: Where<PodFilter>): (pod: PodView) => boolean {
  if (!where) return () => true
  const { application, nodeName } = where
  const isPhase = anyOf(where.phases)
  return (pod) => isSame(application, pod.applicationName) && isSame(nodeName, pod.nodeName) && isPhase(pod.phase)
}

export function applicationMatches(where: Where<ApplicationFilter>): (application: ApplicationView) => boolean {
  if (!where) return () => true
  const { name, hasProblem } = where
  return ({ definition, failure }) => isSame(name, definition.name) && isSame(hasProblem, failure !== null)
}

export function computeNodeMatches(where: Where<ComputeNodeFilter>): (node: VisibleNode) => boolean {
  if (!where) return () => true
  const { isCordoned, agentVersion, nameContains } = where
  const isPhase = anyOf(where.phases)
  const hasLabels = allOf(where.labels)
  return ({ view }) =>
    isPhase(view.phase) &&
    hasLabels(labelsOf(view)) &&
    isSame(isCordoned, view.registered.isCordoned) &&
    isSame(agentVersion, view.introduction?.agentVersion ?? null) &&
    (!nameContains || view.registered.name.includes(nameContains.toLowerCase()))
}

/** A node's own labels, and those an operator gave it on top. */
export function labelsOf({ introduction, registered }: NodeView): Readonly<Record<string, string>> {
  return { ...introduction?.labels, ...registered.labels }
}

function isSame<T>(wanted: T | null | undefined, value: T | null): boolean {
  return wanted === null || wanted === undefined || wanted === value
}

/** Without a list, or with an empty one, everything. */
function anyOf<T>(wanted: readonly T[] | null | undefined): (value: T) => boolean {
  if (!wanted?.length) return () => true
  const set = new Set(wanted)
  return (value) => set.has(value)
}

function allOf(wanted: Where<readonly LabelInput[]>): (labels: Readonly<Record<string, string>>) => boolean {
  if (!wanted?.length) return () => true
  return (labels) => wanted.every(({ name, value }) => labels[name] === value)
}
