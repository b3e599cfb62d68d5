import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holdsBooking, transition, type PodEvent } from './pod-state.ts'
import { POD_PHASES, type PodPhase } from './pod.ts'

type Kind = PodEvent['kind']
type Outcome = PodPhase | 'ignored' | 'rejected'

const nothing: Record<Kind, Outcome> = {
  placed: 'ignored',
  ready: 'ignored',
  claimed: 'ignored',
  released: 'ignored',
  slept: 'ignored',
  woken: 'ignored',
  stopRequested: 'ignored',
  ended: 'ignored',
  failed: 'ignored',
}

/** Every phase meets every event. No Partial: a new phase or event does not compile until it has a row. */
const expected: Record<PodPhase, Record<Kind, Outcome>> = {
  pending: {
    placed: 'creating',
    ready: 'rejected',
    claimed: 'rejected',
    released: 'ignored',
    slept: 'ignored',
    woken: 'ignored',
    stopRequested: 'terminated',
    ended: 'terminated',
    failed: 'failed',
  },
  creating: {
    placed: 'rejected',
    ready: 'standby',
    claimed: 'rejected',
    released: 'ignored',
    slept: 'ignored',
    woken: 'ignored',
    stopRequested: 'terminating',
    ended: 'terminated',
    failed: 'failed',
  },
  standby: {
    placed: 'rejected',
    ready: 'ignored',
    claimed: 'active',
    released: 'ignored',
    slept: 'hibernated',
    woken: 'ignored',
    stopRequested: 'terminating',
    ended: 'terminated',
    failed: 'failed',
  },
  hibernated: {
    placed: 'rejected',
    ready: 'ignored',
    claimed: 'active',
    released: 'ignored',
    slept: 'ignored',
    woken: 'standby',
    stopRequested: 'terminating',
    ended: 'terminated',
    failed: 'failed',
  },
  active: {
    placed: 'rejected',
    ready: 'ignored',
    claimed: 'ignored',
    released: 'standby',
    slept: 'ignored',
    woken: 'ignored',
    stopRequested: 'terminating',
    ended: 'terminated',
    failed: 'failed',
  },
  terminating: {
    placed: 'rejected',
    ready: 'ignored',
    claimed: 'rejected',
    released: 'ignored',
    slept: 'ignored',
    woken: 'ignored',
    stopRequested: 'ignored',
    ended: 'terminated',
    failed: 'terminated',
  },
  terminated: nothing,
  failed: nothing,
}

const KINDS = Object.keys(nothing) as Kind[]

describe('every phase × every event', () => {
  for (const [phase, row] of Object.entries(expected) as [PodPhase, Record<Kind, Outcome>][]) {
    it.each(Object.entries(row) as [Kind, Outcome][])(`${phase} + %s → %s`, (kind, outcome) => {
      expect(outcomeOf(phase, kind)).toBe(outcome)
    })
  }
})

it('P1: an end is final, and P6: only a pod between placement and end holds a booking', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...KINDS), { maxLength: 40 }), (kinds) => {
      let phase: PodPhase = 'pending'
      let wasPlaced = false
      let hasEnded = false
      for (const kind of kinds) {
        const before = phase
        phase = after(phase, kind)
        if (hasEnded) expect(phase).toBe(before) // P1
        wasPlaced ||= phase === 'creating'
        hasEnded ||= phase === 'terminated' || phase === 'failed'
        expect(holdsBooking(phase)).toBe(wasPlaced && !hasEnded) // P6
      }
    }),
  )
})

it.each(['ready', 'slept', 'woken', 'stopRequested', 'ended', 'failed'] as const)(
  'P2: %s, said twice, is the same as said once',
  (kind) => {
    for (const phase of POD_PHASES) {
      const once = after(phase, kind)
      if (once !== phase) expect(transition(once, { kind })).toEqual({ kind: 'ignored' })
    }
  },
)

it('P3: takes sessions when it is free, and more of them when it has slots', () => {
  const claimable = POD_PHASES.filter((phase) => after(phase, 'claimed') === 'active')
  expect(claimable).toEqual(['standby', 'hibernated', 'active'])
})

it('P4: ends at once when it was never placed', () => expect(outcomeOf('pending', 'stopRequested')).toBe('terminated'))

it('P5: has not failed when it was told to end', () => expect(outcomeOf('terminating', 'failed')).toBe('terminated'))

it('P5: has failed when its node condemned it', () => {
  expect(transition('terminating', { kind: 'failed', isCondemned: true })).toEqual({ kind: 'moved', phase: 'failed' })
})

function after(phase: PodPhase, kind: Kind): PodPhase {
  const result = transition(phase, { kind })
  return result.kind === 'moved' ? result.phase : phase
}

function outcomeOf(phase: PodPhase, kind: Kind): Outcome {
  const result = transition(phase, { kind })
  return result.kind === 'moved' ? result.phase : result.kind
}
