import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSettled, pendingSession, transition, type SessionEvent } from './session-state.ts'
import { SESSION_PHASES, type Session, type SessionPhase, type SessionRequest } from './session.ts'

type Kind = SessionEvent['kind']
type Outcome = SessionPhase | 'ignored' | 'rejected'

/** Every phase meets every event. No Partial: a new phase or event does not compile until it has a row. */
const expected: Record<SessionPhase, Record<Kind, Outcome>> = {
  pending: {
    claimed: 'starting',
    commandSent: 'ignored',
    started: 'ignored',
    ready: 'rejected',
    clientsCounted: 'rejected',
    closeRequested: 'closed',
    deadlinePassed: 'closed',
    ended: 'rejected',
    recovered: 'ignored',
    givenBack: 'ignored',
    heard: 'ignored',
  },
  starting: {
    claimed: 'rejected',
    commandSent: 'starting',
    started: 'starting',
    ready: 'available',
    clientsCounted: 'rejected',
    closeRequested: 'closed',
    deadlinePassed: 'closed',
    ended: 'closed',
    recovered: 'starting',
    givenBack: 'pending',
    heard: 'ignored',
  },
  available: {
    claimed: 'rejected',
    commandSent: 'ignored',
    started: 'ignored',
    ready: 'ignored',
    clientsCounted: 'inUse',
    closeRequested: 'closing',
    deadlinePassed: 'closing',
    ended: 'closed',
    recovered: 'available',
    givenBack: 'ignored',
    heard: 'ignored',
  },
  inUse: {
    claimed: 'rejected',
    commandSent: 'ignored',
    started: 'ignored',
    ready: 'ignored',
    clientsCounted: 'inUse',
    closeRequested: 'closing',
    deadlinePassed: 'closing',
    ended: 'closed',
    recovered: 'inUse',
    givenBack: 'ignored',
    heard: 'ignored',
  },
  closing: {
    claimed: 'rejected',
    commandSent: 'ignored',
    started: 'ignored',
    ready: 'ignored',
    clientsCounted: 'closing',
    closeRequested: 'ignored',
    deadlinePassed: 'closed',
    ended: 'closed',
    recovered: 'closing',
    givenBack: 'ignored',
    heard: 'ignored',
  },
  closed: {
    claimed: 'ignored',
    commandSent: 'ignored',
    started: 'ignored',
    ready: 'ignored',
    clientsCounted: 'ignored',
    closeRequested: 'ignored',
    deadlinePassed: 'ignored',
    ended: 'ignored',
    recovered: 'ignored',
    givenBack: 'ignored',
    heard: 'ignored',
  },
}

const request: SessionRequest = {
  openTimeoutMs: 500,
  closeGraceMs: 50,
  killPodOnClose: false,
  idleTimeoutMs: 300,
  maxLifetimeMs: 2_000,
  data: new Uint8Array([1, 2, 3]),
  env: { SECRET: 'x' },
  labels: {},
  idempotency: null,
}
const noLimits: SessionRequest = { ...request, idleTimeoutMs: null, maxLifetimeMs: null }
const endpoint = { name: 'web', protocol: 'http', host: '10.0.0.1', port: 20_001 } as const
const grant = { podId: 'pod-1', nodeName: 'n-1', versionNumber: 1, grantEpoch: 7, start: 'warm' } as const

const sample: Record<Kind, SessionEvent> = {
  claimed: { kind: 'claimed', grant, atMs: 1_010 },
  commandSent: { kind: 'commandSent', atMs: 1_011 },
  started: { kind: 'started', atMs: 1_012 },
  ready: { kind: 'ready', endpoints: [endpoint], atMs: 1_100 },
  clientsCounted: { kind: 'clientsCounted', count: 2, atMs: 1_200 },
  closeRequested: { kind: 'closeRequested', reason: 'requested', atMs: 1_300 },
  deadlinePassed: { kind: 'deadlinePassed', atMs: 9_999 },
  ended: { kind: 'ended', reason: 'nodeLost', message: 'gone', atMs: 1_400 },
  recovered: { kind: 'recovered', atMs: 1_500 },
  heard: { kind: 'heard', atMs: 1_600 },
  givenBack: { kind: 'givenBack', atMs: 1_700 },
}

