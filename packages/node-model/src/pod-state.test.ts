import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  creatingPod,
  hasEnded,
  START_TIMEOUT_MS,
  transition,
  toldPodPhase,
  type Hibernation,
  type Pod,
  type PodEvent,
  type PodPhase,
} from './pod-state.ts'

type Outcome = PodPhase | 'ignored' | 'rejected'

/** Every phase meets every event. No Partial: a new phase or event does not compile until it has a row. */
const expected: Record<PodPhase, Record<PodEvent['kind'], Outcome>> = {
  creating: {
    started: 'creating',
    ready: 'standby',
    claimed: 'creating',
    occupied: 'ignored',
    released: 'ignored',
    spent: 'creating',
    sleepRequested: 'ignored',
    slept: 'ignored',
    sleepFailed: 'ignored',
    dozed: 'ignored',
    wakeRequested: 'ignored',
    woken: 'ignored',
    stopRequested: 'terminating',
    condemned: 'terminating',
    startFailed: 'failed',
    ended: 'failed',
  },
  standby: {
    started: 'rejected',
    ready: 'ignored',
    claimed: 'active',
    occupied: 'active',
    released: 'ignored',
    spent: 'standby',
    sleepRequested: 'hibernated',
    slept: 'ignored',
    sleepFailed: 'ignored',
    dozed: 'ignored',
    wakeRequested: 'ignored',
    woken: 'ignored',
    stopRequested: 'terminating',
    condemned: 'terminating',
    startFailed: 'rejected',
    ended: 'failed',
  },
  hibernated: {
    started: 'rejected',
    ready: 'ignored',
    claimed: 'active',
    occupied: 'ignored',
    released: 'ignored',
    spent: 'hibernated',
    sleepRequested: 'ignored',
    slept: 'hibernated',
    sleepFailed: 'standby',
    dozed: 'ignored',
    wakeRequested: 'standby',
    woken: 'ignored',
    stopRequested: 'terminating',
    condemned: 'terminating',
    startFailed: 'rejected',
    ended: 'failed',
  },
  active: {
    started: 'rejected',
    ready: 'ignored',
    claimed: 'active',
    occupied: 'ignored',
    released: 'standby',
    spent: 'active',
    sleepRequested: 'ignored',
    slept: 'ignored',
    sleepFailed: 'ignored',
    dozed: 'active',
    wakeRequested: 'ignored',
    woken: 'ignored',
    stopRequested: 'terminating',
    condemned: 'terminating',
    startFailed: 'rejected',
    ended: 'failed',
  },
  terminating: {
    started: 'ignored',
    ready: 'ignored',
    claimed: 'rejected',
    occupied: 'ignored',
    released: 'ignored',
    spent: 'terminating',
    sleepRequested: 'ignored',
    slept: 'ignored',
    sleepFailed: 'ignored',
    dozed: 'ignored',
    wakeRequested: 'ignored',
    woken: 'ignored',
    stopRequested: 'terminating',
    condemned: 'terminating',
    startFailed: 'terminated',
    ended: 'terminated',
  },
  terminated: {
    started: 'ignored',
    ready: 'ignored',
    claimed: 'ignored',
    occupied: 'ignored',
    released: 'ignored',
    spent: 'ignored',
    sleepRequested: 'ignored',
    slept: 'ignored',
    sleepFailed: 'ignored',
    dozed: 'ignored',
    wakeRequested: 'ignored',
    woken: 'ignored',
    stopRequested: 'ignored',
    condemned: 'ignored',
    startFailed: 'ignored',
    ended: 'ignored',
  },
  failed: {
    started: 'ignored',
    ready: 'ignored',
    claimed: 'ignored',
    occupied: 'ignored',
    released: 'ignored',
    spent: 'ignored',
    sleepRequested: 'ignored',
    slept: 'ignored',
    sleepFailed: 'ignored',
    dozed: 'ignored',
    wakeRequested: 'ignored',
    woken: 'ignored',
    stopRequested: 'ignored',
    condemned: 'ignored',
    startFailed: 'ignored',
    ended: 'ignored',
  },
}

const slept: Hibernation = {
  depth: 'light',
  residentBytesBefore: 100,
  residentBytesAfter: 40,
  swappedBytes: 55,
  problem: '',
  wakeUs: null,
}

