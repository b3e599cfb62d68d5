/** Warm starts, closed loop: every session finds a pod that stands by. */
import type { BenchRun } from '../bench-run.ts'
import type { FlagDefinitions, Flags } from '../flags.ts'
import type { Measured, Scenario } from '../scenario.ts'
import { fixedPool } from '../world/world.ts'
import { APPS_FLAG, measuredOpening, measureOpening, NODES_FLAG, TRANSPORT_FLAG, transportOf } from './open-sessions.ts'

const SHAPE = {
  ...APPS_FLAG,
  concurrency: { default: 5, help: 'calls of each application at a time' },
  sessions: { default: 20_100, help: 'sessions to open; as many idle pods are made before' },
  ...NODES_FLAG,
  'session-ms': { default: 3, least: 0, help: 'how long a node takes to open a session' },
  ...TRANSPORT_FLAG,
} satisfies FlagDefinitions

export const warm: Scenario = {
  name: 'warm',
  summary: 'sessions on pods that stand by, closed loop, one call for each',
  flags: SHAPE,
  quick: { sessions: 6_700 },
  run: async (run, flags) => [await runWarm(run, flags, { scenario: 'warm', batch: 1 })],
}

export const warmBatch: Scenario = {
  name: 'warm-batch',
  summary: 'the same through openSessions, many sessions in one call',
  flags: {
    ...SHAPE,
    concurrency: { ...SHAPE.concurrency, default: 1 },
    // 201 calls, which 20,100 sessions are, are over before V8 has compiled what they run.
    sessions: { ...SHAPE.sessions, default: 60_300 },
    batch: { default: 100, help: 'sessions in one call' },
  },
  quick: { sessions: 20_100 },
  run: async (run, flags) => [await runWarm(run, flags, { scenario: 'warm-batch', batch: flags.number('batch') })],
}

async function runWarm(
  run: BenchRun,
  flags: Flags,
  { scenario, batch }: { readonly scenario: string; readonly batch: number },
): Promise<Measured> {
  const [apps, concurrency, nodes] = [flags.number('apps'), flags.number('concurrency'), flags.number('nodes')]
  const sessionMs = flags.number('session-ms')
  const transport = transportOf(flags)
  const callsOfEach = Math.ceil(flags.number('sessions') / (apps * batch))
  const podsPerApp = callsOfEach * batch
  const opening = await measureOpening(run, {
    nodes,
    delays: { createMs: 0, atOnce: 0, sessionMs },
    apps,
    scalingPolicy: fixedPool(podsPerApp),
    standby: apps * podsPerApp,
    transport,
    calls: apps * callsOfEach,
    batch,
    loop: { kind: 'closed', concurrency },
    livesMs: null,
  })
  const pool = { nodes, 'pods per app': podsPerApp, 'session ms': sessionMs }
  const shape = { apps, concurrency, ...(batch > 1 && { batch }), transport, ...pool }
  return { ...measuredOpening(opening), scenario, shape }
}
