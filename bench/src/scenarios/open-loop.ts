/** Calls at a constant rate, whatever happens to those before: what users see, and what a day of them does. */
import type { FlagDefinitions } from '../flags.ts'
import type { LoadOutcome } from '../load/load-job.ts'
import type { Scenario } from '../scenario.ts'
import { fixedPool } from '../world/world.ts'
import {
  APPS_FLAG,
  measuredOpening,
  measureOpening,
  NODES_FLAG,
  TRANSPORT_FLAG,
  transportOf,
  type OpeningPlan,
} from './open-sessions.ts'

const LATENCY_SHAPE = {
  rate: { default: 1_000, help: 'calls per second' },
  ...APPS_FLAG,
  sessions: { default: 20_100, help: 'sessions to open; idle pods for all of them are made before' },
  'warm-up': {
    default: 4_020,
    least: 0,
    help: 'sessions to open before them, at the same rate, and told on their own',
  },
  ...NODES_FLAG,
  'session-ms': { default: 0, least: 0, help: 'how long a node takes to open a session' },
  ...TRANSPORT_FLAG,
} satisfies FlagDefinitions

export const latency: Scenario = {
  name: 'latency',
  summary: 'how long a warm start takes at a constant rate (open loop)',
  flags: LATENCY_SHAPE,
  quick: { sessions: 6_700, 'warm-up': 1_340 },
  run: async (run, flags) => {
    const [apps, nodes, rate] = [flags.number('apps'), flags.number('nodes'), flags.number('rate')]
    const [calls, warmUpCalls] = [flags.number('sessions'), flags.number('warm-up')]
    // Both begin with the first application.
    const podsPerApp = Math.ceil(calls / apps) + Math.ceil(warmUpCalls / apps)
    const sessionMs = flags.number('session-ms')
    const transport = transportOf(flags)
    const pools = { apps, nodes, scalingPolicy: fixedPool(podsPerApp), standby: apps * podsPerApp }
    const opening = await measureOpening(run, {
      ...pools,
      ...atRate(rate),
      delays: { createMs: 0, atOnce: 0, sessionMs },
      transport,
      calls,
      warmUpCalls,
      livesMs: null,
    })
    const measured = measuredOpening(opening)
    const shape = {
      rate,
      'warm-up': warmUpCalls,
      apps,
      transport,
      nodes,
      'pods per app': podsPerApp,
      'session ms': sessionMs,
    }
    const before = opening.warmUp === null ? {} : warmUpFigures(opening.warmUp)
    return [{ ...measured, scenario: 'latency', shape, more: { ...measured.more, ...before } }]
  },
}

const CHURN_SHAPE = {
  rate: { default: 1_000, help: 'sessions per second' },
  seconds: { default: 60, help: 'for how long' },
  'lives-ms': { default: 2_000, least: 0, help: 'how long each session stays open' },
  ...APPS_FLAG,
  'pods-per-app': { default: 300, help: 'pods of each application, made before' },
  ...NODES_FLAG,
  'session-ms': { default: 3, least: 0, help: 'how long a node takes to open or close a session' },
  ...TRANSPORT_FLAG,
} satisfies FlagDefinitions

export const churn: Scenario = {
  name: 'churn',
  summary: 'sessions come at a constant rate, live a while, and are closed',
  flags: CHURN_SHAPE,
  quick: { seconds: 10, 'pods-per-app': 100 },
  run: async (run, flags) => {
    const [apps, nodes, rate] = [flags.number('apps'), flags.number('nodes'), flags.number('rate')]
    const [seconds, livesMs, podsPerApp] = [
      flags.number('seconds'),
      flags.number('lives-ms'),
      flags.number('pods-per-app'),
    ]
    const sessionMs = flags.number('session-ms')
    const transport = transportOf(flags)
    const opening = await measureOpening(run, {
      apps,
      nodes,
      scalingPolicy: fixedPool(podsPerApp),
      standby: apps * podsPerApp,
      ...atRate(rate),
      delays: { createMs: 0, atOnce: 0, sessionMs },
      transport,
      calls: rate * seconds,
      livesMs,
    })
    const measured = measuredOpening(opening)
    const { closed, closeLatencyMs, latenessMsP99 } = opening.outcome
    const closes = { closed, 'close p50 ms': closeLatencyMs?.p50 ?? 0, 'close p99 ms': closeLatencyMs?.p99 ?? 0 }
    const pool = { nodes, 'pods per app': podsPerApp, 'session ms': sessionMs }
    return [
      {
        ...measured,
        scenario: 'churn',
        shape: { rate, seconds, 'lives ms': livesMs, apps, transport, ...pool },
        unit: 'sessions opened and closed',
        more: { ...measured.more, ...closes, 'sent late by, p99 ms': latenessMsP99 },
      },
    ]
  },
}

function warmUpFigures({ latencyMs }: LoadOutcome): Readonly<Record<string, number>> {
  return { 'warm-up p50 ms': latencyMs.p50, 'warm-up p99 ms': latencyMs.p99 }
}

function atRate(rate: number): Pick<OpeningPlan, 'loop' | 'batch'> {
  return { loop: { kind: 'open', callsPerSecond: rate }, batch: 1 }
}
