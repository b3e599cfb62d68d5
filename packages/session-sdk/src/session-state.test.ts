import { unreachable } from '@fornax/kernel/assert'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENDED_SESSIONS_KEPT, SessionBook } from './session-book.ts'
import { firstStep, transition, type SessionEvent, type SessionPhase, type SessionState } from './session-state.ts'

type Outcome = `${SessionPhase}${'' | ', says opened' | ', says closed' | ', says refused' | ', says clientCount'}${
  | ''
  | ', runs onOpen'
  | ', runs onClose'}`

/** Every phase meets every event. No Partial: a new phase or event does not compile until it has a row. */
const expected: Record<SessionPhase, Record<SessionEvent['kind'], Outcome>> = {
  opening: {
    openAsked: 'opening',
    opened: 'open, says opened',
    openFailed: 'closed, says refused',
    closeAsked: 'opening',
    closeWanted: 'opening',
    closeDone: 'opening',
    clientsCounted: 'opening, says clientCount',
  },
  open: {
    openAsked: 'open, says opened',
    opened: 'open',
    openFailed: 'open',
    closeAsked: 'closing, runs onClose',
    closeWanted: 'closing, runs onClose',
    closeDone: 'open',
    clientsCounted: 'open, says clientCount',
  },
  closing: {
    openAsked: 'closing',
    opened: 'closing',
    openFailed: 'closing',
    closeAsked: 'closing',
    closeWanted: 'closing',
    closeDone: 'closed, says closed',
    clientsCounted: 'closing, says clientCount',
  },
  closed: {
    openAsked: 'closed, says closed',
    opened: 'closed',
    openFailed: 'closed',
    closeAsked: 'closed, says closed',
    closeWanted: 'closed',
    closeDone: 'closed',
    clientsCounted: 'closed',
  },
}

describe('the life of a session in an application', () => {
  for (const phase of phases()) {
    for (const event of events()) {
      it(`${phase} + ${event.kind} → ${expected[phase][event.kind]}`, () => {
        expect(outcome(stateIn(phase), event)).toBe(expected[phase][event.kind])
      })
    }
  }

  it('begins when the agent asks to open, and runs onOpen', () => {
    expect(firstStep({ kind: 'openAsked' })).toMatchObject({ state: { phase: 'opening' }, run: { kind: 'onOpen' } })
  })

  it('calls a session closed that it never heard of, so that no agent waits for it', () => {
    expect(firstStep({ kind: 'closeAsked', graceMs: 1 })).toMatchObject({ say: { kind: 'closed' }, run: null })
  })

  it('closes after onOpen has ended, when somebody wanted that meanwhile, and never says that it was open', () => {
    const wished = transition(stateIn('opening'), { kind: 'closeAsked', graceMs: 7 }).state
    expect(transition(wished, { kind: 'opened' })).toMatchObject({
      state: { phase: 'closing' },
      say: null,
      run: { kind: 'onClose', graceMs: 7 },
    })
    expect(transition(wished, { kind: 'openFailed', message: 'no' })).toMatchObject({
      say: { kind: 'closed' },
      run: null,
    })
  })

  it('keeps the first message of a close', () => {
    const closing = transition(stateIn('open'), { kind: 'closeWanted', message: 'game over' }).state
    const again = transition(closing, { kind: 'closeWanted', message: 'too late' }).state
    expect(transition(again, { kind: 'closeDone', problem: '' }).say).toEqual({ kind: 'closed', message: 'game over' })
  })

  it('says a client count only when it is another one', () => {
    const two = transition(stateIn('open'), { kind: 'clientsCounted', clients: 2 })
    expect(two.say).toEqual({ kind: 'clientCount', clients: 2 })
    expect(transition(two.state, { kind: 'clientsCounted', clients: 2 }).say).toBeNull()
  })
})

describe('the book of sessions', () => {
  it('runs onOpen and onClose at most once per session and never both at once, whatever is repeated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(...events())), { maxLength: 60 }),
        (story) => {
          const book = new SessionBook()
          const runs = new Map<string, string[]>()
          for (const [id, event] of story) {
            const before = book.stateOf(id)
            const { say, run } = book.apply(id, event)
            if (run !== null) runs.set(id, [...(runs.get(id) ?? []), run.kind])
            if (before?.phase === 'closed') expect(book.stateOf(id)).toEqual(before)
            if (say?.kind === 'opened') expect(runs.get(id)).toEqual(['onOpen'])
          }
          for (const ran of runs.values()) expect(['onOpen', 'onOpen,onClose']).toContain(ran.join())
        },
      ),
    )
  })

  it('tells what runs, and forgets nothing of it', () => {
    const book = new SessionBook()
    for (const id of ['a', 'b', 'c', 'd']) book.apply(id, { kind: 'openAsked' })
    for (const id of ['a', 'b', 'c']) book.apply(id, { kind: 'opened' })
    book.apply('b', { kind: 'clientsCounted', clients: 3 })
    book.apply('c', { kind: 'closeAsked', graceMs: 1 })
    book.apply('d', { kind: 'openFailed', message: 'no' })
    expect(book.running()).toEqual([
      { sessionId: 'a', clientCount: 0, isOpen: true },
      { sessionId: 'b', clientCount: 3, isOpen: true },
      { sessionId: 'c', clientCount: 0, isOpen: true },
    ])
  })

  it('remembers how a session ended, for a bounded number of sessions', () => {
    const book = new SessionBook()
    for (let n = 0; n <= ENDED_SESSIONS_KEPT; n += 1) {
      book.apply(`s${n}`, { kind: 'openAsked' })
      book.apply(`s${n}`, { kind: 'openFailed', message: `refused ${n}` })
    }
    expect(book.apply('s1', { kind: 'openAsked' })).toMatchObject({
      say: { kind: 'refused', message: 'refused 1' },
      run: null,
    })
    expect(book.stateOf('s0')).toBeNull()
  })
})

function outcome(state: SessionState, event: SessionEvent): string {
  const step = transition(state, event)
  return [
    step.state.phase,
    step.say === null ? null : `says ${step.say.kind}`,
    step.run === null ? null : `runs ${step.run.kind}`,
  ]
    .filter((part) => part !== null)
    .join(', ')
}

function phases(): SessionPhase[] {
  return ['opening', 'open', 'closing', 'closed']
}

function stateIn(phase: SessionPhase): SessionState {
  switch (phase) {
    case 'opening':
      return { phase, clients: 0, wish: null }
    case 'open':
      return { phase, clients: 0 }
    case 'closing':
      return { phase, clients: 0, message: '' }
    case 'closed':
      return { phase, isRefused: false, message: '' }
    default:
      return unreachable(phase)
  }
}

function events(): SessionEvent[] {
  return [
    { kind: 'openAsked' },
    { kind: 'opened' },
    { kind: 'openFailed', message: 'no room' },
    { kind: 'closeAsked', graceMs: 50 },
    { kind: 'closeWanted', message: 'done' },
    { kind: 'closeDone', problem: '' },
    { kind: 'clientsCounted', clients: 2 },
  ]
}
