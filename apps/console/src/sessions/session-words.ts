/** The phases, steps and reasons of sessions, for people. */
import type { CloseReason, SessionPhase, SessionStep } from '../graphql/generated/documents.ts'
import type { Tone } from '../ui/phase-mark.tsx'

type Words = { readonly word: string; readonly tone: Tone }

export const SESSION_PHASES: Readonly<Record<SessionPhase, Words>> = {
  PENDING: { word: 'Pending', tone: 'waiting' },
  STARTING: { word: 'Starting', tone: 'starting' },
  AVAILABLE: { word: 'Available', tone: 'ready' },
  IN_USE: { word: 'In use', tone: 'busy' },
  CLOSING: { word: 'Closing', tone: 'leaving' },
  CLOSED: { word: 'Closed', tone: 'gone' },
}

/** In the order of a session's life. */
export const PHASES_IN_ORDER: readonly SessionPhase[] = [
  'PENDING',
  'STARTING',
  'AVAILABLE',
  'IN_USE',
  'CLOSING',
  'CLOSED',
]

/** Why it ended, to follow `Closed:`. */
export const CLOSE_REASONS: Readonly<Record<CloseReason, string>> = {
  APPLICATION_DELETED: 'application deleted',
  CLIENT_GONE: 'client gone',
  CORE_FAILED: 'core failed',
  DRAINED: 'node drained',
  EXITED: 'exited by itself',
  IDLE_TIMEOUT: 'idle for too long',
  LIFETIME_REACHED: 'lifetime reached',
  NODE_LOST: 'node lost',
  OPEN_TIMED_OUT: 'not available in time',
  POD_LOST: 'pod lost',
  QUOTA_EXCEEDED: 'quota exceeded',
  REQUESTED: 'requested',
  START_FAILED: 'start failed',
  TENANT_SUSPENDED: 'the tenant was suspended',
}

// The keys are the reasons, which the type of `keys` forgets.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const REASONS_IN_ORDER = Object.keys(CLOSE_REASONS) as readonly CloseReason[]

/** Ends that somebody asked for; every other one is worth a look. */
const WANTED: ReadonlySet<CloseReason> = new Set<CloseReason>([
  'REQUESTED',
  'EXITED',
  'IDLE_TIMEOUT',
  'LIFETIME_REACHED',
  'DRAINED',
  'APPLICATION_DELETED',
  'CLIENT_GONE',
])

/** Whether an end is a fault. */
export function isFault(reason: CloseReason | null): boolean {
  return reason !== null && !WANTED.has(reason)
}

export const STEPS: Readonly<Record<SessionStep, string>> = {
  ASKED: 'Asked',
  POD_TAKEN: 'Pod taken',
  GIVEN_BACK: 'Pod gave up',
  COMMAND_SENT: 'Command sent',
  STARTED: 'Started',
  AVAILABLE: 'Available',
  ATTACHED: 'Clients arrived',
  IDLE: 'Clients left',
  RECOVERED: 'Recovered',
  CLOSING: 'Closing',
  CLOSED: 'Closed',
}