describe('every phase × every event', () => {
  for (const [phase, row] of Object.entries(expected) as [SessionPhase, Record<Kind, Outcome>][]) {
    it.each(Object.entries(row) as [Kind, Outcome][])(`${phase} + %s → %s`, (kind, outcome) => {
      const result = transition(sessionIn(phase), sample[kind])
      expect(result.kind === 'moved' ? result.session.phase : result.kind).toBe(outcome)
    })
  }
})

it('S1: closed is final', () => {
  const closed = after(['claimed', 'ended'])
  for (const event of Object.values(sample)) expect(transition(closed, event)).toEqual({ kind: 'ignored' })
})

it('S2: a session that was claimed names its pod, also once it is closed', () => {
  expect(after(['claimed'])).toMatchObject(grant)
  expect(after(['claimed', 'ready', 'ended'])).toMatchObject({ phase: 'closed', podId: 'pod-1', nodeName: 'n-1' })
  expect(after(['closeRequested'])).toMatchObject({ phase: 'closed', podId: null })
})

it.each([
  ['commandSent', ['claimed', 'commandSent']],
  ['started', ['claimed', 'started']],
  ['ready', ['claimed', 'ready']],
  ['clientsCounted', ['claimed', 'ready', 'clientsCounted']],
] as const)('S3: a repeated %s changes nothing', (kind, path) => {
  expect(transition(after([...path]), sample[kind])).toEqual({ kind: 'ignored' })
})

describe('the reason', () => {
  it('S4: is the first one, however it ends', () => {
    const closing = after(['claimed', 'ready', 'closeRequested'])
    expect(closing).toMatchObject({ phase: 'closing', closeReason: 'requested' })
    expect(next(closing, sample.ended)).toMatchObject({ closeReason: 'requested', closeMessage: 'gone' })
    expect(next(closing, sample.deadlinePassed)).toMatchObject({ phase: 'closed', closeReason: 'requested' })
  })

  it('is the one of its node when it ends unasked', () => {
    expect(after(['claimed', 'ready', 'ended'])).toMatchObject({ closeReason: 'nodeLost', closeMessage: 'gone' })
  })
})

describe('deadlines', () => {
  it('S5: the open deadline counts from creation, and a claim does not move it', () => {
    const deadline = { atMs: 1_500, reason: 'openTimedOut' }
    expect(after([])).toMatchObject({ phase: 'pending', deadline })
    expect(after(['claimed', 'commandSent', 'started'])).toMatchObject({ phase: 'starting', deadline })
    expect(after(['claimed', 'deadlinePassed'])).toMatchObject({ phase: 'closed', closeReason: 'openTimedOut' })
  })

  it('S6: closing lasts as long as the grace', () => {
    const session = after(['claimed', 'ready', 'closeRequested'])
    expect(session).toMatchObject({ phase: 'closing', deadline: { atMs: 1_350 }, closeReason: 'requested' })
  })

  it('S7: the idle timeout runs while nobody is attached, the lifetime always', () => {
    expect(after(['claimed', 'ready']).deadline).toEqual({ atMs: 1_400, reason: 'idleTimeout' })
    const inUse = after(['claimed', 'ready', 'clientsCounted'])
    expect(inUse.deadline).toEqual({ atMs: 3_000, reason: 'lifetimeReached' })
    const idle = next(inUse, { kind: 'clientsCounted', count: 0, atMs: 2_000 })
    expect(idle).toMatchObject({ phase: 'available', deadline: { atMs: 2_300, reason: 'idleTimeout' } })
    const late = next(inUse, { kind: 'clientsCounted', count: 0, atMs: 2_900 })
    expect(late).toMatchObject({ phase: 'available', deadline: { atMs: 3_000, reason: 'lifetimeReached' } })
  })

  it('S7: one client more or less moves no deadline', () => {
    const inUse = after(['claimed', 'ready', 'clientsCounted'])
    expect(next(inUse, { kind: 'clientsCounted', count: 1, atMs: 1_250 }).deadline).toBe(inUse.deadline)
  })

  it('S7: without limits a session may last', () => {
    const session = after(['claimed', 'ready', 'deadlinePassed'], noLimits)
    expect(session).toMatchObject({ phase: 'available', deadline: null })
  })

  it('S7: a deadline that has moved does nothing', () => {
    const event: SessionEvent = { kind: 'deadlinePassed', atMs: 1_399 }
    expect(transition(after(['claimed', 'ready']), event)).toEqual({ kind: 'ignored' })
  })
})

