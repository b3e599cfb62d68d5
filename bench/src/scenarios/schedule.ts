/** How the cost of a placement decision grows with the fleet. */
import { z } from 'zod'
import type { BenchRun } from '../bench-run.ts'
import type { FlagDefinitions } from '../flags.ts'
import { latencySummary } from '../measure/latency.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Measured, Scenario } from '../scenario.ts'
import { Child } from '../world/child.ts'

const SHAPE = {
  nodes: { default: 0, least: 0, help: 'nodes; 0: 10, 100, 1,000, 5,000 and 20,000, one after the other' },
  decisions: { default: 1_000_000, help: 'decisions for each number of nodes' },
} satisfies FlagDefinitions

const NODE_COUNTS = [10, 100, 1_000, 5_000, 20_000]
const US_PER_MS = 1_000

const answer = z.object({
  operations: z.number(),
  seconds: z.number(),
  refused: z.number(),
  us: latencySummary,
  placeUs: z.number(),
})

export const schedule: Scenario = {
  name: 'schedule',
  summary: 'placement decisions per second, at 10 to 20,000 nodes',
  flags: SHAPE,
  quick: { decisions: 200_000 },
  run: async (run, flags) => {
    const given = flags.number('nodes')
    const results: Measured[] = []
    for (const nodes of given === 0 ? NODE_COUNTS : [given])
      results.push(await decide(run, nodes, flags.number('decisions')))
    return results
  },
}

async function decide(run: BenchRun, nodes: number, decisions: number): Promise<Measured> {
  run.say(`placing ${decisions} pods on ${nodes} nodes`)
  await using child = new Child({
    name: 'the scheduler',
    args: ['bench/src/inner/placement-loop.ts', String(nodes), String(decisions)],
  })
  const { operations, seconds, refused, us, placeUs } = answer.parse(await child.message('answer'))
  const inMs = (value: number): number => value / US_PER_MS
  return {
    ...NOTHING_MEASURED,
    scenario: 'schedule',
    shape: { nodes, 'of the same machine': '12 CPUs, 64 GiB', 'pods kept per node': 30 },
    unit: 'decisions (chosen and booked)',
    operations,
    seconds,
    perSecond: operations / seconds,
    latencyMs: { p50: inMs(us.p50), p90: inMs(us.p90), p99: inMs(us.p99), p999: inMs(us.p999), max: inMs(us.max) },
    errors: refused,
    coreCpuMsPerOperation: inMs((seconds * US_PER_MS * US_PER_MS) / operations),
    more: { 'the choice alone, µs': Number(placeUs.toFixed(2)) },
  }
}
