import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  LATE_OPEN_GRACE_MS,
  transition,
  unstartedSession,
  waitingSession,
  type NodeSession,
  type NodeSessionEvent,
  type NodeSessionPhase,
} from './node-session-state.ts'

type Outcome = NodeSessionPhase | 'ignored' | 'rejected'

/** Every phase meets every event. No Partial: a new phase or event does not compile until it has a row. */
const expected: Record<NodeSessionPhase, Record<NodeSessionEvent['kind'], Outcome>> = {
  waiting: {
    podReady: 'opening',
    portsTaken: 'rejected',
    opened: 'rejected',
    refused: 'closed',
    podDidNotWake: 'closed',
    clientsCounted: 'rejected',
    closeRequested: 'closed',
    appClosed: 'rejected',
    deadlinePassed: 'closed',
    cleared: 'rejected',
    podEnded: 'closed',
  },
  opening: {
    podReady: 'ignored',
    portsTaken: 'opening',
    opened: 'available',
    refused: 'clearing',
    podDidNotWake: 'clearing',
    clientsCounted: 'ignored',
    closeRequested: 'closing',
    appClosed: 'clearing',
    deadlinePassed: 'closing',
    cleared: 'rejected',
    podEnded: 'closed',
  },
  available: {
    podReady: 'ignored',
    portsTaken: 'available',
    opened: 'ignored',
    refused: 'rejected',
    podDidNotWake: 'rejected',
    clientsCounted: 'inUse',
    closeRequested: 'closing',
    appClosed: 'clearing',
    deadlinePassed: 'ignored',
    cleared: 'rejected',
    podEnded: 'closed',
  },
  inUse: {
    podReady: 'ignored',
    portsTaken: 'inUse',
    opened: 'ignored',
    refused: 'rejected',
    podDidNotWake: 'rejected',
    clientsCounted: 'ignored',
    closeRequested: 'closing',
    appClosed: 'clearing',
    deadlinePassed: 'ignored',
    cleared: 'rejected',
    podEnded: 'closed',
  },
  closing: {
    podReady: 'ignored',
    portsTaken: 'closing',
    opened: 'ignored',
    refused: 'clearing',
    podDidNotWake: 'clearing',
    clientsCounted: 'ignored',
    closeRequested: 'closing',
    appClosed: 'clearing',
    deadlinePassed: 'killing',
    cleared: 'rejected',
    podEnded: 'closed',
  },
  killing: {
    podReady: 'ignored',
    portsTaken: 'killing',
    opened: 'ignored',
    refused: 'ignored',
    podDidNotWake: 'ignored',
    clientsCounted: 'ignored',
    closeRequested: 'ignored',
    appClosed: 'ignored',
    deadlinePassed: 'ignored',
    cleared: 'rejected',
    podEnded: 'closed',
  },
  clearing: {
    podReady: 'ignored',
    portsTaken: 'clearing',
    opened: 'ignored',
    refused: 'ignored',
    podDidNotWake: 'ignored',
    clientsCounted: 'ignored',
    closeRequested: 'clearing',
    appClosed: 'ignored',
    deadlinePassed: 'ignored',
    cleared: 'closed',
    podEnded: 'closed',
  },
  closed: {
    podReady: 'ignored',
    portsTaken: 'ignored',
    opened: 'ignored',
    refused: 'ignored',
    podDidNotWake: 'ignored',
    clientsCounted: 'ignored',
    closeRequested: 'ignored',
    appClosed: 'ignored',
    deadlinePassed: 'ignored',
    cleared: 'ignored',
    podEnded: 'ignored',
  },
}

const endpoint = { name: 'web', protocol: 'http', host: '127.0.0.1', port: 20_001 } as const

const sample: Record<NodeSessionEvent['kind'], NodeSessionEvent> = {
  podReady: { kind: 'podReady' },
  portsTaken: { kind: 'portsTaken', hostPorts: [20_001] },
  opened: { kind: 'opened', endpoints: [endpoint] },
  refused: { kind: 'refused', message: 'no room' },
  podDidNotWake: { kind: 'podDidNotWake', message: 'it is frozen' },
  clientsCounted: { kind: 'clientsCounted', clients: 2 },
  closeRequested: { kind: 'closeRequested', atMs: 2_000, graceMs: 100, killPod: true },
  appClosed: { kind: 'appClosed', message: 'game over' },
  deadlinePassed: { kind: 'deadlinePassed', atMs: 99_000 },
  cleared: { kind: 'cleared' },
  podEnded: { kind: 'podEnded' },
}

