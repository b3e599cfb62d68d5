/** A core that is killed and started again: how soon it serves, and whether a pod or a session was harmed. */
import { OpenSessionDocument } from '@fornax/client/generated/documents'
import { pause, until } from '../bench-run.ts'
import type { FlagDefinitions } from '../flags.ts'
import { watchCore } from '../measure/watch-core.ts'
import { NOTHING_MEASURED } from '../report/result.ts'
import type { Scenario } from '../scenario.ts'
import { fixedPool, readFleet, type Fleet, type World } from '../world/world.ts'
import { APPS_FLAG, NODES_FLAG, startFilled } from './open-sessions.ts'

const SHAPE = {
  ...NODES_FLAG,
  ...APPS_FLAG,
  pods: { default: 20_100, help: 'pods of all applications' },
  sessions: { default: 670, least: 0, help: 'of them serving a session when the core is killed' },
} satisfies FlagDefinitions

const READY_WITHIN_MS = 60_000
const ASK_EVERY_MS = 5
/** Longer than a lease, by which the core would give up what it has not found. */
const WATCHED_MS = 15_000
const QUICK_WATCHED_MS = 3_000

export const restart: Scenario = {
  name: 'restart',
  summary: 'the core is killed and started again under many pods',
  flags: SHAPE,
  quick: {},
  run: async (run, flags) => {
    const [apps, nodes] = [flags.number('apps'), flags.number('nodes')]
    const podsPerApp = Math.ceil(flags.number('pods') / apps)
    const total = podsPerApp * apps
    const delays = { createMs: 0, atOnce: 0, sessionMs: 3 }
    const pools = { apps, nodes, delays, scalingPolicy: fixedPool(podsPerApp), standby: total }
    await using world = await startFilled(run, pools)
    for (let opened = 0; opened < flags.number('sessions'); opened += 1) await openOne(world, opened % apps)
    const created = (await world.nodes.counts()).podsCreated
    run.say('killing the core')
    const startMs = performance.now()
    await world.core.kill()
    await world.core.begin()
    const used = watchCore(world.core)
    const apiMs = performance.now() - startMs
    await until(run, () => isServing(world), { isRight: Boolean, withinMs: READY_WITHIN_MS, everyMs: ASK_EVERY_MS })
    const firstSessionMs = performance.now() - startMs
    const isWhole = ({ nodes: known, pods }: Fleet): boolean =>
      known.ready === nodes && pods.standby + pods.active === total
    await until(run, () => readFleet(world), { isRight: isWhole, withinMs: READY_WITHIN_MS, everyMs: ASK_EVERY_MS })
    const seconds = (performance.now() - startMs) / 1_000
    const { rssBytes, profiled } = used()
    const cpuMs = world.core.use().cpuMs
    run.say('ready; watching whether anything is killed or made')
    await pause(run, run.isQuick ? QUICK_WATCHED_MS : WATCHED_MS)
    const { podsCreated, podsRunning } = await world.nodes.counts()
    const fleet = await readFleet(world)
    const lost = flags.number('sessions') + 1 - fleet.sessionsOpen
    const [tooMany, killed] = [podsCreated - created, podsCreated - podsRunning]
    return [
      {
        ...NOTHING_MEASURED,
        scenario: 'restart',
        shape: { nodes, apps, pods: total, sessions: flags.number('sessions') },
        unit: 'pods known again',
        operations: total,
        seconds,
        perSecond: total / seconds,
        errors: tooMany + killed + Math.max(0, lost),
        coreCpuMsPerOperation: cpuMs / total,
        coreRssBytes: rssBytes,
        more: {
          'API after ms': Math.round(apiMs),
          'first session after ms': Math.round(firstSessionMs),
          'pods created too many': tooMany,
          'pods killed': killed,
          'sessions lost': lost,
        },
        profiled,
      },
    ]
  },
}

async function openOne({ core }: World, index: number): Promise<boolean> {
  const input = { application: `app-${index + 1}`, openTimeoutMs: READY_WITHIN_MS }
  const { openSession } = await core.client.request(OpenSessionDocument, { input })
  return openSession.session?.phase === 'AVAILABLE'
}

/** A session is open: the first one that is asked for after the restart. */
async function isServing(world: World): Promise<boolean> {
  try {
    return await openOne(world, 0)
  } catch {
    return false // It does not answer yet.
  }
}
