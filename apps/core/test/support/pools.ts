/** Ordinary pools for tests, which name only what they are about. */
import type { ScalingPolicy } from '../../src/applications/application.ts'
import type { PoolPlan, PoolPlanInput, PoolView } from '../../src/pools/pool-plan.ts'
import { samplePolicy } from './samples.ts'

export const EMPTY: PoolPlan = {
  createNew: 0,
  createFallback: 0,
  stopOld: 0,
  stopSpare: 0,
  tokensUsed: 0,
  isAboveTarget: false,
}

export function input(overrides: Partial<PoolPlanInput> = {}): PoolPlanInput {
  return {
    policy: idleCount(0, 0),
    pool: view({}),
    rollOut: { kind: 'proven' },
    tokens: 100,
    isBackingOff: false,
    isFallbackBackingOff: false,
    isRecovering: false,
    isFresh: false,
    mayShrink: true,
    ...overrides,
  }
}

export function view(overrides: Partial<PoolView>): PoolView {
  return {
    idle: 0,
    oldIdle: 0,
    unreachable: 0,
    inFlight: 0,
    oldInFlight: 0,
    unscheduled: 0,
    arrived: 0,
    active: 0,
    newActive: 0,
    terminating: 0,
    waitingSessions: 0,
    sessionsPerPod: 1,
    openSlots: 0,
    ...overrides,
  }
}

export function idleCount(low: number, high: number): ScalingPolicy {
  return samplePolicy({ target: { kind: 'idleCount', low, high } })
}
