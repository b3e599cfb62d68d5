/**
 * The life of a pod on its node, as a pure function.
 *
 *   creating ─ready─► standby ◄─released─ / ─claimed─► active
 *      │                 │                               │
 *      │                 └───────► terminating ◄─────────┘
 *      │                    ▲           │
 *      └────────────────────┘           ├─► terminated   somebody asked for its end
 *      └──────────► failed ◄────────────┘                it had to be ended, or ended by itself
 *
 *   standby ─sleepRequested─► hibernated ─wakeRequested─► standby, ─claimed─► active, ─stopRequested─► terminating
 *
 * Rules P1..P13 live in SPEC.md; the tests name the rule they check.
 */
import { unreachable } from '@fornax/kernel/assert'

export type PodPhase = 'creating' | 'standby' | 'hibernated' | 'active' | 'terminating' | 'terminated' | 'failed'

/** `lost`: its node lost it, or what it would need to start it. */
export type PodFailureKind =
  | ('startFailed' | 'notReady' | 'exited' | 'outOfMemory' | 'outOfDisk' | 'unhealthy' | 'wakeFailed')
  | 'lost'

/** Where the time until a pod was ready went, one after the other. */
export type StartPhases = {
  /** For its turn among the starts of its node, and for its image. */
  readonly waitMs: number
  readonly sandboxMs: number
  readonly createMs: number
  readonly startMs: number
  /** From when its command ran; 0 until it was ready. */
  readonly readyMs: number
}

/** How much of a pod was put away: nothing, its execution, its coldest memory as well, all that the kernel gives. */
export type HibernationDepth = 'none' | 'frozen' | 'light' | 'deep'

/** What came of putting a pod to sleep, the last time that this was tried. */
export type Hibernation = {
  readonly depth: HibernationDepth
  /** Resident memory before the freeze; null where nobody can measure it. */
  readonly residentBytesBefore: number | null
  /** When it was last measured asleep. */
  readonly residentBytesAfter: number | null
  readonly swappedBytes: number | null
  /** Why it is not as deep as it should be; empty otherwise. */
  readonly problem: string
  /** From the command to wake it until it ran again, or until its first frame; null until then. */
  readonly wakeUs: number | null
}

/** Why a pod failed. `reason` is for people. */
export type PodFailure = { readonly kind: PodFailureKind; readonly reason: string }

export type Pod = {
  readonly podId: string
  readonly versionId: string
  /** The runtime that runs it; empty when none could. */
  readonly runtime: string
  readonly phase: PodPhase
  readonly createdAtMs: number
  /** From creation until it was ready; 0 until then. */
  readonly readyAfterMs: number
  /** The highest grant that it has seen. */
  readonly grantEpoch: number
  /** `creating`: until when it must be ready. `terminating`: when it is killed. Otherwise null. */
  readonly deadlineMs: number | null
  /** Set as soon as the pod is known to have failed, even while it still terminates. */
  readonly failure: PodFailure | null
  readonly exitCode: number | null
  /** It takes no session any more, and ends with the last of those that it has. */
  readonly isSpent: boolean
  /** It is frozen, and what it keeps was measured (P11). */
  readonly isAsleep: boolean
  /** How long it sleeps lightly, by the last wish to put it to sleep. */
  readonly deeperAfterMs: number
  /** After how long without traffic it may sleep with its sessions open, by the last claim; 0: never. */
  readonly dozeAfterMs: number
  /** Of its last sleep; null before the first. */
  readonly hibernation: Hibernation | null
  /** The last lines that a failed pod wrote. */
  readonly lastLogLines: readonly string[]
  /** Null until its command has started, and where nothing really runs. */
  readonly startPhases: StartPhases | null
}

export type PodEvent =
  /** Its command was started: from now on the readiness timeout counts. */
  | {
      readonly kind: 'started'
      readonly atMs: number
      readonly readyTimeoutMs: number
      /** Left out where nobody has measured it. */
      readonly phases?: Omit<StartPhases, 'readyMs'>
    }
  | { readonly kind: 'ready'; readonly atMs: number }
  | { readonly kind: 'claimed'; readonly grantEpoch: number; readonly dozeAfterMs?: number | undefined }
  /** A session that claimed it while it was being created is served now. */
  | { readonly kind: 'occupied' }
  | { readonly kind: 'released' }
  /** One of its sessions has closed after which there shall be no other. */
  | { readonly kind: 'spent' }
  | { readonly kind: 'sleepRequested'; readonly deeperAfterMs: number }
  /** It is frozen, and this is what it keeps. Comes again when it sleeps deeper. */
  | { readonly kind: 'slept'; readonly hibernation: Hibernation }
  /** It could not be frozen, and goes on. */
  | { readonly kind: 'sleepFailed'; readonly hibernation: Hibernation }
  /** It sleeps with its sessions open, as deep as this says. Comes again when it sleeps deeper. */
  | { readonly kind: 'dozed'; readonly hibernation: Hibernation }
  | { readonly kind: 'wakeRequested' }
  | { readonly kind: 'woken'; readonly wakeUs: number }
  | { readonly kind: 'stopRequested'; readonly atMs: number; readonly graceMs: number }
  /** It must end, because something is wrong with it. */
  | { readonly kind: 'condemned'; readonly failure: PodFailure; readonly atMs: number; readonly graceMs: number }
  /** It could not be started: there is nothing to end. */
  | { readonly kind: 'startFailed'; readonly reason: string }
  | {
      readonly kind: 'ended'
      readonly exitCode: number | null
      readonly outOfMemory: boolean
      readonly lastLogLines: readonly string[]
    }