describe('what a session leaves behind', () => {
  it('S8: has no endpoints, data or environment', () => {
    const closed = after(['claimed', 'ready', 'ended'])
    expect(closed).toMatchObject({ endpoints: [], clientCount: 0, request: { data: new Uint8Array(0), env: {} } })
  })

  it('S8: gives up its environment also when it had no data', () => {
    const closed = after(['claimed', 'ready', 'ended'], { ...request, data: new Uint8Array(0) })
    expect(closed.request.env).toEqual({})
  })

  it('S9: is a timeline with every step once, and a bounded number of visits', () => {
    let session = after(['claimed', 'commandSent', 'commandSent', 'started', 'started', 'ready', 'ready'])
    for (let visit = 0; visit < 100; visit += 1) {
      session = next(session, { kind: 'clientsCounted', count: 1, atMs: 1_200 })
      session = next(session, { kind: 'clientsCounted', count: 0, atMs: 1_201 })
    }
    session = next(next(session, sample.closeRequested), sample.ended)
    const steps = session.timeline.map(({ step }) => step)
    expect(steps.slice(0, 5)).toEqual(['asked', 'podTaken', 'commandSent', 'started', 'available'])
    expect(steps.slice(-2)).toEqual(['closing', 'closed'])
    expect(steps.length).toBeLessThanOrEqual(34)
  })
})

describe('S10: a session that a restarted core finds', () => {
  it('is not timed out before its node has spoken', () => {
    for (const path of [['claimed'], ['claimed', 'ready'], ['claimed', 'ready', 'clientsCounted']] as Kind[][]) {
      const recovered = after([...path, 'recovered'])
      expect(recovered.deadline).toBeNull()
      expect(transition(recovered, sample.deadlinePassed)).toEqual({ kind: 'ignored' })
    }
  })

  it('waits for a pod as long as before', () => {
    expect(transition(after([]), sample.recovered)).toEqual({ kind: 'ignored' })
  })

  it('closes in the time that it had', () => {
    const closing = after(['claimed', 'ready', 'closeRequested'])
    expect(next(closing, sample.recovered).deadline).toEqual(closing.deadline)
  })

  it('has its open deadline again when its node has spoken', () => {
    const deadline = { atMs: 1_500, reason: 'openTimedOut' }
    expect(after(['claimed', 'recovered', 'heard'])).toMatchObject({ phase: 'starting', deadline })
  })

  it('has its idle timeout and its lifetime again when its node has spoken', () => {
    const available = after(['claimed', 'ready', 'recovered', 'heard'])
    expect(available).toMatchObject({ phase: 'available', deadline: { atMs: 1_900, reason: 'idleTimeout' } })
    const inUse = after(['claimed', 'ready', 'clientsCounted', 'recovered', 'heard'])
    expect(inUse).toMatchObject({ phase: 'inUse', deadline: { atMs: 3_000, reason: 'lifetimeReached' } })
  })

  it('without limits is not changed by its node’s word', () => {
    const recovered = after(['claimed', 'ready', 'recovered'], noLimits)
    expect(transition(recovered, sample.heard)).toEqual({ kind: 'ignored' })
  })
})

it('S14: a session whose pod does not wake waits for another, with the deadline that it had', () => {
  const givenBack = after(['claimed', 'givenBack'])
  expect(givenBack).toMatchObject({ phase: 'pending', podId: null, nodeName: null, grantEpoch: null, start: null })
  expect(givenBack.deadline).toEqual(newSession(request).deadline)
  expect(givenBack.timeline.at(-1)?.step).toBe('givenBack')
  expect(after(['claimed', 'givenBack', 'claimed', 'ready']).phase).toBe('available')
})

