/** The numbers of pods that really run. */
import { milliseconds } from './figures.ts'
import { find, less, more, numberOf, type Figure, type Goal } from './goal.ts'
import type { RunResult } from './result.ts'

const ms = (value: number): string => `${milliseconds(value)} ms`
const times = (value: number): string => `${value.toFixed(2)} ×`
const percent = (value: number): string => `${value.toFixed(1)} %`
const megabytes = (value: number): string => `${Math.round(value)} MB`
const count = (value: number): string => String(Math.floor(value))
const failed = (value: number): string => (value === 0 ? 'all woke' : `${value} did not wake`)

const AGENT_PODS = 100
/** Fewer tell nothing of what each takes: the machine's memory moves by more than that. */
const ASLEEP_LEAST = 100
const HEAP_MIB_LEAST = 50
const MANY_HEAP_MIB = 64
/** Of the machine that the goal speaks of. */
const MACHINE_MIB = 24 * 1_024

type Results = readonly RunResult[]
type RuntimeName = 'containerd' | 'bubblewrap'

export const REAL_POD_GOALS: readonly Goal[] = [
  {
    work: 'warm session on a running container',
    figures: (results) => [warm(results, 'containerd', { must: 20, aim: 8 })],
  },
  {
    work: 'warm session on a hibernated container, a Node program with a heap of 50 MiB',
    figures: (results) => {
      const run = asleep(results)
      return [
        less(run?.latencyMs?.p99, { must: 100, aim: 15, shown: ms, label: 'p99' }),
        less(numberOf(run, 'first answer p99 ms'), { must: 150, aim: 60, shown: ms, label: 'first answer p99' }),
      ]
    },
  },
  {
    work: 'cold session in a container, CNI network, image present',
    figures: (results) => [cold(results, 'containerd', { must: 300, aim: 120 })],
  },
  {
    work: 'cold session against the bare CRI calls',
    figures: (results) => [
      against(results, 'none', { must: 1.2, aim: 1.05, label: 'made anew' }),
      against(results, 'yes', { must: 1.2, aim: 1, label: 'with a ready sandbox' }),
    ],
  },
  {
    work: 'resident memory of a hibernated container against the same running',
    figures: (results) => [
      kept(results, 'charged, kept %', 'charged to its group'),
      kept(results, 'PSS, kept %', 'PSS'),
    ],
  },
  {
    work: 'containers asleep in 24 GiB with zram, by what each took, one woken each second',
    figures: (results) => {
      const run = manyAsleep(results)
      const each = numberOf(run, 'machine memory for each MiB')
      return [
        more(each === null || each <= 0 ? null : MACHINE_MIB / each, { must: 300, aim: 1_000, shown: count }),
        less(run?.errors, { must: 0, aim: 0, shown: failed }),
      ]
    },
  },
  {
    work: 'agent with 100 containers',
    figures: (results) => agent(results, 'containerd'),
  },
  {
    work: 'warm session on a running bubblewrap pod',
    figures: (results) => [warm(results, 'bubblewrap', { must: 10, aim: 10 })],
  },
  {
    work: 'cold session in bubblewrap, with a ready sandbox',
    figures: (results) => [cold(results, 'bubblewrap', { must: 60, aim: 60 })],
  },
  {
    work: 'agent with 100 bubblewrap pods',
    figures: (results) => agent(results, 'bubblewrap'),
  },
]

type Bounds = { readonly must: number; readonly aim: number }

function warm(results: Results, runtime: RuntimeName, bounds: Bounds): Figure {
  return less(real(results, 'warm session', runtime)?.latencyMs?.p99, { ...bounds, shown: ms, label: 'p99' })
}

function cold(results: Results, runtime: RuntimeName, bounds: Bounds): Figure {
  return less(coldRun(results, runtime, 'yes')?.latencyMs?.p50, { ...bounds, shown: ms, label: 'p50' })
}

function against(results: Results, ready: 'yes' | 'none', bounds: Bounds & { readonly label: string }): Figure {
  const share = numberOf(coldRun(results, 'containerd', ready), 'against bare calls')
  return less(share, { ...bounds, shown: times })
}

function kept(results: Results, name: string, label: string): Figure {
  return less(numberOf(asleep(results), name), { must: 20, aim: 5, shown: percent, label })
}

function agent(results: Results, runtime: RuntimeName): readonly Figure[] {
  const run = real(results, 'pod', runtime, ({ shape }) => Number(shape['pods']) >= AGENT_PODS)
  return [
    less(numberOf(run, 'agent MB'), { must: 150, aim: 100, shown: megabytes }),
    less(numberOf(run, 'agent CPU %'), { must: 10, aim: 3, shown: percent }),
  ]
}

function coldRun(results: Results, runtime: RuntimeName, ready: 'yes' | 'none'): RunResult | undefined {
  return real(results, 'cold session', runtime, ({ shape }) => shape['ready sandboxes'] === ready)
}

function real(
  results: Results,
  what: string,
  runtime: RuntimeName,
  isRight: (result: RunResult) => boolean = () => true,
): RunResult | undefined {
  return find(
    results,
    'containers',
    (result) => result.shape['of'] === what && result.shape['runtime'] === runtime && isRight(result),
  )
}

function asleep(results: Results): RunResult | undefined {
  return find(
    results,
    'hibernation: hibernated pod',
    (result) => isContainer(result) && hasHeap(result, HEAP_MIB_LEAST) && hasZram(result),
  )
}

function manyAsleep(results: Results): RunResult | undefined {
  return find(
    results,
    'hibernation: many asleep',
    (result) =>
      isContainer(result) &&
      hasHeap(result, MANY_HEAP_MIB) &&
      (numberOf(result, 'pods asleep') ?? 0) >= ASLEEP_LEAST &&
      hasZram(result),
  )
}

function isContainer({ shape }: RunResult): boolean {
  return shape['runtime'] === 'containerd'
}

/** Without it a pod only freezes, and keeps its memory. */
function hasZram({ shape }: RunResult): boolean {
  return String(shape['swap']).startsWith('zram')
}

function hasHeap({ shape }: RunResult, least: number): boolean {
  return Number(shape['heap MiB']) >= least
}
