import { expect, it } from 'vitest'
import { provisionProblem, type Provision, type SecretUse } from './provision.ts'

it('accepts files and secrets at paths and as variables of their own', () => {
  const files = [
    { path: '/etc/app/config.json', content: '{}' },
    { path: '/etc/app/other', content: '' },
  ]
  const secrets = [file('key', '/run/key'), variable('token', 'TOKEN'), variable('token', 'AGAIN')]
  expect(provisionProblem(provision({ files, secrets, imagePullSecrets: ['registry'] }), { MODE: 'fast' })).toBeNull()
  expect(provisionProblem(undefined, {})).toBeNull()
})

it.each([
  ['relative', 'etc/a'],
  ['the root', '/'],
  ['a folder', '/etc/'],
  ['with a way up', '/etc/../shadow'],
  ['with an empty part', '/etc//a'],
  ["one of the kernel's", '/proc/version'],
  ["one of the platform's", '/run/fornax/session.sock'],
  ['very long', `/${'a'.repeat(255)}`],
])('refuses a path that is %s', (_, path) => {
  expect(provisionProblem(provision({ files: [{ path, content: '' }] }), {})?.field).toBe('version.files[0].path')
  expect(provisionProblem(provision({ secrets: [file('key', path)] }), {})?.field).toBe('version.secrets[0].path')
})

it.each([
  ['twice', '/etc/a', '/etc/a'],
  ['below a file', '/etc/a', '/etc/a/b'],
  ['above a file', '/etc/a/b', '/etc/a'],
])('refuses a path that stands %s', (_, first, second) => {
  const problem = provisionProblem(
    provision({ files: [{ path: first, content: '' }], secrets: [file('key', second)] }),
    {},
  )
  expect(problem?.field).toBe('version.secrets[0].path')
})

it('refuses a variable that is none, or stands twice', () => {
  const envField = (secrets: readonly SecretUse[], env = {}) => provisionProblem(provision({ secrets }), env)?.field
  expect(envField([variable('key', 'not-a-name')])).toBe('version.secrets[0].env')
  expect(envField([variable('key', 'A'), variable('other', 'A')])).toBe('version.secrets[1].env')
  expect(envField([variable('key', 'A')], { A: '1' })).toBe('version.secrets[0].env')
})

it('bounds how much there may be', () => {
  const files = Array.from({ length: 65 }, (_, index) => ({ path: `/f/${index}`, content: '' }))
  expect(provisionProblem(provision({ files }), {})?.field).toBe('version.files')
  const large = [{ path: '/f', content: '\u20ac'.repeat(100_000) }]
  expect(provisionProblem(provision({ files: large }), {})?.message).toContain('262144 bytes')
  const secrets = Array.from({ length: 33 }, (_, index) => variable('key', `A${index}`))
  expect(provisionProblem(provision({ secrets }), {})?.field).toBe('version.secrets')
})

function file(secret: string, path: string): SecretUse {
  return { secret, as: { kind: 'file', path } }
}

function variable(secret: string, name: string): SecretUse {
  return { secret, as: { kind: 'env', name } }
}

function provision(change: Partial<Provision>): Provision {
  return { files: [], secrets: [], imagePullPolicy: 'ifNotPresent', imagePullSecrets: [], ...change }
}
