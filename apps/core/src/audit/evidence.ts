/**
 * What the invariants look at. The running core always has the first part: its fleet, the time, its deadlines. A
 * simulation also has witnesses: what nodes really run, what was sent and answered, what a database holds, what
 * readers believe. A check whose witness is absent checks what can be checked without.
 *
 * Everything here is looked at between turns, when what a turn changed is settled; never in the middle of one.
 */
import type { FleetState } from '../fleet/fleet-state.ts'
import type { NodeCommand } from '../fleet/node-command.ts'
import type { Change } from '../fleet/views.ts'
import type { NodeResources } from '../nodes/node.ts'
import type { PodPhase } from '../pods/pod.ts'
import type { Session, SessionPhase } from '../sessions/session.ts'
import type { Memory } from './memory.ts'

/** `books`: what is counted or indexed of things is what a count of the things gives. */
export type InvariantId = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11' | 'books'

/** Something that must never happen, and did. Plain data: it fits into a line of a log. */
export type Violation = {
  readonly invariant: InvariantId
  /** What is wrong, in words that name no object: the same fault has the same words. */
  readonly what: string
  /** Whom it concerns, as in `pod pod-1`. */
  readonly objects: readonly string[]
  /** What was found and what was expected. */
  readonly evidence: Readonly<Record<string, Plain>>
}

type Plain = string | number | boolean | null | undefined | readonly Plain[] | { readonly [key: string]: Plain }

/** Takes what a check has found. */
export type Found = (violation: Violation) => void

/** One object for each look: what it says was sent, done and told since the last look is taken once. */
export type Evidence = {
  /** Of the core that runs now. After a restart it is another object; the memory notices by itself. */
  readonly state: FleetState
  readonly nowMs: number
  readonly deadlines: Deadlines
  /** What has to be remembered from look to look. The caller owns one, and keeps it across restarts of the core. */
  readonly memory: Memory
  /**
   * `everyTurn`: somebody looks after every single turn of the core, so that whatever changed since the last look
   * changed in one turn. `nowAndThen`: many turns may lie between two looks, also when somebody who looks after every
   * turn has missed some; what needs to see each is left out.
   */
  readonly pace: 'everyTurn' | 'nowAndThen'
  /**
   * Sums over the pods of one application or node are only checked when it has at most so many: an exact sum is
   * taken in one go. `Infinity` in simulations.
   */
  readonly countUpTo: number
  /** Empty in the running core. */
  readonly witnesses: Witnesses
}

/** The evidence of now, for a look that is spread over several turns: whoever goes on puts the newest here. */
export type Look = { evidence: Evidence }

/** The instants that the fleet waits for: the timer wheel of the core, or a simulation's own. */
export type Deadlines = {
  /**
   * When the key should fire; null when nothing is set for it. A key that was set for an instant that was over
   * already should fire when it was set.
   */
  dueAtMs(key: string): number | null
}

/**
 * What changed since the last look. The core's part comes from its change log (`touchedBy`); a simulation adds
 * the names of nodes whose own state changed, and the ids of sessions whose clients were answered.
 */
export type Touched = {
  readonly sessions: ReadonlySet<string>
  readonly pods: ReadonlySet<string>
  readonly applications: ReadonlySet<string>
  /** Names. */
  readonly nodes: ReadonlySet<string>
  /** As they were written, for checks on what a change says of its object. */
  readonly changes: readonly Change[]
}

/** What only a simulation can know. Each is independent of the others; what is absent is not checked. */
export type Witnesses = {
  /** From the fake nodes: what is true on them, whatever the core believes. By name of the node. */
  readonly nodes?: ReadonlyMap<string, NodeWitness>
  /** Numbers that two cores had, because an older database was restored: no one epoch. */
  readonly repeatedEpochs?: ReadonlySet<number>
  /** From the fake nodes: the commands they acted on since the last look, with the epochs then. */
  readonly acts?: readonly NodeAct[]
  /** From the core's `tell` port, noted as each command was sent: since the last look. */
  readonly commands?: readonly SentCommand[]
  /** From the fake clients: whatever they were told, ever. */
  readonly answers?: AnswersWitness
  /** From the store: what survives the core. */
  readonly database?: DatabaseWitness
  /** From the readers of list watches. */
  readonly readers?: Iterable<ReaderWitness>
}

