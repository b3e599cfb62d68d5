import { expect, it } from 'vitest'
import { historyAfter, NO_HISTORY, recentOpensPerSecond, type FleetHistory } from './fleet-history.ts'

it('knows the rate from what was opened between two readings', () => {
  const history = read(NO_HISTORY, [0, 100], [2_000, 150], [4_000, 160])
  expect(history.samples.map(({ opensPerSecond }) => opensPerSecond)).toEqual([0, 25, 5])
  expect(recentOpensPerSecond(history)).toBe(15)
})

it('has no rate after one reading', () => {
  expect(recentOpensPerSecond(read(NO_HISTORY, [0, 100]))).toBeNull()
})

it('begins anew with a core that was started anew, rather than show a negative rate', () => {
  const before = read(NO_HISTORY, [0, 100], [2_000, 150])
  const after = historyAfter(before, fleet(4_000, 1, '2026-11-21T13:00:00.000Z'))
  expect(after.samples.map(({ opened, opensPerSecond }) => [opened, opensPerSecond])).toEqual([[1, 0]])
})

it('leaves out readings that come too soon after another to tell a rate', () => {
  expect(read(NO_HISTORY, [0, 100], [100, 101]).samples).toHaveLength(1)
})

it('is bounded', () => {
  const readings = Array.from({ length: 1_000 }, (_, index) => [index * 1_000, index] as const)
  expect(read(NO_HISTORY, ...readings).samples).toHaveLength(150)
})

function read(history: FleetHistory, ...readings: readonly (readonly [number, number])[]): FleetHistory {
  return readings.reduce((so, [atMs, opened]) => historyAfter(so, fleet(atMs, opened)), history)
}

function fleet(atMs: number, opened: number, startedAt = '2026-11-21T12:00:00.000Z') {
  return {
    nodes: { disconnected: 0, lost: 0, ready: 1, total: 1 },
    readAt: new Date(Date.parse('2026-11-21T12:00:00.000Z') + atMs).toISOString(),
    sessionsOpen: 0,
    sessionsOpenedCold: 0,
    sessionsOpenedWarm: opened,
    sessionsWaiting: 0,
    startedAt,
  }
}
