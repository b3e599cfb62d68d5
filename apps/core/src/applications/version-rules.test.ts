import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MIB, sampleSpec } from '../../test/support/samples.ts'
import type { Liveness, Port, Probe, Readiness, VersionSpec } from './application.ts'
import { isDnsLabel, nameProblem, specProblem } from './version-rules.ts'

const web: Port = { name: 'web', protocol: 'http', containerPort: 8_080 }
const http: Readiness['probe'] = { kind: 'http', portName: 'web', path: '/' }

const TCP_X = { kind: 'tcp', portName: 'x' } as const
const ON_HOST = { image: 'host', command: ['serve'] } satisfies Partial<VersionSpec>

it('a version may say all that a container can do', () => {
  const probe = exec('/bin/check', '--now')
  const confinement = { user: '1000:app', hasWritableRoot: true, capabilities: ['CHOWN', 'SETUID'] }
  const times = { ephemeralBytes: MIB, terminationGraceMs: 0, liveness: liveness({ probe }) }
  const spec = sampleSpec({ image: 'shop:1', ...confinement, ...times, readiness: readiness({ probe }) })
  expect(specProblem(spec)).toBeNull()
})

describe('a version that makes no sense names the field', () => {
  it.each<[string, Partial<VersionSpec>, string]>([
    ['no image', { image: '' }, 'image'],
    ['an image of blanks', { image: '  ' }, 'image'],
    ['an image without end', { image: 'x'.repeat(513) }, 'image'],
    ['an image with a NUL', { image: 'a\0b' }, 'image'],
    ['the node itself, and nothing to run', { image: 'host', command: [] }, 'command'],
    ['a NUL in the command', { command: ['a\0b'] }, 'command'],
    ['a NUL in an argument', { args: ['a\0b'] }, 'args'],
    ['too many words', { command: Array(257).fill('x') }, 'command'],
    ['too many arguments', { args: Array(257).fill('x') }, 'args'],
    ['a variable with a blank', { env: { 'A B': '1' } }, 'env'],
    ['a variable without a name', { env: { '': '1' } }, 'env'],
    ['a variable with a NUL', { env: { A: '\0' } }, 'env'],
    ['too many variables', { env: manyVariables(257) }, 'env'],
    ['too large variables', { env: { A: 'ü'.repeat(33_000) } }, 'env'],
    ['port 0', { ports: [{ ...web, containerPort: 0 }] }, 'ports[0].containerPort'],
    ['port 70000', { ports: [web, { ...web, name: 'b', containerPort: 70_000 }] }, 'ports[1].containerPort'],
    ['half a port', { ports: [{ ...web, containerPort: 80.5 }] }, 'ports[0].containerPort'],
    ['a port twice', { ports: [web, { ...web, name: 'b' }] }, 'ports[1].containerPort'],
    [
      'a port twice, as tcp and http',
      { ports: [web, { ...web, name: 'b', protocol: 'tcp' }] },
      'ports[1].containerPort',
    ],
    ['a port name twice', { ports: [web, { ...web, containerPort: 81 }] }, 'ports[1].name'],
    ['a port name that is none', { ports: [{ ...web, name: 'Web!' }] }, 'ports[0].name'],
    ['too many ports', { ports: manyPorts(17) }, 'ports'],
    ['no CPU', { cpuMillis: 0 }, 'resources.cpuMillis'],
    ['half a thousandth of a CPU', { cpuMillis: 0.5 }, 'resources.cpuMillis'],
    ['memory 0', { memoryBytes: 0 }, 'resources.memoryBytes'],
    ['less than 1 MiB', { memoryBytes: MIB - 1 }, 'resources.memoryBytes'],
    ['more than 16 TiB', { memoryBytes: 2 ** 44 + 1 }, 'resources.memoryBytes'],
    ['no session per pod', { sessionsPerPod: 0 }, 'sessionsPerPod'],
    ['a user that is none', { user: 'a b' }, 'user'],
    ['a user of two groups', { user: 'a:b:c' }, 'user'],
    ['an empty user', { user: '' }, 'user'],
    ['a capability that leads out of the container', { capabilities: ['SYS_ADMIN'] }, 'capabilities'],
    ['a capability to send packets in the name of others', { capabilities: ['NET_RAW'] }, 'capabilities'],
    ['a capability by the name of the kernel', { capabilities: ['CAP_CHOWN'] }, 'capabilities'],
    ['a capability twice', { capabilities: ['CHOWN', 'CHOWN'] }, 'capabilities'],
    ['room for less than 1 MiB', { ephemeralBytes: MIB - 1 }, 'resources.ephemeralBytes'],
    ['more room than memory', { memoryBytes: 2 * MIB, ephemeralBytes: 3 * MIB }, 'resources.ephemeralBytes'],
    ['a grace below 0', { terminationGraceMs: -1 }, 'terminationGraceMs'],
    ['a grace of more than ten minutes', { terminationGraceMs: 600_001 }, 'terminationGraceMs'],
    ['a liveness probe without pause', { liveness: liveness({ periodMs: 99 }) }, 'liveness.periodMs'],
    ['a liveness probe without time', { liveness: liveness({ timeoutMs: 0 }) }, 'liveness.timeoutMs'],
    [
      'a liveness probe that may not fail',
      { liveness: liveness({ failureThreshold: 0 }) },
      'liveness.failureThreshold',
    ],
    ['a liveness delay below 0', { liveness: liveness({ initialDelayMs: -1 }) }, 'liveness.initialDelayMs'],
    ['a liveness probe of an unknown port', { liveness: liveness({ probe: TCP_X }) }, 'liveness.tcp.portName'],
    ['a liveness probe that runs nothing', { liveness: liveness({ probe: exec() }) }, 'liveness.exec.command'],
    ['a probe that runs nothing', { readiness: readiness({ probe: exec() }) }, 'readiness.exec.command'],
    ['a probe that runs a NUL', { readiness: readiness({ probe: exec('a\0') }) }, 'readiness.exec.command'],
    ['a user on the node itself', { ...ON_HOST, user: 'me' }, 'user'],
    ['a writable node', { ...ON_HOST, hasWritableRoot: true }, 'hasWritableRoot'],
    ['capabilities on the node itself', { ...ON_HOST, capabilities: ['CHOWN'] }, 'capabilities'],
    ['a command run on the node itself', { ...ON_HOST, readiness: readiness({ probe: exec('x') }) }, 'readiness.exec'],
    ['a command run there to see', { ...ON_HOST, liveness: liveness({ probe: exec('x') }) }, 'liveness.exec'],
    ['a runtime class that is no name', { runtimeClass: 'run sc' }, 'runtimeClass'],
    ['a delay below 0', { readiness: readiness({ initialDelayMs: -1 }) }, 'readiness.initialDelayMs'],
    ['a probe every millisecond', { readiness: readiness({ periodMs: 1 }) }, 'readiness.periodMs'],
    ['no time to get ready', { readiness: readiness({ timeoutMs: 0 }) }, 'readiness.timeoutMs'],
    [
      'a probe of an unknown port',
      { readiness: readiness({ probe: { kind: 'tcp', portName: 'x' } }) },
      'readiness.tcp.portName',
    ],
    [
      'a probe of a path that is none',
      { readiness: readiness({ probe: { ...http, path: 'x' } }) },
      'readiness.http.path',
    ],
    [
      'a probe of a UDP port',
      { ports: [{ ...web, protocol: 'udp' }], readiness: readiness({ probe: http }) },
      'readiness.http.portName',
    ],
    ['a folder that is not absolute', { workingDirectory: 'data' }, 'workingDirectory'],
    ['a folder with a NUL', { workingDirectory: '/a\0b' }, 'workingDirectory'],
  ])('%s', (_what, change, field) => {
    const problem = specProblem(sampleSpec(change))
    expect(problem?.field).toBe(`version.${field}`)
    expect(problem?.message.startsWith(`${field} `)).toBe(true)
  })
})

