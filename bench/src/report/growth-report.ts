/** How cost grows, as a table and as plots: each thing that grew, from its small case to ten times as much. */
import { mebibytes, microseconds, milliseconds, rate } from './figures.ts'
import type { RunResult } from './result.ts'
import { svgPlot, type Plot } from './svg-plot.ts'
import type { Column } from './text-table.ts'

export type Growth = {
  readonly what: string
  /** Smallest first. */
  readonly steps: readonly GrowthStep[]
}

export type GrowthStep = { readonly size: number; readonly result: RunResult }

const PREFIX = 'growth of '
const FIELDS: Readonly<Record<string, string>> = {
  nodes: 'nodes',
  applications: 'apps',
  pods: 'pods',
  sessions: 'open sessions',
  readers: 'readers',
}
const BYTES_PER_MIB = 2 ** 20
const US_PER_MS = 1_000

export function growthsIn(results: readonly RunResult[]): Growth[] {
  return Object.entries(FIELDS).flatMap(([what, field]) => {
    const runs = results.filter(({ scenario, operations }) => scenario === `${PREFIX}${what}` && operations > 0)
    const steps = runs.map((result) => ({ size: Number(result.shape[field]), result }))
    return steps.length < 2 ? [] : [{ what, steps: steps.toSorted((a, b) => a.size - b.size) }]
  })
}

export const GROWTH_COLUMNS: readonly Column<Growth>[] = [
  { title: 'what grows', cell: ({ what }) => what },
  { title: 'from', cell: (growth) => rate(first(growth)?.size ?? null), isNumber: true },
  { title: 'to', cell: (growth) => rate(last(growth)?.size ?? null), isNumber: true },
  { title: 'core CPU each, before', cell: (growth) => cpu(first(growth)), isNumber: true },
  { title: 'after', cell: (growth) => cpu(last(growth)), isNumber: true },
  { title: 'ratio', cell: (growth) => `${ratioOf(growth).toFixed(2)} ×`, isNumber: true },
  { title: 'p50 ms, before', cell: (growth) => milliseconds(first(growth)?.result.latencyMs?.p50), isNumber: true },
  { title: 'after', cell: (growth) => milliseconds(last(growth)?.result.latencyMs?.p50), isNumber: true },
  {
    title: 'core RSS, before',
    cell: (growth) => mebibytes(first(growth)?.result.coreRssBytes ?? null),
    isNumber: true,
  },
  { title: 'after', cell: (growth) => mebibytes(last(growth)?.result.coreRssBytes ?? null), isNumber: true },
]

/** Core CPU for each operation: the largest case against the smallest. */
export function ratioOf(growth: Growth): number {
  return (last(growth)?.result.coreCpuMsPerOperation ?? 0) / (first(growth)?.result.coreCpuMsPerOperation ?? 1)
}

/** By file name. */
export function plotsOf(results: readonly RunResult[]): ReadonlyMap<string, string> {
  const plots = new Map(growthsIn(results).map((growth) => [`bench-${growth.what}.svg`, svgPlot(plotOf(growth))]))
  const fills = results
    .filter(({ scenario, shape }) => scenario === 'pods' && shape['create ms'] === 0)
    .toSorted((a, b) => a.operations - b.operations)
  if (fills.length > 1) plots.set('bench-fill.svg', svgPlot(fillPlot(fills)))
  return plots
}

function plotOf({ what, steps }: Growth): Plot {
  const points = (value: (result: RunResult) => number): { x: number; y: number }[] =>
    steps.map(({ size, result }) => ({ x: size, y: value(result) }))
  return {
    title: `A warm session while ${what} grow`,
    across: what === 'sessions' ? 'sessions open before' : what,
    panels: [
      { up: 'core CPU, µs each', points: points((run) => (run.coreCpuMsPerOperation ?? 0) * US_PER_MS) },
      { up: 'p50, ms', points: points((run) => run.latencyMs?.p50 ?? 0) },
      { up: 'core memory, MiB', points: points((run) => (run.coreRssBytes ?? 0) / BYTES_PER_MIB) },
    ],
  }
}

function fillPlot(fills: readonly RunResult[]): Plot {
  const points = (value: (result: RunResult) => number): { x: number; y: number }[] =>
    fills.map((result) => ({ x: result.operations, y: value(result) }))
  return {
    title: 'Filling pools, 300 pods on each node',
    across: 'pods',
    panels: [
      { up: 'seconds', points: points(({ seconds }) => seconds) },
      { up: 'core CPU, µs each', points: points((run) => (run.coreCpuMsPerOperation ?? 0) * US_PER_MS) },
      { up: 'core memory, MiB', points: points((run) => (run.coreRssBytes ?? 0) / BYTES_PER_MIB) },
    ],
  }
}

function first({ steps }: Growth): GrowthStep | undefined {
  return steps[0]
}

function last({ steps }: Growth): GrowthStep | undefined {
  return steps.at(-1)
}

function cpu(step: GrowthStep | undefined): string {
  return microseconds(step?.result.coreCpuMsPerOperation ?? null)
}
