/** What readers cost those who open sessions: the same load with and without them, and whether anybody missed anything. */
import type { BenchRun } from '../bench-run.ts'
import type { FlagDefinitions } from '../flags.ts'
import { measureCeiling } from '../measure/ceiling.ts'
import { metricIn } from '../measure/metrics-text.ts'
import { watchCore } from '../measure/watch-core.ts'
import type { ReadersReport } from '../readers/readers-job.ts'
import type { Measured, Scenario } from '../scenario.ts'
import { LoadProcess } from '../world/load-process.ts'
import { ReadersProcess } from '../world/readers-process.ts'
import { applicationNames, fixedPool, type World } from '../world/world.ts'
import {
  APPS_FLAG,
  jobOf,
  measuredOpening,
  NODES_FLAG,
  startFilled,
  TRANSPORT_FLAG,
  transportOf,
  type OpeningPlan,
} from './open-sessions.ts'

const SHAPE = {
  readers: {
    default: 1_000,
    least: 0,
    help: 'readers of one application each; one in ten reads nothing while sessions open',
  },
  'of-everything': { default: 10, least: 0, help: 'readers of all sessions, pods, nodes and applications' },
  rate: { default: 715, help: 'sessions per second; each makes seven changes' },
  ...APPS_FLAG,
  sessions: { default: 13_400, help: 'sessions to open; as many idle pods are made before' },
  ...NODES_FLAG,
  'session-ms': { default: 3, least: 0, help: 'how long a node takes to open a session' },
  ...TRANSPORT_FLAG,
} satisfies FlagDefinitions

const STALLED_EACH = 10

type Readers = { readonly ofOne: number; readonly ofAll: number }

export const watch: Scenario = {
  name: 'watch',
  summary: 'readers of watches while sessions open, paired with the same without readers',
  flags: SHAPE,
  quick: { sessions: 3_350 },
  run: async (run, flags) => {
    const [apps, rate] = [flags.number('apps'), flags.number('rate')]
    const podsPerApp = Math.ceil(flags.number('sessions') / apps)
    const plan: OpeningPlan = {
      apps,
      nodes: flags.number('nodes'),
      delays: { createMs: 0, atOnce: 0, sessionMs: flags.number('session-ms') },
      scalingPolicy: fixedPool(podsPerApp),
      standby: apps * podsPerApp,
      transport: transportOf(flags),
      calls: apps * podsPerApp,
      batch: 1,
      loop: { kind: 'open', callsPerSecond: rate },
      livesMs: null,
    }
    const alone = await openWatched(run, plan, null)
    const watched = await openWatched(run, plan, {
      ofOne: flags.number('readers'),
      ofAll: flags.number('of-everything'),
    })
    const ratio = (watched.coreCpuMsPerOperation ?? 0) / (alone.coreCpuMsPerOperation ?? 1)
    return [alone, { ...watched, more: { ...watched.more, 'CPU against without readers': Number(ratio.toFixed(2)) } }]
  },
}

/** One run, with these readers or with none. */
export async function openWatched(run: BenchRun, plan: OpeningPlan, readers: Readers | null): Promise<Measured> {
  await using load = await LoadProcess.start()
  const ceiling = await measureCeiling(run, load, { ...jobOf(plan), transport: plan.transport })
  await using world = await startFilled(run, plan)
  await using reading = readers === null ? null : await startReaders(run, world, { plan, readers })
  run.say(`opening ${plan.calls} sessions`)
  const changesBefore = await changesOf(world)
  const used = watchCore(world.core)
  const outcome = await load.run({ ...jobOf(plan), target: world.core.target(plan.transport) }, run.say)
  const use = used()
  const changes = (await changesOf(world)) - changesBefore
  const report = reading === null ? null : await reading.finish(plan.calls / plan.apps)
  const measured = measuredOpening({ outcome, warmUp: null, use, ceiling })
  const { ofOne, ofAll } = readers ?? { ofOne: 0, ofAll: 0 }
  return {
    ...measured,
    scenario: 'watch',
    shape: { readers: ofOne, 'of everything': ofAll, apps: plan.apps, nodes: plan.nodes, transport: plan.transport },
    errors: outcome.errors + (report?.incomplete ?? 0),
    errorSamples: [...outcome.errorSamples, ...(report?.incompleteSamples ?? [])],
    more: { ...measured.more, 'changes per second': Math.round(changes / outcome.seconds), ...reportInNumbers(report) },
  }
}

async function startReaders(
  run: BenchRun,
  { core }: World,
  { plan, readers }: { readonly plan: OpeningPlan; readonly readers: Readers },
): Promise<ReadersProcess> {
  run.say(`${readers.ofOne + readers.ofAll} readers take their places`)
  const { host, port, token } = core.target('ws')
  const applications = applicationNames(plan.apps)
  return ReadersProcess.start({
    type: 'read',
    target: { host, port, token },
    applications,
    ...readers,
    stalledEach: STALLED_EACH,
  })
}

async function changesOf({ core }: World): Promise<number> {
  return metricIn(await core.metrics(), 'fornax_changes_total')
}

function reportInNumbers(report: ReadersReport | null): Record<string, number> {
  if (report === null) return {}
  const { messages, bytes, seconds, incomplete, stalled, cutOff, laterSnapshots } = report
  return {
    'messages per second': Math.round(messages / seconds),
    'MiB per second': Number((bytes / 2 ** 20 / seconds).toFixed(1)),
    stalled,
    'cut off': cutOff,
    'later snapshots': laterSnapshots,
    'readers with a gap': incomplete,
  }
}
