import { expect, it } from 'vitest'
import { credentialsFor, fullNameOf, registryOf } from './registry-name.ts'

it.each([
  ['shop', 'docker.io'],
  ['team/shop:1', 'docker.io'],
  ['docker.io/library/shop:1', 'docker.io'],
  ['localhost/shop', 'localhost'],
  ['registry.test/team/shop@sha256:00', 'registry.test'],
  ['127.0.0.1:5000/shop:1', '127.0.0.1:5000'],
])('the image %s comes from %s', (image, registry) => expect(registryOf(image)).toBe(registry))

it.each([
  ['shop', 'docker.io/library/shop:latest'],
  ['team/shop:1', 'docker.io/team/shop:1'],
  ['index.docker.io/team/shop:1', 'docker.io/team/shop:1'],
  ['docker.io/library/shop:1', 'docker.io/library/shop:1'],
  ['127.0.0.1:5000/shop', '127.0.0.1:5000/shop:latest'],
  ['registry.test/team/shop:1@sha256:00', 'registry.test/team/shop@sha256:00'],
])('the image %s is %s', (image, name) => expect(fullNameOf(image)).toBe(name))

it('credentials go to their own registry, and to no other one', () => {
  const of = (registry: string) => ({ registry, username: registry, password: '', identityToken: '' })
  const all = [of('index.docker.io'), of('registry.test')]
  expect(credentialsFor('registry.test/shop', all)?.username).toBe('registry.test')
  expect(credentialsFor('shop', all)?.username).toBe('index.docker.io')
  expect(credentialsFor('other.test/shop', all)).toBeNull()
  expect(credentialsFor('registry.test:5000/shop', all)).toBeNull()
})
