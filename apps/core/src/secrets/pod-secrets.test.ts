import { expect, it } from 'vitest'
import type { Provision } from '../applications/provision.ts'
import { podSecretsOf } from './pod-secrets.ts'
import type { OpenSecretResult } from './secret-directory.ts'

const DOCKER = {
  auths: {
    'https://index.docker.io/v1/': { auth: Buffer.from('me:pass:word').toString('base64') },
    'registry.test:5000': { username: 'you', password: 'other' },
  },
}
const STORED: Readonly<Record<string, Buffer>> = {
  text: Buffer.from('a text'),
  bytes: Buffer.from([0, 255]),
  docker: Buffer.from(JSON.stringify(DOCKER)),
}

it('gives a pod what its version asks for, as it asks for it', () => {
  const secrets = podSecretsOf(
    provision({
      secrets: [
        { secret: 'text', as: { kind: 'env', name: 'TEXT' } },
        { secret: 'bytes', as: { kind: 'file', path: '/run/key' } },
      ],
      imagePullSecrets: ['docker'],
    }),
    open,
  )
  expect(secrets).toEqual({
    env: { TEXT: 'a text' },
    files: [{ path: '/run/key', content: Buffer.from([0, 255]) }],
    credentials: [
      { registry: 'index.docker.io', username: 'me', password: 'pass:word', identityToken: '' },
      { registry: 'registry.test:5000', username: 'you', password: 'other', identityToken: '' },
    ],
    problem: '',
  })
})

it('gives nothing when nothing is asked for', () => {
  expect(podSecretsOf(undefined, open)).toBeNull()
  expect(podSecretsOf(provision({}), open)).toBeNull()
})

it.each<[string, Partial<Provision>, string]>([
  ['is not there', { secrets: [{ secret: 'gone', as: { kind: 'env', name: 'A' } }] }, 'there is no secret gone'],
  ['has another key', { secrets: [{ secret: 'foreign', as: { kind: 'env', name: 'A' } }] }, 'another key'],
  ['is no text', { secrets: [{ secret: 'bytes', as: { kind: 'env', name: 'A' } }] }, 'is no text'],
  ['is no list of registries', { imagePullSecrets: ['text'] }, 'no credentials of a registry'],
])('says why a pod cannot be made whose secret %s, and no value', (_, change, why) => {
  const secrets = podSecretsOf(provision(change), open)
  expect(secrets).toMatchObject({ env: {}, files: [], credentials: [], problem: expect.stringContaining(why) })
  expect(JSON.stringify(secrets)).not.toContain('a text')
})

function open(name: string): OpenSecretResult {
  if (name === 'foreign') return { kind: 'unreadable' }
  const value = STORED[name]
  return value === undefined ? { kind: 'missing' } : { kind: 'value', value }
}

function provision(change: Partial<Provision>): Provision {
  return { files: [], secrets: [], imagePullPolicy: 'ifNotPresent', imagePullSecrets: [], ...change }
}
