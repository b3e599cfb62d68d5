/**
 * A pool never exceeds its bounds by a decision (I6). It may exceed them by what others do: a client lowers a bound,
 * sessions end and leave their pods behind, a restarted core finds more than it expected. So what counts is growth.
 */
import type { NodeEntry } from '../fleet/fleet-state.ts'
import { graceOf } from '../fleet/pod-writer.ts'
import type { ApplicationEntry } from '../fleet/application-entry.ts'
import type { ScalingTarget } from '../applications/application.ts'
import type { Session } from '../sessions/session.ts'
import type { Evidence, Found, SentCommand } from './evidence.ts'
import type { PoolMemory } from './memory.ts'

/** Who waited for a pod and left in the turn in which that pod was made: a turn may settle several times. */
export function leftTheQueue(session: Session, { memory, nowMs, pace }: Evidence): void {
  const { id, applicationId, phase, podId, closedAtMs } = session
  if (pace !== 'everyTurn' || phase !== 'closed' || podId !== null || closedAtMs !== nowMs) return
  const known = memory.leavers.get(applicationId)
  if (known?.atMs === nowMs) known.ids.add(id)
  else memory.leavers.set(applicationId, { atMs: nowMs, ids: new Set([id]) })
}

/** No pod is made beyond the maximum, nor where the target was met already. */
export function growsWithinBounds(entry: ApplicationEntry, evidence: Evidence, found: Found): void {
  const { memory, state, nowMs, pace } = evidence
  const { id, revision } = entry.definition
  const before = memory.pools.get(id)
  if (entry.isDeleted) {
    memory.pools.delete(id)
    memory.leavers.delete(id)
    return
  }
  const ceiling = staysBelowMaximum(entry, evidence, found)
  const madeThen = pace === 'everyTurn' ? madeAt(entry, nowMs) : null
  if (before && madeThen && !mayHaveFound(before, entry, evidence))
    staysAtTarget(entry, madeSince(before, madeThen, nowMs), { evidence, found })
  const isRevised = before !== undefined && before.revision !== revision
  const revisedAtMs = isRevised ? nowMs : (before?.revisedAtMs ?? null)
  const expectedNodes = state.expectedNodes.size
  memory.pools.set(id, { revision, revisedAtMs, ceiling, expectedNodes, atMs: nowMs, madeThen })
}

/** Returns how many pods it may have at the next look. */
function staysBelowMaximum(entry: ApplicationEntry, evidence: Evidence, found: Found): number {
  const { id, scalingPolicy } = entry.definition
  const { maxPods } = scalingPolicy
  const before = evidence.memory.pools.get(id)
  const total = lastingOf(entry) + entry.counts.terminating
  const ceiling = Math.max(maxPods, before && !mayHaveFound(before, entry, evidence) ? before.ceiling : total)
  if (total > ceiling)
    found({
      invariant: 'I6',
      what: 'a pool was given more pods than its maximum',
      objects: [`application ${id}`],
      evidence: { total, maxPods, ceiling, counts: { ...entry.counts } },
    })
  return Math.max(maxPods, Math.min(ceiling, total))
}

/** Whether pods may have come that nobody made: adopted from nodes that had yet to report, or made under another policy. */
function mayHaveFound(before: PoolMemory, { definition }: ApplicationEntry, { state, pace }: Evidence): boolean {
  if (before.expectedNodes !== state.expectedNodes.size || before.revision !== definition.revision) return true
  return pace === 'nowAndThen' && before.expectedNodes > 0
}

/** After pods were made, there are no more to come than who waits, the target, the minimum and a roll-out can use. */
function staysAtTarget(entry: ApplicationEntry, made: Made, to: { evidence: Evidence; found: Found }): void {
  const { scalingPolicy, version } = entry.definition
  const { counts, queue, openSlots, unreachable } = entry
  const { memory, nowMs } = to.evidence
  const leavers = memory.leavers.get(entry.definition.id)
  const left = leavers?.atMs === nowMs ? leavers.ids.size : 0
  const waiting = Math.ceil(Math.max(0, queue.size + left - openSlots) / version.spec.sessionsPerPod)
  const idle = counts.standby + counts.hibernated - unreachable
  const beside = ofRollOut(entry, idle)
  if (!entry.definition.isProven && entry.definition.fallback !== null && made.older <= 0) return // W8: it is a trial.
  if (made.newest + made.older <= beside) return
  const coming = idle + counts.pending + counts.creating - waiting - beside
  const total = lastingOf(entry) - beside
  if (coming <= 0 || total <= scalingPolicy.minPods || !isAbove(scalingPolicy.target, coming, total)) return
  to.found({
    invariant: 'I6',
    what: 'pods were made though the target of the pool was met',
    objects: [`application ${entry.definition.id}`],
    evidence: { made: { ...made }, coming, waiting, idle, counts: { ...counts }, target: { ...scalingPolicy.target } },
  })
}

