import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readIssuers } from './issuers-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'fornax-issuers-'))
const file = join(folder, 'issuers.json')
afterAll(() => rmSync(folder, { recursive: true }))

const acme = {
  name: 'acme',
  issuer: 'https://id.acme.example',
  audiences: ['fornax'],
  tenant: { claim: 'org', values: { 'acme-corp': 'acme' } },
  role: { claim: 'groups', values: { engineering: 'developer' } },
}

describe('the file of issuers', () => {
  it('is read with its defaults; without one there are none', () => {
    expect(read({ issuers: [{ ...acme, login: { clientId: 'fornax-console' } }] })).toMatchObject([
      { clockSkewSeconds: 30, nameClaim: 'email', login: { scope: 'openid profile email' } },
    ])
    expect(readIssuers(null)).toEqual([])
  })

  it.each<[string, unknown, string]>([
    ['plain HTTP over a network', { ...acme, issuer: 'http://id.acme.example' }, 'https'],
    ['no audience', { ...acme, audiences: [] }, 'audiences'],
    ['a role that is none', { ...acme, role: { always: 'king' } }, 'role'],
    ['a word that nobody knows', { ...acme, tennant: 'acme' }, 'tennant'],
    ['much patience', { ...acme, clockSkewSeconds: 3_600 }, 'clockSkewSeconds'],
  ])('is refused with %s, and says where', (_what, issuer, word) => {
    expect(() => read({ issuers: [issuer] })).toThrow(word)
  })

  it('is refused with two of a name, or when it is not JSON, or not there', () => {
    expect(() => read({ issuers: [acme, acme] })).toThrow('the same name')
    writeFileSync(file, '{')
    expect(() => readIssuers(file)).toThrow('FORNAX_OIDC_FILE')
    expect(() => readIssuers(join(folder, 'nothing'))).toThrow('FORNAX_OIDC_FILE')
  })

  it('may name an issuer of this machine by plain HTTP', () => {
    expect(read({ issuers: [{ ...acme, issuer: 'http://127.0.0.1:4444' }] })).toHaveLength(1)
  })
})

function read(content: object): ReturnType<typeof readIssuers> {
  writeFileSync(file, JSON.stringify(content))
  return readIssuers(file)
}
