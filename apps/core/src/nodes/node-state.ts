/**
 * The life of a node in the eyes of the core, as a pure function.
 *
 *   expected ─connected─► joining ─stateReceived─► ready ─disconnected─► disconnected
 *      │                    ▲  ▲                                          │   │
 *      │                    │  └──────────────connected──────────────────┘   │
 *      └─leaseEnded─► lost ─┘connected ◄──────────leaseEnded─────────────────┘
 *
 * Rules N1..N13 live in SPEC.md.
 */
import { unreachable } from '@fornax/kernel/assert'

export type NodePhase = 'expected' | 'joining' | 'ready' | 'disconnected' | 'lost'

export const NODE_PHASES: readonly NodePhase[] = ['expected', 'joining', 'ready', 'disconnected', 'lost']

export type NodeEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'stateReceived' }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'leaseEnded' }

export type NodeTransition =
  | { readonly kind: 'moved'; readonly phase: NodePhase }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'rejected'; readonly why: string }

/** What an event does to a node in `phase`. */
export function transition(phase: NodePhase, event: NodeEvent): NodeTransition {
  switch (event.kind) {
    case 'connected':
      return moved('joining') // N1: every connection begins with a full state, whatever was known before.
    case 'stateReceived':
      if (phase === 'ready') return { kind: 'ignored' } // N2: a later full state mends a gap, and changes no phase.
      return phase === 'joining' ? moved('ready') : rejected(phase, event)
    case 'disconnected':
      if (phase === 'joining' || phase === 'ready') return moved('disconnected')
      return { kind: 'ignored' }
    case 'leaseEnded':
      return phase === 'ready' || phase === 'lost' ? { kind: 'ignored' } : moved('lost') // N3
    default:
      return unreachable(event)
  }
}

/** It speaks for itself now, and an operator cannot say that it is gone (N12). */
export function isConnected(phase: NodePhase): boolean {
  return phase === 'ready' || phase === 'joining'
}

function moved(phase: NodePhase): NodeTransition {
  return { kind: 'moved', phase }
}

function rejected(phase: NodePhase, event: NodeEvent): NodeTransition {
  return { kind: 'rejected', why: `${event.kind} while ${phase}` }
}