it.each<[string, Partial<VersionSpec>]>([
  ['an image and nothing else', { image: 'hello:1', command: [], ports: [] }],
  ['the same port for tcp and udp', { ports: [web, { name: 'game', protocol: 'udp', containerPort: 8_080 }] }],
  ['three ports', { ports: manyPorts(3) }],
  ['a probe', { readiness: readiness({ probe: http }) }],
  ['the largest pod', { cpuMillis: 1_000_000, memoryBytes: 2 ** 44, sessionsPerPod: 10_000 }],
  ['a folder', { workingDirectory: '/srv' }],
])('%s is a version', (_what, change) => expect(specProblem(sampleSpec(change))).toBeNull())

describe('a name', () => {
  it.each(['a', 'a-1', '0', 'x'.repeat(63)])('may be "%s"', (name) => expect(nameProblem('name', name)).toBeNull())
  it.each(['', 'A', 'a_b', 'a.b', '-a', 'a-', 'ä', 'a b', 'a\n', 'x'.repeat(64)])('may not be "%s"', (name) => {
    expect(nameProblem('name', name)).toMatchObject({ field: 'name', message: expect.stringContaining('DNS label') })
  })

  it('is a DNS label exactly when it is made of its letters', () => {
    const letters = fc.constantFrom('a', 'b', 'z', '0', '1', '9', '-', '_', '.', 'A', ' ')
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 70 }), (chosen) => {
        const name = chosen.join('')
        const isMadeOfThem = name.length >= 1 && name.length <= 63 && chosen.every((one) => /[a-z0-9-]/.test(one))
        expect(isDnsLabel(name)).toBe(isMadeOfThem && !name.startsWith('-') && !name.endsWith('-'))
      }),
    )
  })
})

function readiness(overrides: Partial<Readiness>): Readiness {
  return { probe: { kind: 'none' }, initialDelayMs: 0, periodMs: 100, timeoutMs: 30_000, ...overrides }
}

function manyPorts(count: number): Port[] {
  return Array.from({ length: count }, (_, i) => ({ ...web, name: `p${i}`, containerPort: 8_000 + i }))
}

function manyVariables(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`A${i}`, '']))
}

function liveness(change: Partial<Liveness>): Liveness {
  const probe = { kind: 'http', portName: 'web', path: '/' } as const
  return { probe, initialDelayMs: 0, periodMs: 10_000, timeoutMs: 1_000, failureThreshold: 3, ...change }
}

function exec(...command: string[]): Probe {
  return { kind: 'exec', command }
}
