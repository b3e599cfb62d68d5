/** The two ways of looking: at what changed, and at everything. The checks are the same. */
import { unreachable } from '@fornax/kernel/assert'
import type { ApplicationEntry } from '../fleet/application-entry.ts'
import type { NodeEntry } from '../fleet/fleet-state.ts'
import type { Change } from '../fleet/views.ts'
import type { Pod } from '../pods/pod.ts'
import type { Session } from '../sessions/session.ts'
import type { Evidence, Found, Look, Touched } from './evidence.ts'
import { INVARIANTS } from './invariants.ts'
import { answerIsKept } from './promises.ts'
import { sumsBitByBit } from './sums.ts'

const OF_PODS = INVARIANTS.flatMap(({ pod = [] }) => pod)
const OF_SESSIONS = INVARIANTS.flatMap(({ session = [] }) => session)
const OF_NODES = INVARIANTS.flatMap(({ node = [] }) => node)
const OF_APPLICATIONS = INVARIANTS.flatMap(({ application = [] }) => application)
const APPLICATION_LISTS = INVARIANTS.flatMap(({ applicationLists = [] }) => applicationLists)
const OF_CHANGES = INVARIANTS.flatMap(({ change = [] }) => change)
const NEWS = INVARIANTS.flatMap(({ news = [] }) => news)
const OF_THE_WHOLE = INVARIANTS.flatMap(({ whole = [] }) => whole)

/** What a part of a look has cost, in looks at one pod, roughly. */
export type Effort = number

/** What changed beside the fleet, which its log cannot know. */
export type AlsoTouched = {
  /** Nodes whose own state changed. */
  readonly nodes?: Iterable<string>
  /** Sessions whose clients were answered. */
  readonly sessions?: Iterable<string>
}

/** What changed, by kind, each once. */
export function touchedBy(changes: readonly Change[], also: AlsoTouched = {}): Touched {
  const sessions = new Set<string>(also.sessions)
  const pods = new Set<string>()
  const applications = new Set<string>()
  const nodes = new Set<string>(also.nodes)
  const sets = { session: sessions, pod: pods, application: applications, node: nodes }
  for (const { kind, id } of changes) sets[kind].add(id)
  return { sessions, pods, applications, nodes, changes }
}

/** Checks what changed, in one go. Nodes and sessions come before others: what is remembered of them is asked there. */
export function checkTouched(evidence: Evidence, touched: Touched, found: Found): void {
  evidence.memory.begin(evidence.state, evidence.nowMs)
  for (const change of touched.changes) checkChange(change, evidence, found)
  for (const id of touched.nodes) checkOne({ kind: 'node', id }, evidence, found)
  for (const id of touched.pods) checkOne({ kind: 'pod', id }, evidence, found)
  for (const id of touched.sessions) checkOne({ kind: 'session', id }, evidence, found)
  for (const id of touched.applications) checkOne({ kind: 'application', id }, evidence, found)
  for (const check of NEWS) check(evidence, found, touched)
}

/** Checks what a change says. */
export function checkChange(change: Change, evidence: Evidence, found: Found): void {
  for (const check of OF_CHANGES) check(change, evidence, found)
}

/** Checks everything, in one go. */
export function checkEverything(evidence: Evidence, found: Found): void {
  for (const _ of everything({ evidence }, found));
}

/** Checks an object as it now is, or what its absence means. */
export function checkOne({ kind, id }: Pick<Change, 'kind' | 'id'>, evidence: Evidence, found: Found): Effort {
  const { state, memory, witnesses } = evidence
  switch (kind) {
    case 'node': {
      const node = state.nodes.get(id)
      return node ? checkNode(node, evidence, found) : 1
    }
    case 'pod': {
      const pod = state.pods.get(id)
      if (pod) return checkPod(pod, evidence, found)
      if (!witnesses.nodes) memory.reasonless.delete(id)
      return 1
    }
    case 'session': {
      const session = state.sessions.get(id)
      if (session) return checkSession(session, evidence, found)
      answerIsKept(id, evidence, found)
      return 1
    }
    case 'application': {
      const entry = state.applications.get(id)
      if (entry) return checkApplication(entry, evidence, found)
      memory.pools.delete(id)
      memory.leavers.delete(id)
      return 1
    }
    default:
      return unreachable(kind)
  }
}

