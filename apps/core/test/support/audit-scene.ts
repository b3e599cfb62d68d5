/** A small world at rest, for tests that break it by hand and see who notices. */
import { expect } from 'vitest'
import type {
  Answer,
  AnswersWitness,
  DatabaseWitness,
  Evidence,
  InvariantId,
  ReaderWitness,
  RunningPod,
  SentCommand,
  Told,
  Violation,
  Witnesses,
} from '../../src/audit/evidence.ts'
import { pictureOf } from '../../src/audit/fleet-picture.ts'
import { checkEverything, checkTouched, touchedBy } from '../../src/audit/look.ts'
import { Memory } from '../../src/audit/memory.ts'
import type { ApplicationEntry } from '../../src/fleet/application-entry.ts'
import type { FleetState, NodeEntry } from '../../src/fleet/fleet-state.ts'
import { graceOf } from '../../src/fleet/pod-writer.ts'
import type { Change } from '../../src/fleet/views.ts'
import type { NodeResources } from '../../src/nodes/node.ts'
import type { Pod } from '../../src/pods/pod.ts'
import type { Session } from '../../src/sessions/session.ts'
import { FleetWorld } from './fleet-world.ts'
import { evidenceOf } from './invariants.ts'

export type Scene = {
  readonly world: FleetWorld
  readonly state: FleetState
  readonly memory: Memory
  readonly entry: ApplicationEntry
  readonly node: NodeEntry
  /** Serves two sessions, of which it could have three. */
  readonly busy: Pod
  readonly idle: Pod
  /** On `busy`. */
  readonly open: Session
  readonly other: Session
  readonly closed: Session
  readonly pending: Session
  readonly evidence: (witnesses?: Witnesses) => Evidence
}

export type Broken = readonly [id: InvariantId, what: string, breakIt: BreakIt]

export type BreakIt = (scene: Scene) => Witnesses | void

export type Way = 'changes' | 'everything'

/** What is found of a scene that was broken. */
export function findings(breakIt: (scene: Scene) => Witnesses | void, way: Way): Violation[] {
  const intact = scene()
  const before = intact.state.changes.resourceVersion
  const witnesses = breakIt(intact) ?? {}
  const since = intact.state.changes.since(before)
  return wrongIn(intact.evidence(witnesses), way, since.kind === 'changes' ? since.changes : [])
}

/** As if every object had changed, or in a look at everything. */
export function wrongIn(evidence: Evidence, way: Way, changes: readonly Change[] = []): Violation[] {
  const { sessions, pods, applications, nodes } = evidence.state
  const found: Violation[] = []
  const touched = touchedBy(changes, { nodes: [...nodes.keys(), 'node-x'], sessions: [...sessions.keys(), 'ses-lost'] })
  const all = { ...touched, pods: new Set(pods.keys()), applications: new Set(applications.keys()) }
  if (way === 'changes') checkTouched(evidence, all, (violation) => found.push(violation))
  else checkEverything(evidence, (violation) => found.push(violation))
  return found
}

/** A small world at rest, that somebody has looked at. */
export function scene(): Scene {
  const world = new FleetWorld()
  world.addNode('node-1')
  world.run(10)
  const policy = { minPods: 2, maxPods: 4, target: { kind: 'idleCount', low: 1, high: 1 } } as const
  world.addApplication('game', { policy, spec: { sessionsPerPod: 3 } })
  world.addApplication('huge', { spec: { cpuMillis: 1_000_000_000 } })
  world.run(3_000)
  const openId = world.open('game', { idempotency: { key: 'one', fingerprint: 'x' } })
  const [otherId, closedId, pendingId] = [world.open('game'), world.open('game'), world.open('huge', LONG)]
  world.run(100)
  world.close(closedId)
  world.run(100)
  const { state } = world.fleet
  const memory = new Memory({ hasPicture: true })
  const evidence = (witnesses: Witnesses = {}): Evidence => ({
    ...evidenceOf(world, { memory, pace: 'everyTurn' }),
    witnesses,
  })
  checkEverything(evidence(), ({ what }) => expect.unreachable(what))
  const open = world.session(openId)
  return {
    world,
    state,
    memory,
    evidence,
    open,
    other: world.session(otherId),
    closed: world.session(closedId),
    pending: world.session(pendingId),
    entry: there(state.applications.get('game')),
    node: there(state.nodes.get('node-1')),
    busy: there(state.pods.get(open.podId ?? '')),
    idle: there([...state.pods.values()].find(({ phase }) => phase === 'standby')),
  }
}

const LONG = { openTimeoutMs: 120_000 }

export function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is there')
  return value
}

export function put(state: FleetState, session: Session): void {
  state.sessions.set(session.id, session)
  state.sessionChanged(session, false)
}

export function introduce(node: NodeEntry, resources: NodeResources): void {
  node.introduction = { ...there(node.introduction ?? undefined), resources }
}

/** Another application, which the fleet does not have. */
export function strange(entry: ApplicationEntry): ApplicationEntry {
  return { ...entry, definition: { ...entry.definition, id: 'app-x' } }
}

export function nodesWith(pods: readonly RunningPod[]): Witnesses {
  const resources = { cpuMillis: 64_000, memoryBytes: 2 ** 40, pods: 100 }
  const node = { name: 'node-1', isConnected: true, resources, pods: () => pods }
  return { nodes: new Map([['node-1', node]]) }
}

export function running(podId: string, slots: number, sessionIds: readonly string[]): RunningPod {
  const sessions = sessionIds.map((sessionId) => ({ sessionId, grantEpoch: 2 ** 32 + 1 }))
  return { podId, phase: 'active', slots, cpuMillis: 100, memoryBytes: 1, sessions }
}

export function stopped(pod: Pod, atMs: number, sessions: NonNullable<SentCommand['pod']>['sessions']): SentCommand {
  const command = { kind: 'stopPod', podId: pod.id, graceMs: graceOf(pod) } as const
  return {
    nodeName: 'node-1',
    command,
    atMs,
    pod: { phase: 'terminating', phaseSinceMs: atMs, isAskedAgain: false, sessions },
  }
}

export const NO_ANSWERS: AnswersWitness = { answer: () => null, sessionIds: () => [], byKey: new Map() }
const EMPTY: DatabaseWitness = { session: () => null, sessions: () => [] }

export function answersOf(id: string, told: Answer['told']): Witnesses {
  const answer = (sessionId: string): Answer | null => (sessionId === id ? { told } : null)
  return { answers: { ...NO_ANSWERS, answer, sessionIds: () => [id] }, database: EMPTY }
}

export function reader(overrides: Partial<ReaderWitness>): ReaderWitness {
  const nothing = { told: [], resourceVersion: null, believes: new Map<string, string>() }
  return { name: 'reader-1', kind: 'session', tenantId: null, application: null, ...nothing, ...overrides }
}

export function batch(kind: Told['kind'], resourceVersion: string): Told {
  return { kind, resourceVersion, shown: [], removedIds: [] }
}

export function believed(state: FleetState): [string, string][] {
  return [...state.sessions.values()].map((object) => [object.id, pictureOf({ kind: 'session', object })])
}
