/** How fast pools fill, and what a pod costs: many pods on many nodes. */
import { performance } from 'node:perf_hooks'
import { pause, type BenchRun } from '../bench-run.ts'
import type { FlagDefinitions } from '../flags.ts'
import { metricIn } from '../measure/metrics-text.ts'
import { measureNodesCeiling } from '../measure/nodes-ceiling.ts'
import { readProcessUse } from '../measure/process-use.ts'
import { watchCore } from '../measure/watch-core.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Measured, Scenario } from '../scenario.ts'
import { applicationNames, createApplications, fixedPool, fleetUntil, startWorld } from '../world/world.ts'

const SHAPE = {
  nodes: { default: 1_000, help: 'simulated nodes' },
  apps: { default: 1_000, help: 'applications' },
  pods: { default: 300_000, help: 'pods of all of them' },
  'create-ms': {
    default: 0,
    least: 0,
    help: 'how long a node takes to create a pod, five at a time; 0: no time, any number',
  },
} satisfies FlagDefinitions

/** Memory is read when the garbage of filling has had time to go. */
const SETTLE_MS = 3_000
const AT_ONCE = 5

export const pods: Scenario = {
  name: 'pods',
  summary: 'pools of many applications fill on many nodes; memory and CPU for each pod',
  flags: SHAPE,
  quick: { nodes: 100, apps: 100, pods: 30_000 },
  run: async (run, flags) => [
    await fillPods(run, {
      nodes: flags.number('nodes'),
      apps: flags.number('apps'),
      pods: flags.number('pods'),
      createMs: flags.number('create-ms'),
    }),
  ],
}

export type PodsShape = {
  readonly nodes: number
  readonly apps: number
  readonly pods: number
  readonly createMs: number
}

/** From the first application until the last pod stands by. */
export async function fillPods(run: BenchRun, { nodes, apps, pods: wanted, createMs }: PodsShape): Promise<Measured> {
  const podsPerApp = Math.ceil(wanted / apps)
  const total = podsPerApp * apps
  const delays = { createMs, atOnce: createMs === 0 ? 0 : AT_ONCE, sessionMs: 0 }
  run.say('measuring what the simulated nodes can do')
  const ceiling = await measureNodesCeiling(nodes, total, delays)
  await using world = await startWorld(run, { nodes, delays })
  await pause(run, SETTLE_MS)
  const before = world.core.use()
  const used = watchCore(world.core)
  const nodesCpuMs = readProcessUse(world.nodes.pid).cpuMs
  const startMs = performance.now()
  await createApplications(world, applicationNames(apps), fixedPool(podsPerApp))
  await fleetUntil(run, world, { what: 'pods stand by', of: total, count: ({ pods: counts }) => counts.standby })
  const seconds = (performance.now() - startMs) / 1_000
  const { cpuMs, profiled } = used()
  const simulating = readProcessUse(world.nodes.pid).cpuMs - nodesCpuMs
  const atRest = watchCore(world.core)
  await pause(run, SETTLE_MS)
  const { cpuMs: restCpuMs } = atRest()
  const { rssBytes, peakRssBytes } = world.core.use()
  const heapBytes = metricIn(await world.core.metrics(), 'nodejs_heap_size_used_bytes')
  const { podsCreated } = await world.nodes.counts()
  return {
    ...NOTHING_MEASURED,
    scenario: 'pods',
    shape: { nodes, apps, pods: total, 'create ms': createMs },
    unit: 'pods',
    operations: total,
    seconds,
    perSecond: total / seconds,
    errors: podsCreated - total,
    coreCpuMsPerOperation: cpuMs / total,
    coreRssBytes: rssBytes,
    harnessCeilingPerSecond: ceiling,
    bytesPerPod: (rssBytes - before.rssBytes) / total,
    more: {
      'simulated nodes CPU µs each': Math.round((simulating * 1_000) / total),
      'core CPU at rest, ms per second': Math.round((restCpuMs / SETTLE_MS) * 1_000),
      'core RSS before, MiB': Math.round(before.rssBytes / 2 ** 20),
      'core RSS at most, MiB': Math.round(peakRssBytes / 2 ** 20),
      'core heap in use, MiB': Math.round(heapBytes / 2 ** 20),
      'heap in use for each pod, bytes': Math.round(heapBytes / total),
    },
    profiled,
  }
}
