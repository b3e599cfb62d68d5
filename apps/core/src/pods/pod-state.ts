/**
 * The life of a pod in the eyes of the core, as a pure function.
 *
 *   pending ─placed─► creating ─ready─► standby ─claimed─► active
 *      │                 │             │   ▲  ▲              │
 *      │                 │         slept   woken └─released──┘
 *      │                 │             ▼   │
 *      │                 │           hibernated
 *      │                 └──► terminating ◄── stopRequested from any of them
 *      └─stopRequested──►   terminated | failed
 *
 * Rules P1..P7 live in SPEC.md.
 */
import { unreachable } from '@fornax/kernel/assert'
import type { PodPhase } from './pod.ts'

export type PodEvent =
  | { readonly kind: 'placed' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'claimed' }
  | { readonly kind: 'released' }
  | { readonly kind: 'slept' }
  | { readonly kind: 'woken' }
  | { readonly kind: 'stopRequested' }
  | { readonly kind: 'ended' }
  /** `isCondemned`: its node ended it, because something was wrong with it. */
  | { readonly kind: 'failed'; readonly isCondemned?: boolean }

export type PodTransition =
  | { readonly kind: 'moved'; readonly phase: PodPhase }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'rejected'; readonly why: string }

/** What an event does to a pod in `phase`. */
export function transition(phase: PodPhase, event: PodEvent): PodTransition {
  if (phase === 'terminated' || phase === 'failed') return IGNORED // P1: an end is final.
  switch (event.kind) {
    case 'placed':
      return phase === 'pending' ? moved('creating') : rejected(phase, event)
    case 'ready':
      if (phase === 'creating') return moved('standby')
      return phase === 'pending' ? rejected(phase, event) : IGNORED // P2: agents repeat reports.
    case 'claimed':
      if (phase === 'standby' || phase === 'hibernated') return moved('active')
      return phase === 'active' ? IGNORED : rejected(phase, event) // P3: another slot of the same pod.
    case 'released':
      return phase === 'active' ? moved('standby') : IGNORED
    case 'slept':
      return phase === 'standby' ? moved('hibernated') : IGNORED
    case 'woken':
      return phase === 'hibernated' ? moved('standby') : IGNORED
    case 'stopRequested':
      return stopped(phase)
    case 'ended':
      return moved('terminated')
    case 'failed':
      // P5: who is told to end may end badly; whom its node condemned has failed.
      return phase === 'terminating' && event.isCondemned !== true ? moved('terminated') : moved('failed')
    default:
      return unreachable(event)
  }
}

function stopped(phase: PodPhase): PodTransition {
  if (phase === 'pending') return moved('terminated') // P4: nobody has heard of it.
  return phase === 'terminating' ? IGNORED : moved('terminating')
}

/** Phases in which a pod uses, or is about to use, what was booked for it. */
export function holdsBooking(phase: PodPhase): boolean {
  return phase !== 'pending' && phase !== 'terminated' && phase !== 'failed'
}

const IGNORED: PodTransition = { kind: 'ignored' }

function moved(phase: PodPhase): PodTransition {
  return { kind: 'moved', phase }
}

function rejected(phase: PodPhase, event: PodEvent): PodTransition {
  return { kind: 'rejected', why: `${event.kind} while ${phase}` }
}
