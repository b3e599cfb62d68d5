/** The kinds of events, for people. */
import type { EventKind, EventSeverity } from '../graphql/generated/documents.ts'
import type { Tone } from '../ui/phase-mark.tsx'

export const EVENT_KINDS: Readonly<Record<EventKind, string>> = {
  APPLICATION_CREATED: 'Application created',
  APPLICATION_DELETED: 'Application deleted',
  APPLICATION_SHORT: 'No room for pods',
  CORE_STARTED: 'Core started',
  NODE_CORDONED: 'Node cordoned',
  NODE_DISCONNECTED: 'Node disconnected',
  NODE_DRAIN_ENDED: 'Drain ended',
  NODE_DRAIN_STARTED: 'Drain started',
  NODE_JOINED: 'Node joined',
  NODE_LOST: 'Node lost',
  NODE_READY: 'Node ready',
  NODE_RESYNCED: 'Node in step again',
  NODE_REMOVED: 'Node removed',
  NODE_UNCORDONED: 'Node uncordoned',
  POD_FAILED: 'Pod failed',
  ROLL_OUT_HALTED: 'Roll-out halted',
  SCALING_POLICY_CHANGED: 'Policy changed',
  SESSION_LOST: 'Session lost',
  SESSION_NOT_OPENED: 'Session not opened',
  VERSION_PROVEN: 'Version proven',
  VERSION_PUBLISHED: 'Version published',
}

// The keys are the kinds, which the type of `keys` forgets.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const EVENT_KINDS_IN_ORDER = Object.keys(EVENT_KINDS) as readonly EventKind[]

export const SEVERITY_TONES: Readonly<Record<EventSeverity, Tone>> = { ERROR: 'danger', WARNING: 'warn', INFO: 'ready' }
