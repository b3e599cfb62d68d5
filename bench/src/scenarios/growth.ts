/**
 * How cost grows: the same load of new sessions at a constant rate, while one thing at a time is made ten times as
 * large. What a session costs the core should hardly change.
 */
import type { BenchRun } from '../bench-run.ts'
import type { FlagDefinitions } from '../flags.ts'
import { measureCeiling } from '../measure/ceiling.ts'
import { watchCore } from '../measure/watch-core.ts'
import type { Measured, Scenario } from '../scenario.ts'
import { LoadProcess } from '../world/load-process.ts'
import { ReadersProcess } from '../world/readers-process.ts'
import { applicationNames, fixedPool, type World } from '../world/world.ts'
import { jobOf, LONGEST_MS, measuredOpening, startFilled, type OpeningPlan } from './open-sessions.ts'

const SHAPE = {
  of: {
    default: 'all',
    choices: ['all', 'nodes', 'applications', 'pods', 'sessions', 'readers'],
    help: 'what grows',
  },
  rate: { default: 1_000, help: 'sessions per second' },
  sessions: { default: 6_700, help: 'sessions to open' },
} satisfies FlagDefinitions

/** What a fleet is made of while sessions open in it. */
type Fleet = {
  readonly nodes: number
  readonly apps: number
  /** That stand by when the clock starts. */
  readonly pods: number
  /** Open when the clock starts. */
  readonly openSessions: number
  readonly readers: number
}

const SMALL: Fleet = { nodes: 134, apps: 67, pods: 6_700, openSessions: 0, readers: 0 }

/** Each by what grows; the first is the small case, the last ten times as large. */
const STEPS: Readonly<Record<string, readonly Partial<Fleet>[]>> = {
  nodes: [{ nodes: 20 }, { nodes: 67 }, { nodes: 200 }],
  applications: [{ apps: 67 }, { apps: 201 }, { apps: 670 }],
  pods: [{ pods: 6_700 }, { pods: 20_100 }, { pods: 67_000 }],
  sessions: [{ openSessions: 3_350 }, { openSessions: 10_050 }, { openSessions: 33_500 }],
  readers: [{ readers: 100 }, { readers: 300 }, { readers: 1_000 }],
}

/** So that every application opens the same number of them. */
const OPENING_BATCH = 50

export const growth: Scenario = {
  name: 'growth',
  summary: 'what a session costs while nodes, applications, pods, sessions or readers grow tenfold',
  flags: SHAPE,
  quick: { sessions: 1_340 },
  run: async (run, flags) => {
    const wanted = flags.text('of')
    const results: Measured[] = []
    for (const [what, steps] of Object.entries(STEPS)) {
      if (wanted !== 'all' && wanted !== what) continue
      for (const [index, step] of steps.entries()) {
        const isMiddle = index > 0 && index < steps.length - 1
        if (run.isQuick && isMiddle) continue
        const load = { rate: flags.number('rate'), sessions: flags.number('sessions') }
        results.push(await openIn(run, { what, fleet: { ...SMALL, ...step }, ...load }))
      }
    }
    return results
  },
}

type Growing = { readonly what: string; readonly fleet: Fleet; readonly rate: number; readonly sessions: number }

async function openIn(run: BenchRun, { what, fleet, rate, sessions }: Growing): Promise<Measured> {
  const { nodes, apps, openSessions, readers } = fleet
  const podsPerApp = Math.ceil((fleet.pods + openSessions) / apps)
  const plan: OpeningPlan = {
    nodes,
    apps,
    delays: { createMs: 0, atOnce: 0, sessionMs: 0 },
    scalingPolicy: fixedPool(podsPerApp),
    standby: podsPerApp * apps,
    transport: 'http',
    calls: Math.min(sessions, fleet.pods),
    batch: 1,
    loop: { kind: 'open', callsPerSecond: rate },
    livesMs: null,
  }
  await using load = await LoadProcess.start()
  const ceiling = await measureCeiling(run, load, { ...jobOf(plan), transport: 'http' })
  await using world = await startFilled(run, plan)
  await openBefore(world, { load, apps, openSessions })
  await using reading = new AsyncDisposableStack()
  if (readers > 0) reading.use(await startReaders(world, fleet))
  run.say(`opening ${plan.calls} sessions with ${fleet[FLEET_FIELDS[what] ?? 'nodes'].toLocaleString('en')} ${what}`)
  const used = watchCore(world.core)
  const outcome = await load.run({ ...jobOf(plan), target: world.core.target('http') }, run.say)
  const measured = measuredOpening({ outcome, warmUp: null, use: used(), ceiling })
  return {
    ...measured,
    scenario: `growth of ${what}`,
    shape: { rate, nodes, apps, pods: fleet.pods, 'open sessions': openSessions, readers },
  }
}

const FLEET_FIELDS: Readonly<Record<string, keyof Fleet>> = {
  nodes: 'nodes',
  applications: 'apps',
  pods: 'pods',
  sessions: 'openSessions',
  readers: 'readers',
}

type Before = { readonly load: LoadProcess; readonly apps: number; readonly openSessions: number }

/** Many at a time, because they are not what is measured. */
async function openBefore({ core }: World, { load, apps, openSessions }: Before): Promise<void> {
  if (openSessions === 0) return
  const { opened } = await load.run({
    type: 'load',
    target: core.target('http'),
    applications: applicationNames(apps),
    calls: openSessions / OPENING_BATCH,
    batch: OPENING_BATCH,
    loop: { kind: 'closed', concurrency: 1 },
    livesMs: null,
    longestMs: LONGEST_MS,
  })
  if (opened < openSessions) throw new Error(`only ${opened} of ${openSessions} sessions could be opened before`)
}

async function startReaders({ core }: World, { apps, readers }: Fleet): Promise<ReadersProcess> {
  const { host, port, token } = core.target('ws')
  const applications = applicationNames(apps)
  return ReadersProcess.start({
    type: 'read',
    target: { host, port, token },
    applications,
    ofOne: readers,
    ofAll: 0,
    stalledEach: 0,
  })
}
