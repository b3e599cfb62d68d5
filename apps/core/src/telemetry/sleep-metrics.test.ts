import { expect, it } from 'vitest'
import type { PodHibernation } from '../pods/pod.ts'
import { Metrics, type Gauges } from './metrics.ts'

const light: PodHibernation = {
  depth: 'light',
  residentBytesBefore: 100,
  residentBytesAfter: 30,
  swappedBytes: 70,
  problem: null,
  wakeUs: null,
}

const nothing: Gauges = {
  nodesByPhase: () => ({}),
  nodesByCondition: () => ({}),
  podsByPhase: () => ({}),
  openSessions: () => 0,
  waitingSessions: () => 0,
  totals: () => ({ changes: 0, nodeFramesSent: 0, nodeFramesReceived: 0, sessionRows: 0, sessionCommits: 0 }),
}

it('counts sleeps by their depth, what they keep, and wakes with the time that they took', async () => {
  const metrics = new Metrics(nothing)
  metrics.podRested(light)
  metrics.podRested({ ...light, depth: 'deep', residentBytesAfter: 1 })
  metrics.podRested({ ...light, depth: 'none', residentBytesAfter: null, problem: 'it may not' })
  metrics.podWoke(700)
  metrics.podDidNotWake()
  const text = await metrics.text()
  for (const line of [
    'fornax_pod_hibernations_total{depth="light"} 1',
    'fornax_pod_hibernations_total{depth="deep"} 1',
    'fornax_pod_hibernations_total{depth="none"} 1',
    'fornax_pod_hibernations_total{depth="frozen"} 0',
    'fornax_pod_hibernated_memory_ratio_bucket{le="0.3",depth="light"} 1',
    'fornax_pod_hibernated_memory_ratio_sum{depth="deep"} 0.01',
    'fornax_pod_wakes_total{outcome="woken"} 1',
    'fornax_pod_wakes_total{outcome="failed"} 1',
    'fornax_pod_wake_seconds_sum 0.0007',
  ])
    expect(text).toContain(line)
  expect(text).not.toContain('fornax_pod_hibernated_memory_ratio_sum{depth="none"}') // Nobody has measured it.
})
