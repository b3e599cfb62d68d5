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

it('judges real pods by what the goal speaks of alone', () => {
  const verdicts = (...results: readonly RunResult[]) =>
    new Map(judgeGoals(results).map(({ work, verdict, measured }) => [work, `${verdict}: ${measured}`]))
  const cold = (runtime: string, ready: string, share: number | null) =>
    warm({
      scenario: 'containers',
      shape: { of: 'cold session', runtime, 'ready sandboxes': ready },
      latencyMs: { ...LATENCY, p50: 130 },
      more: share === null ? {} : { 'against bare calls': share },
    })
  const agent = (pods: number) =>
    warm({
      scenario: 'containers',
      shape: { of: 'pod', runtime: 'containerd', pods },
      more: { 'agent MB': 120, 'agent CPU %': 2 },
    })
  const told = verdicts(cold('containerd', 'yes', 0.9), cold('containerd', 'none', 1.1), agent(100))
  expect(told.get('cold session in a container, CNI network, image present')).toBe('must: p50 130 ms')
  expect(told.get('cold session against the bare CRI calls')).toBe(
    'must: made anew 1.10 ×, with a ready sandbox 0.90 ×',
  )
  expect(told.get('agent with 100 containers')).toBe('must: 120 MB, 2.0 %')
  expect(told.get('agent with 100 bubblewrap pods')).toBe('not measured: –, –')
  expect(verdicts(agent(20)).get('agent with 100 containers')).toBe('not measured: –, –')
})

it('says how many sleeping containers 24 GiB hold by what many took, and nothing by what few took', () => {
  const asleep = (pods: number, swap = 'zram (lz4), made for this') =>
    warm({
      scenario: 'hibernation: many asleep',
      shape: { runtime: 'containerd', 'heap MiB': 64, swap },
      more: { 'pods asleep': pods, 'machine memory for each MiB': 48 },
    })
  const told = (result: RunResult) =>
    judgeGoals([result]).find(({ work }) => work.startsWith('containers asleep in 24 GiB'))
  expect(told(asleep(300))).toMatchObject({ measured: '512, all woke', verdict: 'must' })
  for (const few of [asleep(20), asleep(300, 'none')]) expect(told(few)?.verdict).toBe('not measured')
})

it('judges how a sleeping container wakes only where its memory was taken', () => {
  const woken = (swap: string) =>
    warm({
      scenario: 'hibernation: hibernated pod',
      shape: { runtime: 'containerd', 'heap MiB': 64, swap },
      latencyMs: { ...LATENCY, p99: 14 },
      more: { 'first answer p99 ms': 50, 'charged, kept %': 3 },
    })
  const verdict = (result: RunResult) =>
    judgeGoals([result]).find(({ work }) => work.startsWith('warm session on a hibernated container'))?.verdict
  expect(verdict(woken('zram (lz4), made for this'))).toBe('aim')
  expect(verdict(woken('none'))).toBe('not measured')
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