describe('every phase × every event', () => {
  for (const [phase, row] of Object.entries(expected) as [NodeSessionPhase, (typeof expected)[NodeSessionPhase]][]) {
    for (const [kind, outcome] of Object.entries(row) as [NodeSessionEvent['kind'], Outcome][]) {
      it(`${phase} + ${kind} → ${outcome}`, () => {
        const result = transition(sessionIn(phase), sample[kind])
        expect(result.kind === 'moved' ? result.session.phase : result.kind).toBe(outcome)
      })
    }
  }
})

it('N1: closed is final', () => {
  for (const event of Object.values(sample)) expect(transition(sessionIn('closed'), event)).toEqual({ kind: 'ignored' })
})

it('N2: a repeated fact changes nothing', () => {
  for (const [kinds, again] of [
    [['podReady'], 'podReady'],
    [['podReady', 'opened'], 'opened'],
    [['podReady', 'portsTaken'], 'portsTaken'],
    [['podReady', 'opened', 'closeRequested'], 'closeRequested'],
    [['podReady', 'opened', 'appClosed'], 'appClosed'],
  ] as const)
    expect(transition(after(kinds), sample[again])).toEqual({ kind: 'ignored' })
})

it('N4: a session that the application never heard of closes at once, any other is put away first', () => {
  expect(after(['closeRequested'])).toMatchObject({ phase: 'closed', end: 'requested' })
  expect(after(['podReady', 'closeRequested']).phase).toBe('closing')
})

it('N7: its endpoints are gone before it is closed', () => {
  expect(after(['podReady', 'opened', 'closeRequested', 'appClosed'])).toMatchObject({
    phase: 'clearing',
    endpoints: [endpoint],
  })
})

it('N8: a session has its endpoints from the moment it is available', () => {
  expect(after(['podReady']).endpoints).toEqual([])
  expect(after(['podReady', 'opened']).endpoints).toEqual([endpoint])
})

describe('N3: the first end stays', () => {
  it.each([
    [['podReady', 'opened', 'appClosed', 'cleared'], 'exited'],
    [['podReady', 'opened', 'closeRequested', 'appClosed', 'cleared'], 'requested'],
    [['podReady', 'opened', 'closeRequested', 'podEnded'], 'requested'],
    [['podReady', 'opened', 'podEnded'], 'podLost'],
    [['podReady', 'refused', 'cleared'], 'startFailed'],
    [['podReady', 'podDidNotWake', 'cleared'], 'wakeFailed'], // N10
    [['podReady', 'deadlinePassed', 'podEnded'], 'startFailed'],
    [['closeRequested'], 'requested'],
    [['deadlinePassed'], 'startFailed'],
    [['podEnded'], 'podLost'],
  ] as const)('%j ends as %s', (kinds, end) => {
    expect(after(kinds)).toMatchObject({ phase: 'closed', end })
  })

  it('a message of the application is kept', () => {
    expect(after(['podReady', 'refused', 'cleared']).message).toBe('no room')
    expect(after(['podReady', 'opened', 'appClosed', 'podEnded']).message).toBe('game over')
  })
})

describe('N5: closing asked again', () => {
  it('takes the shorter grace', () => {
    const closing = after(['podReady', 'opened', 'closeRequested'])
    expect(closing.deadlineMs).toBe(2_100)
    const longer = { kind: 'closeRequested', atMs: 2_000, graceMs: 500, killPod: false } as const
    expect(transition(closing, longer)).toEqual({ kind: 'ignored' })
    const shorter = transition(closing, { ...longer, graceMs: 5 })
    expect(shorter).toMatchObject({ kind: 'moved', session: { deadlineMs: 2_005, killPod: true } })
  })
})

