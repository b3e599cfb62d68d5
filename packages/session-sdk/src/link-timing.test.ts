import { describe, expect, it } from 'vitest'
import { heartbeatIntervalMs, judgePulse, type Pulse } from './link-timing.ts'

describe('the heartbeat', () => {
  it('follows the agent, within reason', () => {
    expect([0, 1, 3_000, 4_000_000].map(heartbeatIntervalMs)).toEqual([5_000, 200, 3_000, 60_000])
  })

  it('gives up an agent that has beaten and then falls silent for more than four beats', () => {
    expect(judgePulse(pulse({ lastHeardMs: 100_000 - 4_000 }))).toBe('alive')
    expect(judgePulse(pulse({ lastHeardMs: 100_000 - 4_001 }))).toBe('silent')
  })

  it('does not miss the beats of an agent that never sends any', () => {
    expect(judgePulse(pulse({ lastHeardMs: 0, agentBeats: false }))).toBe('alive')
  })

  it('blames nobody after a freeze or when the clock was set', () => {
    expect(judgePulse(pulse({ lastTickMs: 40_000, lastHeardMs: 40_000 }))).toBe('clockJumped')
    expect(judgePulse(pulse({ lastTickMs: 100_001, lastHeardMs: 100_001 }))).toBe('clockJumped')
  })
})

function pulse(overrides: Partial<Pulse>): Pulse {
  return { nowMs: 100_000, lastTickMs: 99_000, intervalMs: 1_000, lastHeardMs: 99_500, agentBeats: true, ...overrides }
}