it('is settled as soon as it is of use, or never will be', () => {
  const settled = SESSION_PHASES.filter((phase) => isSettled(sessionIn(phase)))
  expect(settled).toEqual(['available', 'inUse', 'closing', 'closed'])
})

it('keeps the rules under any order, repeat or loss of events', () => {
  const counts = [0, 1, 2].map((count): SessionEvent => ({ kind: 'clientsCounted', count, atMs: 1_250 }))
  const anyEvents = fc.array(fc.constantFrom(...Object.values(sample), ...counts), { maxLength: 60 })
  fc.assert(
    fc.property(anyEvents, fc.constantFrom(request, noLimits), (events, options) => {
      let session = newSession(options)
      for (const event of events) {
        const before = session
        const result = transition(session, event)
        if (result.kind === 'moved') session = result.session
        expectRules(before, session)
        if (result.kind !== 'moved') continue
        const again = transition(session, event)
        if (event.kind !== 'recovered' && event.kind !== 'deadlinePassed') expect(again.kind).not.toBe('moved') // S3
      }
    }),
  )
})

function expectRules(before: Session, now: Session): void {
  const { openTimeoutMs, maxLifetimeMs } = now.request
  const isRecovered = now.timeline.some(({ step }) => step === 'recovered')
  if (before.phase === 'closed') expect(now).toBe(before) // S1
  if (['starting', 'available', 'inUse', 'closing'].includes(now.phase)) expect(now.podId).not.toBeNull() // S2
  if (before.closeReason !== null) expect(now.closeReason).toBe(before.closeReason) // S4
  expect(now.closeReason !== null).toBe(now.phase === 'closing' || now.phase === 'closed') // S4
  const isOpening = now.phase === 'pending' || now.phase === 'starting'
  if (isOpening && !(isRecovered && now.deadline === null))
    expect(now.deadline?.atMs).toBe(now.createdAtMs + openTimeoutMs) // S5, S10
  if (now.phase === 'closing') expect(now.deadline).not.toBeNull() // S6
  if (now.phase === 'inUse' && !isRecovered) expect(now.deadline !== null).toBe(maxLifetimeMs !== null) // S7
  if (now.phase === 'closed') expect(now.deadline).toBeNull()
  expect(now.endpoints.length > 0).toBe(['available', 'inUse', 'closing'].includes(now.phase)) // S8
  if (now.phase === 'closed') expect(now.request).toMatchObject({ data: new Uint8Array(0), env: {} }) // S8
  const repeatable = ['attached', 'idle', 'recovered', ...wayToAnother(now)]
  const once = now.timeline.map(({ step }) => step).filter((step) => !repeatable.includes(step))
  expect(new Set(once).size).toBe(once.length) // S9
  expect(now.timeline.length).toBeLessThanOrEqual(34) // S9
}

/** S14: steps that a session takes again when its pod did not wake. */
function wayToAnother({ timeline }: Session): readonly string[] {
  const isGivenBack = timeline.some(({ step }) => step === 'givenBack')
  return isGivenBack ? ['podTaken', 'commandSent', 'started', 'givenBack'] : []
}

/** The shortest way into each phase. */
const path: Record<SessionPhase, Kind[]> = {
  pending: [],
  starting: ['claimed'],
  available: ['claimed', 'ready'],
  inUse: ['claimed', 'ready', 'clientsCounted'],
  closing: ['claimed', 'ready', 'closeRequested'],
  closed: ['closeRequested'],
}

/** `clientsCounted` would be a repeat in `inUse`, so that it has one client there. */
function sessionIn(phase: SessionPhase): Session {
  const session = after(path[phase])
  return phase === 'inUse' ? { ...session, clientCount: 1 } : session
}

function after(kinds: readonly Kind[], options = request): Session {
  return kinds.reduce((session, kind) => next(session, sample[kind]), newSession(options))
}

/** The session after the event; itself when nothing came of it. */
function next(session: Session, event: SessionEvent): Session {
  const result = transition(session, event)
  return result.kind === 'moved' ? result.session : session
}

function newSession(options: SessionRequest): Session {
  const names = { id: 'ses-1', tenantId: 'ten-1', applicationId: 'app-1', applicationName: 'hello' }
  return pendingSession({ ...names, createdAtMs: 1_000, request: options })
}
