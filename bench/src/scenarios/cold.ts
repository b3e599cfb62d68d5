/** Cold starts, closed loop: no pod is idle, each session has one made. */
import type { FlagDefinitions } from '../flags.ts'
import type { Scenario } from '../scenario.ts'
import { APPS_FLAG, measuredOpening, measureOpening, NODES_FLAG, TRANSPORT_FLAG, transportOf } from './open-sessions.ts'

const SHAPE = {
  ...APPS_FLAG,
  concurrency: { default: 5, help: 'calls of each application at a time' },
  sessions: { default: 20_100, help: 'sessions to open' },
  ...NODES_FLAG,
  'create-ms': { default: 250, least: 0, help: 'how long a node takes to create a pod' },
  'at-once': { default: 5, least: 0, help: 'pods that a node creates at a time; 0: any number' },
  'session-ms': { default: 3, least: 0, help: 'how long a node takes to open a session' },
  ...TRANSPORT_FLAG,
} satisfies FlagDefinitions

export const cold: Scenario = {
  name: 'cold',
  summary: 'sessions without idle pods, closed loop: each has its pod made',
  flags: SHAPE,
  quick: { sessions: 3_350 },
  run: async (run, flags) => {
    const [apps, concurrency, nodes] = [flags.number('apps'), flags.number('concurrency'), flags.number('nodes')]
    const [createMs, atOnce, sessionMs] = ['create-ms', 'at-once', 'session-ms'].map((name) => flags.number(name))
    const delays = { createMs: createMs ?? 0, atOnce: atOnce ?? 0, sessionMs: sessionMs ?? 0 }
    const transport = transportOf(flags)
    const callsOfEach = Math.ceil(flags.number('sessions') / apps)
    const opening = await measureOpening(run, {
      nodes,
      delays,
      apps,
      scalingPolicy: { minPods: 0, maxPods: callsOfEach },
      standby: 0,
      transport,
      calls: apps * callsOfEach,
      batch: 1,
      loop: { kind: 'closed', concurrency },
      livesMs: null,
    })
    const machine = { 'create ms': delays.createMs, 'at once': delays.atOnce, 'session ms': delays.sessionMs }
    return [
      { ...measuredOpening(opening), scenario: 'cold', shape: { apps, concurrency, transport, nodes, ...machine } },
    ]
  },
}
