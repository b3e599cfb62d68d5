import { expect, it } from 'vitest'
import { judgeGoals } from './goals.ts'
import { NOTHING_MEASURED, type RunResult } from './result.ts'

const LATENCY = { p50: 10, p90: 20, p99: 30, p999: 40, max: 50 }

it.each([
  [6_500, 30, 'aim'],
  [4_000, 150, 'must'],
  [6_500, 151, 'missed'],
  [3_999, 30, 'missed'],
] as const)('judges %d sessions a second with a p99 of %d ms by the worse of the two', (perSecond, p99, verdict) => {
  const [row] = judgeGoals([warm({ perSecond, latencyMs: { ...LATENCY, p99 } })])
  expect(row).toMatchObject({ work: 'warm, 67 × 5, HTTP', verdict })
})

it('says what was not measured', () => {
  const rows = judgeGoals([])
  expect(rows.length).toBeGreaterThan(10)
  expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(['not measured']))
})

function warm(overrides: Partial<RunResult>): RunResult {
  return {
    ...NOTHING_MEASURED,
    scenario: 'warm',
    command: 'warm',
    shape: { concurrency: 5, transport: 'http' },
    unit: 'sessions',
    operations: 20_100,
    seconds: 4,
    perSecond: 5_000,
    ...overrides,
  }
}