/** A node as it really is. */
export type NodeWitness = {
  readonly name: string
  /** Whether its stream to this core is open, with its hello accepted and its full state on its way or said. */
  readonly isConnected: boolean
  /** What the machine has. */
  readonly resources: NodeResources
  /** Every pod whose process is there or about to be: from the command to create it until it has ended. */
  pods(): Iterable<RunningPod>
}

export type RunningPod = {
  readonly podId: string
  readonly phase: 'creating' | 'standby' | 'hibernated' | 'active' | 'terminating'
  /** How many sessions its version allows. */
  readonly slots: number
  readonly cpuMillis: number
  readonly memoryBytes: number
  /** Those that are not closed on the node. */
  readonly sessions: readonly RunningSession[]
}

export type RunningSession = { readonly sessionId: string; readonly grantEpoch: number }

/** A node did what a command said. */
export type NodeAct = {
  readonly nodeName: string
  /** The kind of the command. */
  readonly kind: string
  /** The cluster whose core sent it: marks of other clusters do not matter. */
  readonly coreId: string
  /** The epoch that the command carried. */
  readonly epoch: number
  /** The highest epoch of that cluster that the node had seen, this command's included. */
  readonly highestEpoch: number
}

/** A command at the moment in which the core sent it, also when there was no stream to carry it. */
export type SentCommand = {
  readonly nodeName: string
  readonly command: NodeCommand
  readonly atMs: number
  /** Of `stopPod`: the pod then, as the core knew it; null when it knew none, and of other commands. */
  readonly pod: SentPod | null
}

export type SentPod = {
  readonly phase: PodPhase
  /** When it came into that phase: equal to `atMs` when this turn moved it. */
  readonly phaseSinceMs: number
  /** Whether this core had asked for its end before: then this is no wish, but the answer to a node that missed it. */
  readonly isAskedAgain: boolean
  /** Whoever held a slot, with the phase that the core knew then; null when it knew none of that id. */
  readonly sessions: readonly { readonly sessionId: string; readonly phase: SessionPhase | null }[]
}

/** What clients were told. A promise begins with the answer that reached a client, or could have. */
export type AnswersWitness = {
  /**
   * Of sessions that a client was told are recorded (any answer of `openSession` with durability `JOURNALED`, or
   * one that said that it is available): what it was told last. Null when nobody was told of it.
   */
  answer(sessionId: string): Answer | null
  /** All sessions with an answer. */
  sessionIds(): Iterable<string>
  /** By application id and key, as in `app-1/key`: every session id that clients were given for it. */
  readonly byKey: ReadonlyMap<string, ReadonlySet<string>>
}

export type Answer = {
  /**
   * `recorded`: it exists. `open`: it was available. `closing`: its end was asked for, and that is answered.
   * `ended`: it did not open, and that is answered, with the reason.
   */
  readonly told: 'recorded' | 'open' | 'closing' | 'ended'
}

export type DatabaseWitness = {
  session(id: string): Session | null
  sessions(): Iterable<Session>
}

/** A reader of a list watch: whom it reads for, what it was told since the last look, what it believes there is. */
export type ReaderWitness = {
  readonly name: string
  readonly kind: Change['kind']
  /** For whom it reads; null for an operator, who sees everything. */
  readonly tenantId: string | null
  /** The name of the application that it asked for; null for all, and for nodes. Witnesses use no other filter. */
  readonly application: string | null
  /** Everything that it was told since the last look, in order. */
  readonly told: readonly Told[]
  /** The version up to which it knows everything; null before its first snapshot. */
  readonly resourceVersion: string | null
  /** By id (of a node, its name): `pictureOf` the object, taken when it was told of it. */
  readonly believes: ReadonlyMap<string, string>
}

/** One thing that a reader was told. */
export type Told = {
  readonly kind: 'snapshot' | 'changes' | 'bookmark'
  readonly resourceVersion: string
  /** Objects that were shown. `tenantId`: whose they are by what the object itself said; null for nodes. */
  readonly shown: readonly { readonly id: string; readonly tenantId: string | null }[]
  readonly removedIds: readonly string[]
}