const sample: Record<PodEvent['kind'], PodEvent> = {
  started: { kind: 'started', atMs: 1_010, readyTimeoutMs: 500 },
  ready: { kind: 'ready', atMs: 1_200 },
  claimed: { kind: 'claimed', grantEpoch: 9 },
  occupied: { kind: 'occupied' },
  released: { kind: 'released' },
  spent: { kind: 'spent' },
  sleepRequested: { kind: 'sleepRequested', deeperAfterMs: 500 },
  slept: { kind: 'slept', hibernation: slept },
  sleepFailed: { kind: 'sleepFailed', hibernation: { ...slept, depth: 'none', problem: 'it may not' } },
  dozed: { kind: 'dozed', hibernation: slept },
  wakeRequested: { kind: 'wakeRequested' },
  woken: { kind: 'woken', wakeUs: 700 },
  stopRequested: { kind: 'stopRequested', atMs: 2_000, graceMs: 50 },
  condemned: { kind: 'condemned', failure: { kind: 'notReady', reason: 'too slow' }, atMs: 2_000, graceMs: 0 },
  startFailed: { kind: 'startFailed', reason: 'no such image' },
  ended: { kind: 'ended', exitCode: 3, outOfMemory: false, lastLogLines: ['last words'] },
}

describe('every phase × every event', () => {
  for (const [phase, row] of Object.entries(expected) as [PodPhase, (typeof expected)[PodPhase]][]) {
    for (const [kind, outcome] of Object.entries(row) as [PodEvent['kind'], Outcome][]) {
      it(`${phase} + ${kind} → ${outcome}`, () => {
        const result = transition(podIn(phase), sample[kind])
        expect(result.kind === 'moved' ? result.pod.phase : result.kind).toBe(outcome)
      })
    }
  }
})

it('P10: a pod that is spent takes no session, and keeps those that it has', () => {
  const result = transition(podIn('active'), { kind: 'spent' })
  const spent = result.kind === 'moved' ? result.pod : podIn('active')
  expect(spent).toMatchObject({ phase: 'active', isSpent: true })
  expect(transition(spent, { kind: 'spent' })).toEqual({ kind: 'ignored' })
  expect(transition(spent, { kind: 'claimed', grantEpoch: spent.grantEpoch + 1 }).kind).toBe('rejected')
})

it('P1: an end is final', () => {
  for (const phase of ['terminated', 'failed'] as const)
    for (const event of Object.values(sample)) expect(transition(podIn(phase), event)).toEqual({ kind: 'ignored' })
})

it('P2: a repeated fact changes nothing', () => {
  expect(transition(after([sample.ready]), sample.ready)).toEqual({ kind: 'ignored' })
  expect(transition(after([sample.stopRequested]), sample.stopRequested)).toEqual({ kind: 'ignored' })
  expect(transition(after([sample.ready]), sample.released)).toEqual({ kind: 'ignored' })
})

it('P3: until it runs a generous deadline counts, then its own', () => {
  expect(newPod().deadlineMs).toBe(1_000 + START_TIMEOUT_MS)
  expect(after([sample.started]).deadlineMs).toBe(1_510)
  expect(after([sample.started, sample.ready]).deadlineMs).toBeNull()
})

it('P4: the shortest grace holds', () => {
  const stopping = after([sample.stopRequested])
  expect(stopping.deadlineMs).toBe(2_050)
  expect(transition(stopping, { kind: 'stopRequested', atMs: 2_001, graceMs: 100 })).toEqual({ kind: 'ignored' })
  expect(after([sample.stopRequested, { kind: 'stopRequested', atMs: 2_001, graceMs: 10 }]).deadlineMs).toBe(2_011)
})

it('P5: a grant that is not higher takes nothing', () => {
  const claimed = after([sample.ready, sample.claimed])
  expect(transition(claimed, { kind: 'claimed', grantEpoch: 9 }).kind).toBe('rejected')
  expect(transition(claimed, { kind: 'claimed', grantEpoch: 10 }).kind).toBe('moved')
})

it('P6: the first failure stays', () => {
  const pod = after([sample.condemned, { kind: 'condemned', failure: other, atMs: 2_000, graceMs: 0 }, sample.ended])
  expect(pod.failure).toEqual({ kind: 'notReady', reason: 'too slow' })
})