/** What was sent and told since the last look; for who looks at what changed one by one. */
export function checkNews(evidence: Evidence, found: Found): void {
  evidence.memory.begin(evidence.state, evidence.nowMs)
  for (const check of NEWS) check(evidence, found, null)
}

/**
 * Checks everything, and yields between objects what the last one has cost. Whoever lets other turns pass meanwhile
 * puts newer evidence into the look before going on: things may come, change and go.
 */
export function* everything(look: Look, found: Found): Generator<Effort> {
  const { state, memory, nowMs } = look.evidence
  memory.begin(state, nowMs)
  memory.running.clear() // Whoever runs is seen on the way.
  for (const node of state.nodes.values()) yield checkNode(node, look.evidence, found)
  for (const pod of state.pods.values()) yield checkPod(pod, look.evidence, found)
  for (const session of state.sessions.values()) yield checkSession(session, look.evidence, found)
  for (const entry of state.applications.values()) {
    yield checkApplication(entry, look.evidence, found)
    if (sizeOf(entry) > look.evidence.countUpTo) yield* bitByBit(entry, look, found)
  }
  for (const read of OF_THE_WHOLE) for (const _ of read(look.evidence, found)) yield 1
  for (const check of NEWS) check(look.evidence, found, null)
  yield* forgetTheGone(look)
}

function checkNode(node: NodeEntry, evidence: Evidence, found: Found): Effort {
  for (const check of OF_NODES) check(node, evidence, found)
  return 2 + Math.min(node.podIds.size, evidence.countUpTo) / PER_LISTED
}

function checkPod(pod: Pod, evidence: Evidence, found: Found): Effort {
  for (const check of OF_PODS) check(pod, evidence, found)
  return 1
}

function checkSession(session: Session, evidence: Evidence, found: Found): Effort {
  for (const check of OF_SESSIONS) check(session, evidence, found)
  return 1
}

function checkApplication(entry: ApplicationEntry, evidence: Evidence, found: Found): Effort {
  for (const check of OF_APPLICATIONS) check(entry, evidence, found)
  const size = sizeOf(entry)
  if (size > evidence.countUpTo) return 2
  for (const read of APPLICATION_LISTS) for (const _ of read(entry, evidence, found));
  return 2 + size / PER_LISTED
}

/** An application with more to count than should be counted in one go. */
function* bitByBit(entry: ApplicationEntry, look: Look, found: Found): Generator<Effort> {
  for (const read of APPLICATION_LISTS) for (const _ of read(entry, look.evidence, found)) yield 1
  if (entry.pods.size > look.evidence.countUpTo) for (const _ of sumsBitByBit(entry, look, found)) yield 1
}

/** How many entries of a list cost as much as a pod. */
const PER_LISTED = 8

function sizeOf({ pods, openSessions, queue, keys }: ApplicationEntry): number {
  return pods.size + openSessions.size + queue.size + keys.size
}

/** Memory is bounded by what exists, also when a change was missed. */
function* forgetTheGone({ evidence }: Look): Generator<Effort> {
  const { memory, state, witnesses } = evidence
  for (const name of memory.nodeNames()) {
    if (!state.nodes.has(name)) memory.forgetNode(name)
    yield 1
  }
  for (const id of memory.pools.keys()) {
    if (!state.applications.has(id)) memory.pools.delete(id)
    yield 1
  }
  for (const id of memory.leavers.keys()) if (!state.applications.has(id)) memory.leavers.delete(id)
  if (witnesses.nodes) return
  for (const id of memory.reasonless.keys()) {
    if (state.pods.get(id)?.phase !== 'terminating') memory.reasonless.delete(id)
    yield 1
  }
}
