/** One sandbox on a node; serves as many sessions as its version allows, usually one. */
import type { ApplicationVersion } from '../applications/application.ts'

export type PodPhase =
  | ('pending' | 'creating' | 'standby' | 'hibernated' | 'active')
  | ('terminating' | 'terminated' | 'failed')

export const POD_PHASES: readonly PodPhase[] = [
  'pending',
  'creating',
  'standby',
  'hibernated',
  'active',
  'terminating',
  'terminated',
  'failed',
]

/** `lost`: gone from its node, or what it needed there was; `nodeLost`: given up with its node. */
export type PodFailureKind =
  | ('startFailed' | 'notReady' | 'exited' | 'outOfMemory' | 'outOfDisk' | 'unhealthy' | 'wakeFailed')
  | ('lost' | 'nodeLost')

export type PodFailure = {
  readonly kind: PodFailureKind
  readonly message: string
  readonly lastLogLines: readonly string[]
}

/** How much of a pod was put away: nothing, its execution, its coldest memory as well, all that the kernel gives. */
export type HibernationDepth = 'none' | 'frozen' | 'light' | 'deep'

export const HIBERNATION_DEPTHS: readonly HibernationDepth[] = ['none', 'frozen', 'light', 'deep']

/** What came of putting a pod to sleep, the last time that this was tried; by its node. */
export type PodHibernation = {
  readonly depth: HibernationDepth
  /** Null where its node cannot measure it. */
  readonly residentBytesBefore: number | null
  readonly residentBytesAfter: number | null
  readonly swappedBytes: number | null
  /** Why it is not as deep as it should be; null when it is. */
  readonly problem: string | null
  /** Null until it has woken. */
  readonly wakeUs: number | null
}

/** Where a pod stands between waking and sleeping. What was asked and is not said yet books as if it were awake. */
export type PodRest = 'awake' | 'askedToSleep' | 'asleep' | 'askedToWake'

/** Of a node, or of a pod. */
export type NodeUsage = { readonly cpuMillis: number; readonly memoryBytes: number }

/** What is resident and what is swapped out are told apart; a pod that shares its node's network has no traffic. */
export type PodUsage = NodeUsage & {
  readonly swappedBytes: number
  readonly receivedBytesPerSecond: number
  readonly sentBytesPerSecond: number
}

/** Where the time until a pod was ready went. */
export type StartPhases = {
  /** For its turn on its node, and for its image. */
  readonly waitMs: number
  readonly sandboxMs: number
  readonly createMs: number
  readonly startMs: number
  /** From when its command ran. */
  readonly readyMs: number
}

/**
 * The fleet alone writes pods, and writes them in place: with hundreds of thousands of
 * them, a copy at every change would be most of the work. Everybody else reads `PodView`.
 */
export type Pod = {
  readonly id: string
  readonly tenantId: string
  readonly applicationId: string
  readonly applicationName: string
  readonly version: ApplicationVersion
  readonly createdAtMs: number
  phase: PodPhase
  phaseSinceMs: number
  /** Null while it waits for room. */
  nodeName: string | null
  /** Sessions that hold a slot: granted, and not yet let go by the node. */
  readonly sessionIds: Set<string>
  /** When it was first free for a session; null until then. */
  readyAtMs: number | null
  /** As its node measured it, from the command to ready. */
  readyAfterMs: number | null
  /** When this core gave it its node; null before, and when another core did. */
  placedAtMs: number | null
  /** How its node was chosen, as `placement-choice.ts` packs it. */
  choice: number
  runtime: string | null
  failure: PodFailure | null
  usage: PodUsage | null
  /** Null until it was ready, and where nothing really runs. */
  startPhases: StartPhases | null
  /** One of its sessions closed after which there shall be no other: it ends with the last of those that it has (S13). */
  isSpent: boolean
  rest: PodRest
  /** Of its last sleep; null before the first. */
  hibernation: PodHibernation | null
  /** What it keeps while it sleeps; null where its node cannot measure it. Only becomes less. */
  keptBytes: number | null
  /** It sleeps where there is no room for it to wake (W16). */
  isStuck: boolean
  /** It could not be put to sleep, and is not asked again before. */
  noSleepBeforeMs: number
}

export type PodView = Readonly<Omit<Pod, 'sessionIds'>> & { readonly sessionIds: ReadonlySet<string> }