describe('P7: how a pod ended', () => {
  it('was asked to end: terminated, and its log is nobody’s business', () => {
    expect(after([sample.stopRequested, sample.ended])).toMatchObject({
      phase: 'terminated',
      failure: null,
      exitCode: 3,
      lastLogLines: [],
    })
  })

  it('ended by itself: failed with its last words, even with exit code 0', () => {
    expect(after([sample.ready, { ...ended, exitCode: 0 }])).toMatchObject({
      phase: 'failed',
      failure: { kind: 'exited', reason: 'its command ended by itself, with exit code 0' },
      lastLogLines: ['last words'],
    })
  })

  it('ended before it was ready: says so', () => {
    expect(after([sample.ended]).failure?.reason).toBe(
      'its command ended by itself before it was ready, with exit code 3',
    )
    expect(after([{ ...ended, exitCode: null }]).failure?.reason).toContain('nobody saw')
  })

  it('could not be run at all: start failed', () => {
    expect(after([{ ...ended, exitCode: 127 }]).failure?.kind).toBe('startFailed')
    expect(after([sample.ready, { ...ended, exitCode: 127 }]).failure?.kind).toBe('exited')
  })

  it('used too much memory: says so', () => {
    expect(after([sample.ready, { ...ended, outOfMemory: true }]).failure?.kind).toBe('outOfMemory')
  })

  it('was condemned before its command could be started: keeps that reason', () => {
    expect(after([sample.condemned, sample.startFailed])).toMatchObject({
      phase: 'failed',
      failure: { kind: 'notReady' },
    })
  })
})

it('P9: a pod that was claimed while it was created is active as soon as it serves', () => {
  const claimed = after([sample.claimed])
  expect(claimed).toMatchObject({ phase: 'creating', grantEpoch: 9 })
  const ready = after([sample.claimed, sample.ready])
  expect(ready.phase).toBe('standby')
  expect(after([sample.claimed, sample.ready, sample.occupied]).phase).toBe('active')
  expect(after([sample.claimed, sample.ready, sample.occupied, sample.released]).phase).toBe('standby')
})

describe('P11: sleep', () => {
  it('is told when what the pod keeps is known, and not before', () => {
    const falling = after([sample.ready, sample.sleepRequested])
    expect([falling.phase, falling.isAsleep, toldPodPhase(falling)]).toEqual(['hibernated', false, 'standby'])
    const asleep = after([sample.ready, sample.sleepRequested, sample.slept])
    expect([toldPodPhase(asleep), asleep.hibernation]).toEqual(['hibernated', slept])
  })

  it('ends with a claim, with a wish to wake, and when the pod cannot sleep', () => {
    const asleep = [sample.ready, sample.sleepRequested, sample.slept]
    expect(after([...asleep, sample.claimed])).toMatchObject({ phase: 'active', isAsleep: false })
    expect(after([...asleep, sample.wakeRequested])).toMatchObject({ phase: 'standby', isAsleep: false })
    const failed = after([sample.ready, sample.sleepRequested, sample.sleepFailed])
    expect(failed).toMatchObject({ phase: 'standby', isAsleep: false, hibernation: { problem: 'it may not' } })
  })

  it('keeps its small account until the pod has ended, when somebody ends it', () => {
    const asleep = [sample.ready, sample.sleepRequested, sample.slept]
    expect(after([...asleep, sample.stopRequested])).toMatchObject({ phase: 'terminating', isAsleep: true })
  })

  it('takes no pod that is spent, nor one that serves', () => {
    expect(after([sample.ready, sample.spent, sample.sleepRequested]).phase).toBe('standby')
    expect(after([sample.ready, sample.claimed, sample.sleepRequested]).phase).toBe('active')
  })

  it('notes how long the wake took', () => {
    const woken = after([sample.ready, sample.sleepRequested, sample.slept, sample.claimed, sample.woken])
    expect(woken.hibernation).toEqual({ ...slept, wakeUs: 700 })
  })
})

