import type { ApplicationFieldsFragment, VersionFieldsFragment } from '@fornax/client/generated/documents'
import { describe, expect, it } from 'vitest'
import { planApply } from './apply-plan.ts'
import type { Manifest } from './manifest.ts'

it('creates what is not there', () => expect(planApply(manifest({}), null)).toEqual({ kind: 'create' }))

it('changes nothing when a manifest says by its defaults what is there', () => {
  expect(planApply(manifest({}), application())).toEqual({ kind: 'unchanged' })
})

it('leaves the scaling policy alone when a manifest does not speak of it', () => {
  expect(planApply(manifest({ scalingPolicy: null }), application())).toEqual({ kind: 'unchanged' })
})

it('takes the order of variables for nothing', () => {
  const env = [
    { name: 'B', value: '2' },
    { name: 'A', value: '1' },
  ]
  const there = application({ env: env.toReversed() })
  expect(planApply(manifest({ version: { image: 'host', env } }), there)).toEqual({ kind: 'unchanged' })
})

describe('a difference in the version alone publishes one, and nothing else', () => {
  it.each<[string, Partial<Manifest['version']>]>([
    ['image', { image: 'other' }],
    ['command', { command: ['node'] }],
    ['args', { args: ['--x'] }],
    ['env', { env: [{ name: 'A', value: '1' }] }],
    ['workingDirectory', { workingDirectory: '/srv' }],
    ['ports', { ports: [{ name: 'web', containerPort: 80 }] }],
    ['cpu', { resources: { cpuMillis: 200 } }],
    ['memory', { resources: { memoryBytes: 1 } }],
    ['probe', { readiness: { tcp: { portName: 'web' } } }],
    ['probe times', { readiness: { timeoutMs: 1 } }],
    ['sessionsPerPod', { sessionsPerPod: 2 }],
    ['usesSessionService', { usesSessionService: true }],
    ['runtimeClass', { runtimeClass: 'runsc' }],
    ['minIsolation', { minIsolation: 'SANDBOX' }],
    ['toleratesSimulated', { toleratesSimulated: true }],
  ])('%s', (_, difference) => {
    const version = { image: 'host', ...difference }
    const plan = planApply(manifest({ version }), application())
    expect(plan).toEqual({ kind: 'change', version, scalingPolicy: null, revision: 4 })
  })
})

describe('a difference in the policy alone updates it, and publishes nothing', () => {
  it.each<[string, Manifest['scalingPolicy']]>([
    ['minPods', { maxPods: 10, minPods: 1 }],
    ['maxPods', { maxPods: 11 }],
    ['burst', { maxPods: 10, burst: 9 }],
    ['scaleDownDelayMs', { maxPods: 10, scaleDownDelayMs: 1 }],
    ['idleCount', { maxPods: 10, idleCount: { low: 1, high: 1 } }],
    ['idlePercent', { maxPods: 10, idlePercent: { low: 0, high: 0 } }],
    ['keepHot', { maxPods: 10, keepHot: 1 }],
    ['hibernateAfterMs', { maxPods: 10, hibernateAfterMs: 1 }],
  ])('%s', (_, scalingPolicy) => {
    const plan = planApply(manifest({ scalingPolicy }), application())
    expect(plan).toEqual({ kind: 'change', version: null, scalingPolicy, revision: 4 })
  })
})

it('guards a change with the revision that the manifest was made from', () => {
  const plan = planApply(manifest({ version: { image: 'other' }, revision: 2 }), application())
  expect(plan).toMatchObject({ kind: 'change', revision: 2 })
})

function manifest(overrides: Partial<Manifest>): Manifest {
  return { name: 'hello', version: { image: 'host' }, scalingPolicy: { maxPods: 10 }, revision: null, ...overrides }
}

function application(version: Partial<VersionFieldsFragment> = {}): ApplicationFieldsFragment {
  return {
    id: 'app-1',
    name: 'hello',
    tenant: 'default',
    revision: 4,
    createdAt: '2026-01-01T00:00:00.000Z',
    version: {
      number: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      image: 'host',
      command: [],
      args: [],
      env: [],
      workingDirectory: null,
      ports: [],
      resources: { cpuMillis: 100, memoryBytes: 134_217_728, ephemeralBytes: null },
      readiness: {
        probe: 'NONE',
        command: [],
        portName: null,
        httpPath: null,
        initialDelayMs: 0,
        periodMs: 100,
        timeoutMs: 30_000,
      },
      liveness: null,
      user: null,
      hasWritableRoot: false,
      capabilities: [],
      terminationGraceMs: 5_000,
      sessionsPerPod: 1,
      usesSessionService: false,
      runtimeClass: null,
      minIsolation: 'NONE',
      toleratesSimulated: false,
      files: [],
      secrets: [],
      imagePullPolicy: 'IF_NOT_PRESENT',
      imagePullSecrets: [],
      ...version,
    },
    fallbackVersion: null,
    scalingPolicy: {
      minPods: 0,
      maxPods: 10,
      burst: 2,
      scaleDownDelayMs: 0,
      idleCount: { low: 0, high: 0 },
      idlePercent: null,
      keepHot: 0,
      hibernateAfterMs: null,
      wakeOnTraffic: false,
    },
    images: [],
    pool: { pending: 0, creating: 0, standby: 0, hibernated: 0, active: 0, terminating: 0, total: 0 },
    sessionCount: 0,
    waitingSessionCount: 0,
    problem: null,
  }
}
