/** What `where` selects. Lists and watches share these, so that they show the same. */
import type { ApplicationView, NodeView } from '../fleet/views.ts'
import type { PodView } from '../pods/pod.ts'
import { hasTraits, type SessionTraits } from '../sessions/session-traits.ts'
import type { Session } from '../sessions/session.ts'
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
  const { application, nodeName } = where
  const isPhase = anyOf(where.phases)
  const hasLabels = allOf(where.labels)
  const traits = traitsOf(where)
  return (session) =>
    isSame(application, session.applicationName) &&
    isSame(nodeName, session.nodeName) &&
    isPhase(session.phase) &&
    hasTraits(session, traits) &&
    hasLabels(session.request.labels)
}

/** What a filter says of sessions beyond where they are and in which phase. */
export function traitsOf(where: Where<SessionFilter>): SessionTraits {
  const { podId = null, start = null, latencyFromMs = null, latencyBelowMs = null, closeReasons } = where ?? {}
  return {
    podId,
    start,
    closeReasons: closeReasons?.length ? closeReasons : null,
    created: {
      from: toInstant('where.createdFrom', where?.createdFrom),
      below: toInstant('where.createdUntil', where?.createdUntil),
    },
    available: {
      from: toInstant('where.availableFrom', where?.availableFrom),
      below: toInstant('where.availableUntil', where?.availableUntil),
    },
    latency: { from: latencyFromMs, below: latencyBelowMs },
  }
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