it('P13: a pod that sleeps with its sessions open is active all the time', () => {
  const claimed = { ...sample.claimed, dozeAfterMs: 300 } as const
  const dozing = after([sample.ready, claimed, sample.dozed])
  expect(dozing).toMatchObject({ phase: 'active', isAsleep: false, dozeAfterMs: 300, hibernation: slept })
  expect(after([sample.ready, claimed, sample.dozed, sample.woken]).hibernation).toEqual({ ...slept, wakeUs: 700 })
  // The next session decides for itself.
  const next: PodEvent = { kind: 'claimed', grantEpoch: 10 }
  expect(after([sample.ready, claimed, sample.released, next]).dozeAfterMs).toBe(0)
})

it('P12: a pod that cannot be woken has failed', () => {
  const failure = { kind: 'wakeFailed', reason: 'it could not be thawed' } as const
  const condemned: PodEvent = { kind: 'condemned', failure, atMs: 2_000, graceMs: 0 }
  const asleep = [sample.ready, sample.sleepRequested, sample.slept]
  expect(after([...asleep, sample.claimed, condemned, sample.ended])).toMatchObject({ phase: 'failed', failure })
})

it('P8: a pod that was ready at once was ready after 1 ms', () => {
  expect(after([{ kind: 'ready', atMs: 1_000 }]).readyAfterMs).toBe(1)
})

it('keeps the rules under any order, repeat or loss of events', () => {
  const anyClaim = fc.integer({ min: 0, max: 20 }).map((grantEpoch): PodEvent => ({ kind: 'claimed', grantEpoch }))
  const anyStop = fc
    .integer({ min: 0, max: 100 })
    .map((graceMs): PodEvent => ({ kind: 'stopRequested', atMs: 2_000, graceMs }))
  const anyEvents = fc.array(fc.oneof(fc.constantFrom(...Object.values(sample)), anyClaim, anyStop), { maxLength: 40 })
  fc.assert(
    fc.property(anyEvents, (events) => {
      let pod = newPod()
      for (const event of events) {
        const before = pod
        const result = transition(pod, event)
        if (result.kind === 'moved') pod = result.pod
        expectRules(before, pod)
      }
    }),
  )
})

function expectRules(before: Pod, now: Pod): void {
  if (hasEnded(before)) expect(now).toBe(before) // P1
  expect(now.deadlineMs !== null).toBe(now.phase === 'creating' || now.phase === 'terminating') // P3
  if (before.phase === 'terminating' && now.phase === 'terminating')
    expect(now.deadlineMs ?? 0).toBeLessThanOrEqual(before.deadlineMs ?? 0) // P4
  expect(now.grantEpoch).toBeGreaterThanOrEqual(before.grantEpoch) // P5
  if (before.failure !== null) expect(now.failure).toBe(before.failure) // P6
  if (now.phase === 'failed') expect(now.failure).not.toBeNull() // P7
  if (now.phase === 'terminated') expect(now.failure).toBeNull() // P7
  if (now.isAsleep) expect(['hibernated', 'terminating', 'terminated', 'failed']).toContain(now.phase) // P11
  if (now.phase === 'standby' || now.phase === 'active') expect(now.readyAfterMs).toBeGreaterThan(0) // P8
  if (now.phase === 'creating') expect(now.readyAfterMs).toBe(0) // P8
}

const ended = { kind: 'ended', exitCode: 3, outOfMemory: false, lastLogLines: ['last words'] } as const
const other = { kind: 'exited', reason: 'something else' } as const

/** The shortest way into each phase. */
const path: Record<PodPhase, PodEvent['kind'][]> = {
  creating: [],
  standby: ['ready'],
  hibernated: ['ready', 'sleepRequested', 'slept'],
  active: ['ready', 'claimed'],
  terminating: ['stopRequested'],
  terminated: ['stopRequested', 'ended'],
  failed: ['ended'],
}

function podIn(phase: PodPhase): Pod {
  const pod = after(path[phase].map((kind) => sample[kind]))
  // So that the sample events still have something to say.
  return { ...pod, grantEpoch: 1, deadlineMs: phase === 'terminating' ? 9_000 : pod.deadlineMs }
}

function after(events: readonly PodEvent[]): Pod {
  return events.reduce((pod, event) => {
    const result = transition(pod, event)
    return result.kind === 'moved' ? result.pod : pod
  }, newPod())
}

function newPod(): Pod {
  return creatingPod({ podId: 'pod-1', versionId: 'ver-1', runtime: 'process', createdAtMs: 1_000 })
}
