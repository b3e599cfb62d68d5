import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SETTINGS } from './setting-definitions.ts'
import { describeProblems, readSettings, type Settings } from './settings.ts'

describe('an empty environment', () => {
  it('gives every setting its default', () => {
    expect(valid({})).toEqual({
      dataDir: resolve('.fornax'),
      host: '127.0.0.1',
      consolePort: 3000,
      apiPort: 4000,
      nodeLinkPort: 4001,
      runtime: 'auto',
      containerdSocket: null,
      isConsoleOn: true,
      adminToken: null,
      durability: 'process',
      databaseUrl: null,
      issuersFile: null,
      historyDays: 7,
      sessionDays: 30,
      objectiveWarmP99Ms: 50,
      objectiveColdP99Ms: 1_500,
      objectiveHitPercent: 95,
      logLevel: 'info',
      coreAddress: '127.0.0.1:4001',
      nodeName: 'box-7-example',
      joinTokenFile: resolve('.fornax/join-token'),
      secretKeyFile: resolve('.fornax/secret-key'),
      sandboxStockMax: 8,
      leastFreeMemoryPercent: 5,
      leastFreeDiskPercent: 5,
      leastFreePidsPercent: 10,
      coreCaFile: null,
      nodeCaFile: null,
      nodeCaKeyFile: null,
      auditKeptDays: 400,
      requestsPerSecond: 5000,
      introspection: 'auto',
      trustedDocumentsFile: null,
      tlsCertFile: null,
      tlsKeyFile: null,
      apiUrl: 'http://127.0.0.1:4000',
      token: null,
      tokenFile: resolve('.fornax/admin-token'),
      testRequireAll: false,
    })
  })

  it('names the node after the machine, as a DNS label, whatever the machine is called', () => {
    fc.assert(
      fc.property(fc.string(), (hostName) => {
        const result = readSettings({}, hostName)
        expect(result.kind === 'valid' && result.settings.nodeName).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
      }),
    )
  })
})

describe('a default that follows another setting', () => {
  it('follows what was given', () => {
    const settings = valid({ FORNAX_API_PORT: '5000', FORNAX_NODELINK_PORT: '5001', FORNAX_DATA_DIR: '/srv/fornax' })
    expect(settings).toMatchObject({
      apiUrl: 'http://127.0.0.1:5000',
      coreAddress: '127.0.0.1:5001',
      joinTokenFile: '/srv/fornax/join-token',
      tokenFile: '/srv/fornax/admin-token',
    })
  })

  it('gives way to its own variable', () => {
    expect(valid({ FORNAX_API_PORT: '5000', FORNAX_API_URL: 'https://fornax.example/' }).apiUrl).toBe(
      'https://fornax.example',
    )
  })

  it('is not complained about when the setting it follows is refused', () => {
    expect(problemNames({ FORNAX_API_PORT: 'x' })).toEqual(['FORNAX_API_PORT'])
  })
})

describe('a given value', () => {
  it.each([
    ['FORNAX_API_PORT', '0', { apiPort: 0 }],
    ['FORNAX_CONSOLE', 'off', { isConsoleOn: false }],
    ['FORNAX_RUNTIME', 'simulated', { runtime: 'simulated' }],
    ['FORNAX_CONTAINERD_SOCKET', '/run/containerd.sock', { containerdSocket: '/run/containerd.sock' }],
    ['FORNAX_DURABILITY', 'fsync', { durability: 'fsync' }],
    ['FORNAX_TEST_REQUIRE_ALL', '1', { testRequireAll: true }],
    ['FORNAX_ADMIN_TOKEN', 'sixteen-letters!', { adminToken: 'sixteen-letters!' }],
    ['DATABASE_URL', 'postgresql://me@db/fornax', { databaseUrl: 'postgresql://me@db/fornax' }],
    ['DATABASE_URL', 'file:/tmp/x.db', { databaseUrl: 'file:/tmp/x.db' }],
    ['FORNAX_CORE_ADDRESS', '[::1]:4001', { coreAddress: '[::1]:4001' }],
    ['LOG_LEVEL', 'debug', { logLevel: 'debug' }],
    ['FORNAX_API_PORT', '', { apiPort: 4000 }],
  ])('%s=%s is read', (name, value, expected) => expect(valid({ [name]: value })).toMatchObject(expected))

  it.each([
    ['FORNAX_API_PORT', '65536'],
    ['FORNAX_API_PORT', '-1'],
    ['FORNAX_API_PORT', '80x'],
    ['FORNAX_RUNTIME', 'docker'],
    ['FORNAX_CONSOLE', 'yes'],
    ['FORNAX_ADMIN_TOKEN', 'short'],
    ['FORNAX_CORE_ADDRESS', 'host'],
    ['FORNAX_CORE_ADDRESS', 'host:99999'],
    ['FORNAX_NODE_NAME', 'Node_1'],
    ['FORNAX_API_URL', 'ftp://x'],
    ['DATABASE_URL', 'mysql://x'],
    ['LOG_LEVEL', 'loud'],
    ['FORNAX_DATA_DIR', ' '],
  ])('%s=%s is refused by name', (name, value) => expect(problemNames({ [name]: value })).toEqual([name]))

  it('is quoted in the message, which says what is expected', () => {
    const message = problems({ FORNAX_RUNTIME: 'docker' })[0]?.message
    expect(message).toBe(
      'FORNAX_RUNTIME is "docker", but it must be one of auto, bubblewrap, process, simulated, containerd.',
    )
  })

  it('is never quoted when it is a secret', () => {
    const shown = describeProblems(problems({ FORNAX_ADMIN_TOKEN: 'hunter2', DATABASE_URL: 'mysql://hunter2' }))
    expect(shown).not.toContain('hunter2')
  })
})

describe('an unknown name', () => {
  it('is refused with the nearest known one', () => {
    expect(problems({ FORNAX_API_PROT: '1' })[0]?.message).toBe(
      'FORNAX_API_PROT is not a setting of Fornax. Did you mean FORNAX_API_PORT?',
    )
  })

  it('is refused without a suggestion when nothing is near', () => {
    expect(problems({ FORNAX_COLOUR_OF_BUTTONS: 'red' })[0]?.message).toBe(
      'FORNAX_COLOUR_OF_BUTTONS is not a setting of Fornax. Remove it; the README lists every setting.',
    )
  })

  it('of another program is left alone', () => expect(problemNames({ DATABASE_URI: 'x', PATH: '/bin' })).toEqual([]))
})

it('reports every mistake at once', () => {
  expect(problemNames({ FORNAX_API_PORT: 'x', FORNAX_RUNTIME: 'y', FORNAX_HOTS: 'z' }).toSorted()).toEqual([
    'FORNAX_API_PORT',
    'FORNAX_HOTS',
    'FORNAX_RUNTIME',
  ])
})

it('has no name twice', () => {
  const names = Object.values(SETTINGS).map((setting) => setting.name)
  expect(new Set(names).size).toBe(names.length)
})

function valid(env: Record<string, string>): Settings {
  const result = readSettings(env, 'Box_7.example')
  if (result.kind !== 'valid') throw new Error(describeProblems(result.problems))
  return result.settings
}

function problems(env: Record<string, string>) {
  const result = readSettings(env, 'box')
  return result.kind === 'invalid' ? result.problems : []
}

function problemNames(env: Record<string, string>): string[] {
  return problems(env).map((problem) => problem.name)
}
