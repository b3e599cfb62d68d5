import { describe, expect, it } from 'vitest'
import { samplePod, sampleVersion } from '../../test/support/samples.ts'
import { bookingOf, toWake } from './booking-rules.ts'
import type { Pod, PodHibernation } from './pod.ts'

const MIB = 2 ** 20
const version = sampleVersion({ cpuMillis: 500, memoryBytes: 100 * MIB })
const full = { cpuMillis: 500, memoryBytes: 100 * MIB }

describe('P8: what a pod books', () => {
  it.each(['creating', 'standby', 'active', 'terminating'] as const)('is its request while it is %s', (phase) =>
    expect(bookingOf(pod({ phase }))).toMatchObject(full),
  )

  it.each(['pending', 'terminated', 'failed'] as const)('is nothing while it is %s', (phase) =>
    expect(bookingOf(pod({ phase }))).toBeNull(),
  )

  it('is no CPU and what it was measured to keep while it sleeps', () => {
    expect(bookingOf(asleep({ keptBytes: 7 * MIB }))).toEqual({ cpuMillis: 0, memoryBytes: 7 * MIB })
  })

  it('is a tenth of its request until it is measured', () => {
    expect(bookingOf(asleep({}))).toEqual({ cpuMillis: 0, memoryBytes: 10 * MIB })
  })

  it('is all of its memory when it could only be frozen, and nobody can measure it', () => {
    const frozen = { ...light, depth: 'frozen', residentBytesAfter: null } as const
    expect(bookingOf(asleep({ hibernation: frozen }))).toEqual({ cpuMillis: 0, memoryBytes: 100 * MIB })
  })

  it('is never more than its request', () => {
    expect(bookingOf(asleep({ keptBytes: 300 * MIB }))).toEqual({ cpuMillis: 0, memoryBytes: 100 * MIB })
  })

  it('is its request from the wish to wake on, and until its node says that it sleeps', () => {
    expect(bookingOf(asleep({ rest: 'askedToWake', keptBytes: MIB }))).toMatchObject(full)
    expect(bookingOf(pod({ phase: 'standby', rest: 'askedToSleep', keptBytes: MIB }))).toMatchObject(full)
  })

  it('stays small when it is ended in its sleep', () => {
    expect(bookingOf(asleep({ phase: 'terminating', keptBytes: MIB }))).toEqual({ cpuMillis: 0, memoryBytes: MIB })
  })
})

it('to wake, a pod needs what its request is more than what it keeps', () => {
  expect(toWake(asleep({ keptBytes: 7 * MIB }))).toEqual({ cpuMillis: 500, memoryBytes: 93 * MIB })
  expect(toWake(pod({}))).toEqual({ cpuMillis: 0, memoryBytes: 0 })
})

const light: PodHibernation = {
  depth: 'light',
  residentBytesBefore: 60 * MIB,
  residentBytesAfter: 7 * MIB,
  swappedBytes: 50 * MIB,
  problem: null,
  wakeUs: null,
}

function pod(overrides: Partial<Pod>): Pod {
  return samplePod({ version, rest: 'awake', ...overrides })
}

function asleep(overrides: Partial<Pod>): Pod {
  return pod({ phase: 'hibernated', rest: 'asleep', ...overrides })
}
