import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { toManifest, type Manifest, type ManifestProblem } from './manifest.ts'

const minimal = { kind: 'Application', name: 'hello', version: { image: 'host' } }

it('reads the smallest manifest there is', () => {
  expect(read(minimal)).toEqual({ name: 'hello', version: { image: 'host' }, scalingPolicy: null, revision: null })
})

it('reads amounts of memory as people write them', () => {
  const version = { image: 'host', resources: { memoryBytes: '128Mi' } }
  expect(read({ ...minimal, version }).version.resources).toEqual({ memoryBytes: 134_217_728 })
})

it('reads back what the API shows: its own fields are passed over, and its revision is the guard', () => {
  expect(read(shownByApi)).toEqual({
    name: 'hello',
    revision: 7,
    version: {
      image: 'host',
      command: ['node'],
      readiness: { http: { portName: 'web', path: '/healthz' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 30_000 },
    },
    scalingPolicy: { maxPods: 3, idleCount: { low: 0, high: 1 } },
  })
})

describe('what is wrong is said with its path', () => {
  it.each<[string, unknown, string, string]>([
    ['nothing at all', null, '', 'a manifest must be an object with fields'],
    ['another kind', { ...minimal, kind: 'Deployment' }, 'kind', 'kind must be Application'],
    ['a missing name', { version: { image: 'x' } }, 'name', 'name is missing'],
    ['a missing image', { name: 'a', version: {} }, 'version.image', 'version.image is missing'],
    ['a mistyped field', { ...minimal, versoin: {} }, 'versoin', 'versoin is not a field here; did you mean version?'],
    [
      'a mistyped field deep inside',
      { name: 'a', version: { image: 'x', ports: [{ name: 'web', containerport: 80 }] } },
      'version.ports.0.containerport',
      'containerport is not a field here; did you mean containerPort?',
    ],
    [
      'a number where text belongs',
      { name: 'a', version: { image: 'x', env: [{ name: 'PORT', value: 80 }] } },
      'version.env.0.value',
      'version.env[0].value must be text; put quotes around it',
    ],
    [
      'a fraction where a whole number belongs',
      { ...minimal, scalingPolicy: { maxPods: 1.5 } },
      'scalingPolicy.maxPods',
      'scalingPolicy.maxPods must be a whole number',
    ],
    [
      'an unknown protocol',
      { name: 'a', version: { image: 'x', ports: [{ name: 'web', containerPort: 1, protocol: 'http' }] } },
      'version.ports.0.protocol',
      'version.ports[0].protocol must be HTTP, TCP or UDP',
    ],
    [
      'no amount of memory',
      { name: 'a', version: { image: 'x', resources: { memoryBytes: 'much' } } },
      'version.resources.memoryBytes',
      'version.resources.memoryBytes must be a number of bytes, or an amount as in 128Mi',
    ],
  ])('%s', (_, document, path, message) => {
    const problem = refused(document).find((one) => one.path.join('.') === path)
    expect(problem?.message).toBe(message)
  })

  it('says everything at once', () => {
    expect(refused({ nam: 'a', version: { imag: 'x' } }).length).toBeGreaterThanOrEqual(3)
  })
})

it('reads every manifest that the documentation shows', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/cli.md'), 'utf8')
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
  expect(examples.map((example) => read(parse(example)).name)).toEqual(['notebook', 'everything'])
})

const shownByApi = {
  kind: 'Application',
  id: 'app-1',
  name: 'hello',
  tenant: 'default',
  revision: 7,
  createdAt: '2026-01-01T00:00:00.000Z',
  version: {
    number: 2,
    createdAt: '2026-01-01T00:00:00.000Z',
    image: 'host',
    command: ['node'],
    workingDirectory: null,
    runtimeClass: null,
    readiness: {
      probe: 'HTTP',
      portName: 'web',
      httpPath: '/healthz',
      initialDelayMs: 0,
      periodMs: 100,
      timeoutMs: 30_000,
    },
  },
  fallbackVersion: null,
  scalingPolicy: { maxPods: 3, idleCount: { low: 0, high: 1 }, idlePercent: null, hibernateAfterMs: null },
  pool: { total: 1 },
  sessionCount: 0,
  waitingSessionCount: 0,
  problem: null,
}

function read(document: unknown): Manifest {
  const result = toManifest(document)
  if (result.kind === 'refused') throw new Error(result.problems.map(({ message }) => message).join('; '))
  return result.manifest
}

function refused(document: unknown): readonly ManifestProblem[] {
  const result = toManifest(document)
  if (result.kind === 'read') throw new Error('it was accepted')
  return result.problems
}