/** What an event does in a phase: move on, do nothing, or expose a bug in the sender. */
export type PodTransition =
  | { readonly kind: 'moved'; readonly pod: Pod }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'rejected'; readonly why: string }

/** How long a runtime may take to start a command (it may have to fetch an image). */
export const START_TIMEOUT_MS = 300_000

/** A pod that was asked for and does not run yet. */
export function creatingPod(birth: Pick<Pod, 'podId' | 'versionId' | 'runtime' | 'createdAtMs'>): Pod {
  return {
    ...birth,
    phase: 'creating',
    readyAfterMs: 0,
    grantEpoch: 0,
    deadlineMs: birth.createdAtMs + START_TIMEOUT_MS,
    failure: null,
    exitCode: null,
    isSpent: false,
    isAsleep: false,
    deeperAfterMs: 0,
    dozeAfterMs: 0,
    hibernation: null,
    lastLogLines: [],
    startPhases: null,
  }
}

/** Whether nothing of the pod can happen any more. */
export function hasEnded(pod: Pod): boolean {
  return pod.phase === 'terminated' || pod.phase === 'failed'
}

/** The phase as a core is told it: a pod that falls asleep is hibernated when it is known what it keeps. */
export function toldPodPhase({ phase, isAsleep }: Pod): PodPhase {
  return phase === 'hibernated' && !isAsleep ? 'standby' : phase
}

/** What becomes of a pod through an event. */
export function transition(pod: Pod, event: PodEvent): PodTransition {
  if (hasEnded(pod)) return IGNORED // P1: an end is final; late facts are normal.
  switch (event.kind) {
    case 'started':
      if (pod.phase !== 'creating') return pod.phase === 'terminating' ? IGNORED : rejected(pod, event)
      return moved(pod, {
        deadlineMs: event.atMs + event.readyTimeoutMs, // P3
        startPhases: event.phases === undefined ? null : { ...event.phases, readyMs: 0 },
      })
    case 'ready':
      if (pod.phase !== 'creating') return IGNORED // P2
      // A pod is never ready after 0 ms, which stands for "not ready".
      return moved(pod, {
        phase: 'standby',
        deadlineMs: null,
        readyAfterMs: Math.max(1, event.atMs - pod.createdAtMs),
        startPhases: pod.startPhases === null ? null : withReady(pod, pod.startPhases, event.atMs),
      })
    case 'claimed':
      return claim(pod, event)
    case 'occupied':
      return pod.phase === 'standby' ? moved(pod, { phase: 'active' }) : IGNORED
    case 'released':
      return pod.phase === 'active' ? moved(pod, { phase: 'standby' }) : IGNORED
    case 'spent':
      return pod.isSpent ? IGNORED : moved(pod, { isSpent: true })
    case 'dozed':
    case 'sleepRequested':
    case 'slept':
    case 'sleepFailed':
    case 'wakeRequested':
    case 'woken':
      return rest(pod, event)
    case 'stopRequested':
      return terminate(pod, pod.failure, event.atMs + event.graceMs)
    case 'condemned':
      return terminate(pod, pod.failure ?? event.failure, event.atMs + event.graceMs) // P6: the first failure stays.
    case 'startFailed':
      if (pod.phase !== 'creating' && pod.phase !== 'terminating') return rejected(pod, event)
      return end(pod, pod.phase === 'creating' ? { kind: 'startFailed', reason: event.reason } : pod.failure)
    case 'ended':
      return endByItself(pod, event)
    default:
      return unreachable(event)
  }
}

/** What is left of the time until it was ready is that in which its command ran. */
function withReady({ createdAtMs }: Pod, phases: StartPhases, atMs: number): StartPhases {
  const { waitMs, sandboxMs, createMs, startMs } = phases
  return { ...phases, readyMs: Math.max(0, atMs - createdAtMs - waitMs - sandboxMs - createMs - startMs) }
}

