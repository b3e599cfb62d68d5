import { expect, it } from 'vitest'
import { NEW_VERSION, splitWords, toVersionInput, type TypedVersion } from './version-input.ts'

it('gives what was typed, in the units of the API', () => {
  const input = inputOf({
    image: ' host ',
    command: `node '/srv/my app/main.js'`,
    env: 'A=1\n\nB=x=y',
    ports: 'web 8080\ngame 7777 udp',
    cpus: '0.25',
    memoryMib: '64',
    probe: 'http',
  })
  expect(input).toMatchObject({
    image: 'host',
    command: ['node', '/srv/my app/main.js'],
    env: [
      { name: 'A', value: '1' },
      { name: 'B', value: 'x=y' },
    ],
    ports: [
      { name: 'web', containerPort: 8_080, protocol: 'HTTP' },
      { name: 'game', containerPort: 7_777, protocol: 'UDP' },
    ],
    resources: { cpuMillis: 250, memoryBytes: 64 * 1_024 * 1_024 },
    readiness: { http: { portName: 'web', path: '/' } },
  })
})

it.each([
  ['image', { image: ' ' }],
  ['ports', { ports: 'web' }],
  ['env', { env: '1A=2' }],
  ['command', { command: `"open` }],
  ['cpus', { cpus: '0' }],
  ['memoryMib', { memoryMib: '-1' }],
  ['sessionsPerPod', { sessionsPerPod: '0' }],
  ['probe', { ports: '', probe: 'tcp' }],
] as const)('says what is wrong with %s', (field, change) => {
  const verdict = toVersionInput({ ...NEW_VERSION, image: 'host', ...change })
  expect(verdict.kind === 'problems' && Object.keys(verdict.problems)).toEqual([field])
})

it('splits words as a shell does', () => {
  expect(splitWords(`a  'b c' d"e f"g ''`)).toEqual(['a', 'b c', 'de fg', ''])
  expect(splitWords(`it's`)).toBeNull()
  expect(splitWords('  ')).toEqual([])
})

function inputOf(change: Partial<TypedVersion>) {
  const verdict = toVersionInput({ ...NEW_VERSION, ...change })
  return verdict.kind === 'input' ? verdict.input : verdict.problems
}
