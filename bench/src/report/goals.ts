/** The numbers that Fornax is held to, and how a set of runs stands to them. */
import { milliseconds, rate } from './figures.ts'
import { find, less, more, numberOf, type Figure, type Goal } from './goal.ts'
import { REAL_POD_GOALS } from './real-pod-goals.ts'
import type { RunResult } from './result.ts'
import type { Column } from './text-table.ts'

export type Verdict = 'aim' | 'must' | 'missed' | 'not measured'

export type GoalRow = {
  readonly work: string
  readonly must: string
  readonly aim: string
  readonly measured: string
  readonly verdict: Verdict
}

export const GOAL_COLUMNS: readonly Column<GoalRow>[] = [
  { title: 'work', cell: ({ work }) => work },
  { title: 'must', cell: ({ must }) => must },
  { title: 'aim', cell: ({ aim }) => aim },
  { title: 'measured', cell: ({ measured }) => measured },
  { title: 'reaches', cell: ({ verdict }) => verdict },
]

const perSecond = (value: number): string => `${rate(value)}/s`
const ms = (value: number): string => `${milliseconds(value)} ms`
const kilobytes = (value: number): string => `${(value / 1_000).toFixed(1)} KB`
const micros = (value: number): string => `${Math.round(value * 1_000)} µs`
const times = (value: number): string => `${value.toFixed(2)} ×`
const seconds = (value: number): string => `${value.toFixed(2)} s`
const none = (value: number): string => (value === 0 ? 'none harmed' : `${value} harmed`)

const GOALS: readonly Goal[] = [
  {
    work: 'warm, 67 × 5, HTTP',
    figures: (results) => {
      const run = warmRun(results, 5, 'http')
      return [
        more(run?.perSecond, { must: 4_000, aim: 6_000, shown: perSecond }),
        less(run?.latencyMs?.p99, { must: 150, aim: 150, shown: ms, label: 'p99' }),
      ]
    },
  },
  {
    work: 'warm, 67 × 5, WebSocket',
    figures: (results) => [more(warmRun(results, 5, 'ws')?.perSecond, { must: 4_000, aim: 10_000, shown: perSecond })],
  },
  {
    work: 'warm, 67 × 1, HTTP',
    figures: (results) => {
      const run = warmRun(results, 1, 'http')
      return [
        more(run?.perSecond, { must: 2_500, aim: 4_000, shown: perSecond }),
        less(run?.latencyMs?.p50, { must: 30, aim: 30, shown: ms, label: 'p50' }),
      ]
    },
  },
  ...[1_000, 2_000].map((callsPerSecond) => ({
    work: `latency at ${callsPerSecond.toLocaleString('en')}/s, HTTP`,
    figures: (results: readonly RunResult[]) => {
      const run = find(results, 'latency', ({ shape }) => shape['rate'] === callsPerSecond)
      return [
        less(run?.latencyMs?.p50, { must: 15, aim: 3, shown: ms, label: 'p50' }),
        less(run?.latencyMs?.p99, { must: 40, aim: 10, shown: ms, label: 'p99' }),
      ]
    },
  })),
  {
    work: 'warm through openSessions, 100 in a call',
    figures: (results) => [
      more(find(results, 'warm-batch')?.perSecond, { must: 15_000, aim: 30_000, shown: perSecond }),
    ],
  },
  {
    work: '300,000 pods on 1,000 nodes, delay 0',
    figures: (results) => [more(largestFill(results)?.perSecond, { must: 10_000, aim: 30_000, shown: perSecond })],
  },
  {
    work: 'core memory for each pod at 300,000',
    figures: (results) => [less(largestFill(results)?.bytesPerPod, { must: 6_000, aim: 2_000, shown: kilobytes })],
  },
  {
    work: 'core CPU for each warm session',
    figures: (results) => [
      less(warmRun(results, 5, 'http')?.coreCpuMsPerOperation, { must: 0.25, aim: 0.15, shown: micros }),
    ],
  },
  {
    work: 'core CPU for each pod',
    figures: (results) => [
      less(largestFill(results)?.coreCpuMsPerOperation, { must: 0.06, aim: 0.025, shown: micros }),
    ],
  },
  {
    work: '1,000 readers of one application and 10 of everything, at 5,000 changes/s: core CPU for each session',
    figures: (results) => {
      const run = find(results, 'watch', ({ shape }) => Number(shape['readers']) > 0)
      return [
        less(numberOf(run, 'CPU against without readers'), { must: 1.5, aim: 1.25, shown: times }),
        less(run?.errors, { must: 0, aim: 0, shown: (gaps) => (gaps === 0 ? 'no gap' : `${gaps} gaps`) }),
      ]
    },
  },
  {
    work: 'restart of the core with 20,000 pods on 67 nodes',
    figures: (results) => {
      const run = find(results, 'restart')
      return [
        less(run?.seconds, { must: 5, aim: 1, shown: seconds }),
        less(run?.errors, { must: 0, aim: 0, shown: none }),
      ]
    },
  },
  ...REAL_POD_GOALS,
]

/** Every goal, with what was measured of it. */
export function judgeGoals(results: readonly RunResult[]): GoalRow[] {
  return GOALS.map(({ work, figures }) => {
    const all = figures(results)
    return {
      work,
      must: all.map((figure) => bound(figure, figure.must)).join(', '),
      aim: all.map((figure) => bound(figure, figure.aim)).join(', '),
      measured: all.map(({ value, shown, label }) => words(label, value === null ? '–' : shown(value))).join(', '),
      verdict: worst(all.map(verdictOf)),
    }
  })
}

/** Nothing is not a bound but a promise. */
function bound({ better, shown, label }: Figure, goal: number): string {
  return goal === 0 ? shown(0) : words(label, better === 'more' ? '≥' : '≤', shown(goal))
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' ')
}

const ORDER: readonly Verdict[] = ['not measured', 'missed', 'must', 'aim']

function worst(verdicts: readonly Verdict[]): Verdict {
  return ORDER.find((verdict) => verdicts.includes(verdict)) ?? 'not measured'
}

function verdictOf({ value, must, aim, better }: Figure): Verdict {
  if (value === null) return 'not measured'
  const reaches = (goal: number): boolean => (better === 'more' ? value >= goal : value <= goal)
  if (reaches(aim)) return 'aim'
  return reaches(must) ? 'must' : 'missed'
}

function warmRun(results: readonly RunResult[], concurrency: number, transport: string): RunResult | undefined {
  return find(results, 'warm', ({ shape }) => shape['concurrency'] === concurrency && shape['transport'] === transport)
}

function largestFill(results: readonly RunResult[]): RunResult | undefined {
  const fills = results.filter(({ scenario, shape }) => scenario === 'pods' && shape['create ms'] === 0)
  return fills.toSorted((a, b) => b.operations - a.operations)[0]
}
