import { expect, it } from 'vitest'
import { sampleSession } from '../../test/support/samples.ts'
import type { PodHibernation } from '../pods/pod.ts'
import type { PodOrigin, Session, TimelineEntry } from '../sessions/session.ts'
import { LATENCY_PARTS } from './latency-series.ts'
import { startPhases } from './start-phases.ts'

const NEVER = { createdAtMs: 0, placedAtMs: null, readyAtMs: null, hibernation: null }
const UNMEASURED = { residentBytesBefore: null, residentBytesAfter: null, swappedBytes: null, problem: null }
const WOKEN: PodHibernation = { ...UNMEASURED, depth: 'frozen', wakeUs: 7_400 }

it('a warm start has a command and its session', () => {
  const session = started({ origin: { kind: 'hot' }, takenAt: 0, sentAt: 2, availableAt: 9 })
  expect(phasesOf(session, NEVER)).toEqual({ total: 9, command: 2, ready: 7 })
})

it('a session that waited for another to end was in the queue', () => {
  const session = started({ origin: { kind: 'hot' }, takenAt: 30, sentAt: 30, availableAt: 33 })
  expect(phasesOf(session, NEVER)).toEqual({ total: 33, queue: 30, command: 0, ready: 3 })
})

it('a pod that slept is woken, as long as its node measured', () => {
  const session = started({ origin: { kind: 'hibernated' }, takenAt: 0, sentAt: 1, availableAt: 12 })
  expect(phasesOf(session, { ...NEVER, hibernation: WOKEN })).toEqual({ total: 12, command: 1, wake: 7, ready: 4 })
})

it('a cold start is split where its pod was made, and every millisecond is in one phase', () => {
  const made: PodOrigin = { kind: 'made', choice: 0, waitedForRoomMs: 40 }
  const session = started({ origin: made, takenAt: 400, sentAt: 401, availableAt: 410, start: 'cold' })
  const pod = { createdAtMs: 1_010, placedAtMs: 1_050, readyAtMs: 1_390, hibernation: null }
  expect(phasesOf(session, pod)).toEqual({ total: 410, queue: 20, place: 40, create: 340, command: 1, ready: 9 })
})

it('counts of a pod that was on its way already only what the session waited for', () => {
  const made: PodOrigin = { kind: 'made', choice: 0, waitedForRoomMs: 0 }
  const session = started({ origin: made, takenAt: 100, sentAt: 100, availableAt: 105, start: 'cold' })
  const pod = { createdAtMs: 500, placedAtMs: 600, readyAtMs: 1_100, hibernation: null }
  expect(phasesOf(session, pod)).toEqual({ total: 105, queue: 0, place: 0, create: 100, command: 0, ready: 5 })
})

type Times = {
  readonly origin: PodOrigin
  readonly takenAt: number
  readonly sentAt: number
  readonly availableAt: number
  readonly start?: 'warm' | 'cold'
}

/** Asked for at 1000; the times are since then. */
function started({ origin, takenAt, sentAt, availableAt, start = 'warm' }: Times): Session {
  const timeline: TimelineEntry[] = [
    { step: 'asked', atMs: 1_000 },
    { step: 'podTaken', atMs: 1_000 + takenAt, pod: origin },
    { step: 'commandSent', atMs: 1_000 + sentAt },
    { step: 'available', atMs: 1_000 + availableAt },
  ]
  return { ...sampleSession({ createdAtMs: 1_000 }), start, availableAtMs: 1_000 + availableAt, timeline }
}

/** Those that it went through. */
function phasesOf(session: Session, pod: Parameters<typeof startPhases>[1]): Record<string, number> {
  const phases = LATENCY_PARTS.map(() => 0)
  startPhases(session, pod, phases)
  return Object.fromEntries(phases.flatMap((ms, index) => (ms < 0 ? [] : [[LATENCY_PARTS[index], ms]])))
}
