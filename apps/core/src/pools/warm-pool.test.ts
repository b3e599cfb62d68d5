import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { samplePod, sampleVersion } from '../../test/support/samples.ts'
import type { Pod, PodPhase } from '../pods/pod.ts'
import { WarmPool } from './warm-pool.ts'

describe('the pod for the next session', () => {
  it.each([
    ['nothing', [], null],
    [
      'none that can take one',
      [pod('a', 'creating'), pod('b', 'terminating'), pod('c', 'active', { sessions: 1 })],
      null,
    ],
    ['a hot one before one that sleeps', [pod('hot', 'standby'), pod('asleep', 'hibernated')], 'hot'],
    ['the most recently used', [pod('older', 'standby'), pod('newer', 'standby')], 'newer'],
    ['one that serves already', [pod('open', 'active', { sessions: 1, slots: 2 }), pod('free', 'standby')], 'open'],
    ['one of the newest version', [pod('new', 'hibernated', { version: 2 }), pod('old', 'standby')], 'new'],
    [
      'a free one of the newest version before an open one of an older',
      [pod('new', 'standby', { version: 2, slots: 2 }), pod('old', 'active', { sessions: 1, slots: 2 })],
      'new',
    ],
  ] as const)('is %s', (_which, pods, id) => expect(poolOf(pods).next()?.id ?? null).toBe(id))
})

it('says where a pod stands, and how many stand there', () => {
  const pods = [pod('hot', 'standby'), pod('asleep', 'hibernated'), pod('open', 'active', { sessions: 1, slots: 2 })]
  const full = pod('full', 'active', { sessions: 1 })
  const pool = poolOf([...pods, full])
  expect([...pods, full].map((one) => pool.shelfOf(one))).toEqual(['hot', 'asleep', 'open', null])
  expect(pool.size).toBe(3)
  for (const one of pods) pool.remove(one)
  expect([pool.size, pool.next()]).toEqual([0, null])
})

describe('W5: the pod to give up next', () => {
  it.each([
    ['none that serves', [pod('open', 'active', { sessions: 1, slots: 2 })], null],
    ['one that sleeps before a hot one', [pod('asleep', 'hibernated'), pod('hot', 'standby')], 'asleep'],
    ['the least recently used', [pod('older', 'standby'), pod('newer', 'standby')], 'older'],
    ['one of the oldest version', [pod('new', 'hibernated', { version: 2 }), pod('old', 'standby')], 'old'],
  ] as const)('is %s', (_which, pods, id) => expect(poolOf(pods).spare(9)?.id ?? null).toBe(id))

  it('is of no newer version than asked for', () => {
    expect(poolOf([pod('new', 'standby', { version: 3 })]).spare(2)).toBeNull()
  })
})

it('follows every change of a pod, and forgets what left', () => {
  const steps = fc.array(
    fc.record({
      which: fc.nat(5),
      phase: fc.constantFrom<PodPhase>('creating', 'standby', 'hibernated', 'active', 'terminating'),
      sessions: fc.nat(2),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, (changes) => {
      const pods = Array.from({ length: 6 }, (_, i) => pod(`pod-${i}`, 'creating', { version: 1 + (i % 3), slots: 2 }))
      const pool = poolOf(pods)
      for (const { which, phase, sessions } of changes) {
        const changed = pods[which]
        if (!changed) continue
        changed.phase = phase
        changed.sessionIds.clear()
        if (phase === 'active') for (let i = 0; i < sessions; i += 1) changed.sessionIds.add(`ses-${i}`)
        pool.place(changed)
        const claimable = pods.filter(isClaimable)
        const newest = Math.max(...claimable.map((one) => one.version.number))
        expect(pool.next()?.version.number ?? -Infinity).toBe(newest)
        const idle = pods.filter((one) => one.phase === 'standby' || one.phase === 'hibernated')
        const oldest = Math.min(...idle.map((one) => one.version.number))
        expect(pool.spare(9)?.version.number ?? Infinity).toBe(oldest)
      }
      for (const one of pods) pool.remove(one)
      expect([pool.next(), pool.spare(9)]).toEqual([null, null])
    }),
  )
})

function isClaimable({ phase, sessionIds }: Pod): boolean {
  return phase === 'standby' || phase === 'hibernated' || (phase === 'active' && sessionIds.size < 2)
}

function poolOf(pods: readonly Pod[]): WarmPool {
  const pool = new WarmPool()
  for (const one of pods) pool.place(one)
  return pool
}

function pod(id: string, phase: PodPhase, with_: { version?: number; sessions?: number; slots?: number } = {}): Pod {
  const { version = 1, sessions = 0, slots = 1 } = with_
  const sessionIds = new Set(Array.from({ length: sessions }, (_, i) => `ses-${i}`))
  return samplePod({ id, phase, sessionIds, version: sampleVersion({ number: version, sessionsPerPod: slots }) })
}