/** W6, W8: pods that stand beside the ones that they will replace, or are tried. */
function ofRollOut({ definition, idle: idleOf, inFlight }: ApplicationEntry, idle: number): number {
  const { number } = definition.version
  const oldIdle = idle - (idleOf.get(number) ?? 0)
  if (definition.isProven) return oldIdle
  if (definition.fallback === null) return oldIdle + 1
  return (idleOf.get(number) ?? 0) + (inFlight.get(number) ?? 0)
}

/** W3: of a share, only if one pod less would still be enough. */
function isAbove({ kind, low, high }: ScalingTarget, idle: number, total: number): boolean {
  if (kind === 'idleCount') return idle > high
  return 100 * idle > high * total && 100 * (idle - 1) >= low * (total - 1)
}

/** Pods in flight that were made at an instant, by whether they are of the newest version. */
type Made = NonNullable<PoolMemory['madeThen']>

const NONE: Made = { newest: 0, older: 0 }

/** Those that were not there at the look before. None when nobody knows. */
function madeSince({ atMs, madeThen }: PoolMemory, now: Made, nowMs: number): Made {
  const earlier = atMs === nowMs ? madeThen : NONE
  return earlier === null ? NONE : { newest: now.newest - earlier.newest, older: now.older - earlier.older }
}

function madeAt({ unscheduled, creating, definition }: ApplicationEntry, nowMs: number): Made {
  const made = { newest: 0, older: 0 }
  for (const pods of [unscheduled, creating])
    for (const { createdAtMs, version } of pods)
      if (createdAtMs === nowMs) made[version.id === definition.version.id ? 'newest' : 'older'] += 1
  return made
}

/** All pods but those on their way out. */
function lastingOf({ counts }: ApplicationEntry): number {
  return counts.pending + counts.creating + counts.standby + counts.hibernated + counts.active
}

/** Nothing is spared that the minimum needs. Of what was sent, only a pool's own wish to shrink counts. */
export function shrinksWithinBounds(evidence: Evidence, found: Found): void {
  if (evidence.pace !== 'everyTurn') return
  for (const sent of evidence.witnesses.commands ?? []) {
    const entry = shrunk(sent, evidence)
    if (!entry) continue
    const total = lastingOf(entry)
    const { minPods } = entry.definition.scalingPolicy
    const revisedAtMs = evidence.memory.pools.get(entry.definition.id)?.revisedAtMs
    if (total >= minPods || isRollingOut(entry) || revisedAtMs === evidence.nowMs) continue
    const objects = [`application ${entry.definition.id}`]
    found({ invariant: 'I6', what: 'a pool shrank below its minimum', objects, evidence: { total, minPods } })
  }
}

/** The application whose idle pod was asked to end in this turn, if it was for no reason but that it is spare. */
function shrunk({ nodeName, command, atMs, pod: then }: SentCommand, { state }: Evidence): ApplicationEntry | null {
  if (command.kind !== 'stopPod' || then === null) return null
  if (then.isAskedAgain || then.sessions.length > 0 || then.phase !== 'terminating' || then.phaseSinceMs !== atMs)
    return null
  const pod = state.pods.get(command.podId)
  const node = state.nodes.get(nodeName)
  if (!pod || command.graceMs !== graceOf(pod)) return null
  if (pod.isSpent || !node || isClearing(node)) return null
  const entry = state.entryOf(pod.applicationId)
  if (!entry || entry.isDeleted || entry.definition.version.id !== pod.version.id) return null // W4: room for its successor.
  return entry
}

/** N9, N11: it gives up pods for reasons of its own. */
function isClearing({ registered, conditions }: NodeEntry): boolean {
  return registered.drainDeadlineMs !== null || conditions.length > 0
}

/** W4: a roll-out at the maximum makes room for a moment. */
function isRollingOut({ definition, idle, inFlight, active }: ApplicationEntry): boolean {
  if (!definition.isProven) return true
  const { number } = definition.version
  return [idle, inFlight, active].some((counts) => [...counts.keys()].some((version) => version !== number))
}
