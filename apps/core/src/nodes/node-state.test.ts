import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NODE_PHASES, transition, type NodeEvent, type NodePhase } from './node-state.ts'

type Kind = NodeEvent['kind']
type Outcome = NodePhase | 'ignored' | 'rejected'

/** Every phase meets every event. No Partial: a new phase or event does not compile until it has a row. */
const expected: Record<NodePhase, Record<Kind, Outcome>> = {
  expected: { connected: 'joining', stateReceived: 'rejected', disconnected: 'ignored', leaseEnded: 'lost' },
  joining: { connected: 'joining', stateReceived: 'ready', disconnected: 'disconnected', leaseEnded: 'lost' },
  ready: { connected: 'joining', stateReceived: 'ignored', disconnected: 'disconnected', leaseEnded: 'ignored' },
  disconnected: { connected: 'joining', stateReceived: 'rejected', disconnected: 'ignored', leaseEnded: 'lost' },
  lost: { connected: 'joining', stateReceived: 'rejected', disconnected: 'ignored', leaseEnded: 'ignored' },
}

describe('every phase × every event', () => {
  for (const [phase, row] of Object.entries(expected) as [NodePhase, Record<Kind, Outcome>][]) {
    it.each(Object.entries(row) as [Kind, Outcome][])(`${phase} + %s → %s`, (kind, outcome) => {
      const result = transition(phase, { kind })
      expect(result.kind === 'moved' ? result.phase : result.kind).toBe(outcome)
    })
  }
})

it('N1, N2: is ready only after a full state of its present connection', () => {
  const anyKind = fc.constantFrom<Kind>('connected', 'stateReceived', 'disconnected', 'leaseEnded')
  fc.assert(
    fc.property(fc.constantFrom(...NODE_PHASES), fc.array(anyKind, { maxLength: 30 }), (start, kinds) => {
      let phase = start
      let isConnected = start === 'joining' || start === 'ready'
      let hasSpoken = start === 'ready'
      for (const kind of kinds) {
        const result = transition(phase, { kind })
        if (result.kind === 'moved') phase = result.phase
        if (kind === 'connected') hasSpoken = false
        if (kind === 'stateReceived' && isConnected) hasSpoken = true
        if (kind === 'connected' || kind === 'disconnected') isConnected = kind === 'connected'
        if (phase === 'lost') isConnected = false
        expect(phase === 'ready').toBe(isConnected && hasSpoken)
      }
    }),
  )
})