describe('N6: deadlines', () => {
  it('an open timeout gives the application a moment to put the session away', () => {
    expect(after(['podReady', 'deadlinePassed'])).toMatchObject({
      phase: 'closing',
      deadlineMs: 99_000 + LATE_OPEN_GRACE_MS,
      message: 'it did not open in time',
    })
  })

  it('a deadline that has moved does nothing', () => {
    const closing = after(['podReady', 'opened', 'closeRequested'])
    expect(transition(closing, { kind: 'deadlinePassed', atMs: 2_099 })).toEqual({ kind: 'ignored' })
  })

  it('who does not close in time loses the pod', () => {
    const killing = after(['podReady', 'opened', 'closeRequested', 'deadlinePassed'])
    expect(killing).toMatchObject({ phase: 'killing', killPod: true })
  })
})

it('N9: as many clients as before changes nothing, none makes it available', () => {
  const inUse = after(['podReady', 'opened', 'clientsCounted'])
  expect(transition(inUse, sample.clientsCounted)).toEqual({ kind: 'ignored' })
  expect(transition(inUse, { kind: 'clientsCounted', clients: 3 })).toMatchObject({ session: { phase: 'inUse' } })
  expect(transition(inUse, { kind: 'clientsCounted', clients: 0 })).toMatchObject({ session: { phase: 'available' } })
})

it('a session that could not begin is closed with its reason', () => {
  const birth = { sessionId: 'ses-1', podId: 'pod-1', grantEpoch: 1 }
  expect(unstartedSession(birth, 'no such pod')).toMatchObject({
    phase: 'closed',
    end: 'startFailed',
    message: 'no such pod',
  })
})

it('keeps the rules under any order, repeat or loss of events', () => {
  const anyEvents = fc.array(fc.constantFrom(...Object.values(sample)), { maxLength: 40 })
  fc.assert(
    fc.property(anyEvents, (events) => {
      let session = newSession()
      for (const event of events) {
        const before = session
        const result = transition(session, event)
        if (result.kind === 'moved') session = result.session
        expectRules(before, session)
      }
    }),
  )
})

function expectRules(before: NodeSession, now: NodeSession): void {
  if (before.phase === 'closed') expect(now).toBe(before) // N1
  if (before.end !== null) expect(now.end).toBe(before.end) // N3
  const isEnding = ['closing', 'killing', 'clearing', 'closed'].includes(now.phase)
  expect(now.end !== null).toBe(isEnding) // N3
  expect(now.deadlineMs !== null).toBe(['waiting', 'opening', 'closing'].includes(now.phase)) // N6
  if (before.phase === 'opening') expect(now.phase).not.toBe(now.end === 'podLost' ? 'clearing' : 'waiting') // N4
  if (now.phase === 'closed' && before.phase !== 'closed' && before.phase !== 'waiting')
    expect(before.phase === 'clearing' || now.end !== null).toBe(true) // N7
  if (now.phase === 'available' || now.phase === 'inUse') expect(now.endpoints).toHaveLength(1) // N8
  if (now.phase === 'closed') expect([now.endpoints, now.hostPorts]).toEqual([[], []]) // N8
  if (now.phase === 'inUse') expect(now.clientCount).toBeGreaterThan(0) // N9
  if (now.phase === 'available') expect(now.clientCount).toBe(0) // N9
  if (!['waiting', 'opening'].includes(now.phase)) expect(now.order).toBeNull()
}

/** The shortest way into each phase. */
const path: Record<NodeSessionPhase, readonly NodeSessionEvent['kind'][]> = {
  waiting: [],
  opening: ['podReady'],
  available: ['podReady', 'opened'],
  inUse: ['podReady', 'opened', 'clientsCounted'],
  closing: ['podReady', 'opened', 'closeRequested'],
  killing: ['podReady', 'opened', 'closeRequested', 'deadlinePassed'],
  clearing: ['podReady', 'opened', 'appClosed'],
  closed: ['closeRequested'],
}

function sessionIn(phase: NodeSessionPhase): NodeSession {
  const session = after(path[phase])
  // So that the sample events still have something to say.
  return phase === 'closing' ? { ...session, deadlineMs: 9_000, killPod: false } : session
}

function after(kinds: readonly NodeSessionEvent['kind'][]): NodeSession {
  return kinds.reduce((session, kind) => {
    const result = transition(session, sample[kind])
    return result.kind === 'moved' ? result.session : session
  }, newSession())
}

function newSession(): NodeSession {
  const order = { data: new Uint8Array([1]), env: {} }
  return waitingSession({ sessionId: 'ses-1', podId: 'pod-1', grantEpoch: 1, order, deadlineMs: 1_500 })
}