/** P5: a claim raises the grant, and a pod that is on its way out takes no session. P10: nor does one that is spent. */
function claim(pod: Pod, { grantEpoch, dozeAfterMs = 0 }: Extract<PodEvent, { kind: 'claimed' }>): PodTransition {
  if (pod.phase === 'terminating') return rejected(pod, { kind: 'claimed' })
  if (pod.isSpent) return rejected(pod, { kind: 'claimed when spent' })
  if (grantEpoch <= pod.grantEpoch) return rejected(pod, { kind: `claimed by grant ${grantEpoch}` })
  const isFree = pod.phase === 'standby' || pod.phase === 'hibernated'
  return moved(pod, { grantEpoch, dozeAfterMs, phase: isFree ? 'active' : pod.phase, isAsleep: false })
}

type RestEvent = Extract<
  PodEvent,
  { kind: 'dozed' | 'sleepRequested' | 'slept' | 'sleepFailed' | 'wakeRequested' | 'woken' }
>

/** P11 */
function rest(pod: Pod, event: RestEvent): PodTransition {
  if (event.kind === 'woken') return noteWake(pod, event.wakeUs)
  if (event.kind === 'dozed') return pod.phase === 'active' ? moved(pod, { hibernation: event.hibernation }) : IGNORED // P13
  if (event.kind === 'sleepRequested') {
    if (pod.phase !== 'standby' || pod.isSpent) return IGNORED
    return moved(pod, { phase: 'hibernated', deeperAfterMs: event.deeperAfterMs })
  }
  if (pod.phase !== 'hibernated') return IGNORED
  if (event.kind === 'slept') return moved(pod, { isAsleep: true, hibernation: event.hibernation })
  const hibernation = event.kind === 'sleepFailed' ? event.hibernation : pod.hibernation
  return moved(pod, { phase: 'standby', isAsleep: false, hibernation })
}

/** How long a wake took is noted of a pod that is awake, and was put to sleep. */
function noteWake(pod: Pod, wakeUs: number): PodTransition {
  const isAwake = pod.phase === 'standby' || pod.phase === 'active'
  if (!isAwake || pod.hibernation === null) return IGNORED
  return moved(pod, { hibernation: { ...pod.hibernation, wakeUs } })
}

/** P4: asked again, the shorter grace holds. */
function terminate(pod: Pod, failure: PodFailure | null, byMs: number): PodTransition {
  if (pod.phase !== 'terminating') return moved(pod, { phase: 'terminating', failure, deadlineMs: byMs })
  const deadlineMs = Math.min(pod.deadlineMs ?? byMs, byMs)
  return deadlineMs === pod.deadlineMs ? IGNORED : moved(pod, { deadlineMs })
}

function endByItself(pod: Pod, event: Extract<PodEvent, { kind: 'ended' }>): PodTransition {
  const { exitCode, lastLogLines } = event
  const failure = pod.phase === 'terminating' ? pod.failure : (pod.failure ?? failureOfEnd(pod, event)) // P7
  return end(pod, failure, { exitCode, lastLogLines: failure === null ? [] : lastLogLines })
}

/** What the shell says when a command does not exist, or may not be run. */
const CANNOT_RUN: readonly (number | null)[] = [126, 127]

function failureOfEnd(pod: Pod, event: Extract<PodEvent, { kind: 'ended' }>): PodFailure {
  if (event.outOfMemory) return { kind: 'outOfMemory', reason: 'it used more memory than it may' }
  const code = event.exitCode === null ? 'an exit code that nobody saw' : `exit code ${event.exitCode}`
  if (pod.phase === 'creating' && CANNOT_RUN.includes(event.exitCode))
    return { kind: 'startFailed', reason: `its command could not be run (${code})` }
  const when = pod.phase === 'creating' ? ' before it was ready' : ''
  return { kind: 'exited', reason: `its command ended by itself${when}, with ${code}` }
}

function end(
  pod: Pod,
  failure: PodFailure | null,
  last: Partial<Pick<Pod, 'exitCode' | 'lastLogLines'>> = {},
): PodTransition {
  return moved(pod, { ...last, phase: failure === null ? 'terminated' : 'failed', failure, deadlineMs: null })
}

const IGNORED: PodTransition = { kind: 'ignored' }

function moved(pod: Pod, change: Partial<Pod>): PodTransition {
  return { kind: 'moved', pod: { ...pod, ...change } }
}

function rejected(pod: Pod, event: { readonly kind: string }): PodTransition {
  return { kind: 'rejected', why: `${event.kind} while ${pod.phase} (grant ${pod.grantEpoch})` }
}
