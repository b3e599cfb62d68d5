/** Every scenario, one after the other, in the shapes of the table in docs/performance.md. */
import type { BenchRun } from '../bench-run.ts'
import { Flags } from '../flags.ts'
import { milliseconds, rate } from '../report/figures.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Measured, Scenario } from '../scenario.ts'
import { cold } from './cold.ts'
import { containers } from './containers.ts'
import { growth } from './growth.ts'
import { hibernation } from './hibernation.ts'
import { churn, latency } from './open-loop.ts'
import { pods } from './pods.ts'
import { restart } from './restart.ts'
import { schedule } from './schedule.ts'
import { store } from './store.ts'
import { warm, warmBatch } from './warm.ts'
import { watch } from './watch.ts'

type Row = {
  readonly scenario: Scenario
  readonly flags: Readonly<Record<string, string | number>>
  /** With `--quick`, beside what the scenario itself makes smaller. */
  readonly quick?: Readonly<Record<string, string | number>>
  /** Left out with `--quick`. */
  readonly isLong?: true
}

const ROWS: readonly Row[] = [
  { scenario: warm, flags: { concurrency: 5 } },
  { scenario: warm, flags: { concurrency: 5, transport: 'ws' } },
  { scenario: warm, flags: { concurrency: 1 } },
  { scenario: warm, flags: { concurrency: 1, transport: 'ws' } },
  { scenario: warmBatch, flags: {} },
  { scenario: latency, flags: { rate: 1_000 } },
  { scenario: latency, flags: { rate: 2_000 } },
  { scenario: cold, flags: { concurrency: 1 }, quick: { sessions: 1_340 } },
  { scenario: cold, flags: { concurrency: 5 } },
  { scenario: pods, flags: { nodes: 100, apps: 100, pods: 30_000 } },
  { scenario: pods, flags: { nodes: 300, apps: 300, pods: 90_000 }, isLong: true },
  { scenario: pods, flags: { nodes: 1_000, apps: 1_000, pods: 300_000 }, isLong: true },
  { scenario: pods, flags: { 'create-ms': 250 }, quick: { pods: 6_000 } },
  { scenario: pods, flags: { 'create-ms': 1_000 }, quick: { pods: 1_500 } },
  { scenario: churn, flags: {}, quick: { seconds: 6 } },
  { scenario: watch, flags: {} },
  { scenario: restart, flags: {} },
  { scenario: schedule, flags: {} },
  { scenario: store, flags: {} },
  { scenario: growth, flags: {} },
  { scenario: containers, flags: {}, isLong: true },
  { scenario: hibernation, flags: {}, isLong: true },
  {
    scenario: hibernation,
    flags: { runtime: 'containerd', rounds: 20, 'heap-mib': 64, sleeping: 300 },
    isLong: true,
  },
]

export const all: Scenario = {
  name: 'all',
  summary: 'everything, as in docs/performance.md: more than half an hour; with --quick less than five minutes',
  flags: {},
  quick: {},
  run: async (run) => {
    const results: Measured[] = []
    for (const { scenario, flags, quick, isLong } of ROWS)
      if (!run.isQuick || isLong !== true)
        results.push(...(await runRow(run, scenario, { ...flags, ...(run.isQuick && quick) })))
    return results
  },
}

/** One that fails keeps nobody from the others, and is seen in the table. */
async function runRow(run: BenchRun, scenario: Scenario, flags: Row['flags']): Promise<Measured[]> {
  const words = [scenario.name, ...Object.entries(flags).map(([flag, value]) => `--${flag} ${value}`)]
  const command = [...words, ...(run.isQuick ? ['--quick'] : [])].join(' ')
  run.say(`— ${command}`)
  try {
    const measured = await scenario.run(run, Flags.of(scenario.flags, run.isQuick ? scenario.quick : {}, flags))
    for (const { perSecond, unit, latencyMs } of measured)
      run.say(`  ${rate(perSecond)} ${unit} per second${latencyMs ? `, p50 ${milliseconds(latencyMs.p50)} ms` : ''}`)
    return measured.map((result) => ({ ...result, command }))
  } catch (error) {
    if (run.signal.aborted) throw error
    const why = error instanceof Error ? error.message : String(error)
    run.say(`  failed: ${why}`)
    const nothing = { operations: 0, seconds: 0, perSecond: 0, unit: 'operations', shape: {} }
    return [{ ...NOTHING_MEASURED, ...nothing, scenario: scenario.name, command, errors: 1, errorSamples: [why] }]
  }
}
