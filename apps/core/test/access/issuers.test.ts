/** Tokens of an issuer: a real one, run here, with a real core that trusts it. */
import type { Issuer } from '@fornax/settings/issuers-file'
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../acceptance/test-socket.ts'
import { openAccessWorld, type AccessWorld } from './access-world.ts'
import { forge, newSigningKey, startIssuer, type SigningKey, type TestIssuer } from './test-issuer.ts'

let key: SigningKey
let issuer: TestIssuer
let world: AccessWorld

beforeAll(async () => {
  key = await newSigningKey('first')
  issuer = await startIssuer([key])
  world = await openAccessWorld({ issuers: [trusted(issuer.url)], issuerKeyCooldownMs: 0 })
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})

beforeEach(() => {
  issuer.says = { org: 'hidden-tenant', groups: ['developers'], email: 'ann@hidden.test' }
})

describe('the token of an issuer', () => {
  it('speaks for the tenant and the role that its claims mean', async () => {
    expect(await viewerOf(await issuer.programToken())).toEqual({
      name: 'ann@hidden.test',
      role: 'DEVELOPER',
      tenant: 'hidden-tenant',
    })
    issuer.says = { org: 'hidden-tenant', groups: ['other', 'admins', 'developers'] }
    expect(await viewerOf(await issuer.programToken())).toMatchObject({ role: 'ADMIN', name: 'robot' })
  })

  it.each([
    ['no group of ours', { org: 'hidden-tenant', groups: ['strangers'] }],
    ['no group at all', { org: 'hidden-tenant' }],
    ['no tenant', { groups: ['admins'] }],
    ['two tenants', { org: ['hidden-tenant', 'default'], groups: ['admins'] }],
    ['a tenant that is not there', { org: 'unheard-of', groups: ['admins'] }],
    ['a group that every object has', { org: 'hidden-tenant', groups: ['constructor', '__proto__'] }],
  ])('with %s speaks for nobody', async (_what, says) => {
    issuer.says = says
    expect(await viewerOf(await issuer.programToken())).toBeNull()
  })

  it('is asked for its keys once, and not with every request', async () => {
    await viewerOf(await issuer.programToken())
    const { keyFetches } = issuer
    for (let asked = 0; asked < 5; asked += 1) await viewerOf(await issuer.programToken())
    expect(issuer.keyFetches).toBe(keyFetches)
  })

  it('speaks on a socket until it ends', async () => {
    const token = await forge(key, claims({ exp: nowSeconds() - 28 })) // With 30 s of skew, 2 s are left.
    await using socket = await connect(world, `Bearer ${token}`)
    expect(await socket.closed).toEqual({ code: 4403, reason: 'The token has ended' })
    expect(await viewerOf(token)).toBeNull()
  })
})

describe('a token is refused', () => {
  it.each<[string, () => Promise<string> | string]>([
    ['that is over by more than the skew', () => forge(key, claims({ exp: nowSeconds() - 60 }))],
    ['that never ends', () => forge(key, claims({ exp: undefined }))],
    ['that begins in the future', () => forge(key, claims({ nbf: nowSeconds() + 120 }))],
    ['that is meant for somebody else', () => forge(key, claims({ aud: 'another-service' }))],
    ['that is meant for nobody', () => forge(key, claims({ aud: undefined }))],
    ['of another issuer', () => forge(key, claims({ iss: 'https://elsewhere.test' }))],
    ['that is signed with another key of the same name', async () => forge(await newSigningKey('first'), claims())],
    ['that is signed with a key that nobody knows', async () => forge(await newSigningKey('unheard-of'), claims())],
    ['that is not signed: alg none', () => new UnsecuredJWT(claims()).encode()],
    ['that says alg none, and has a signature', async () => withHeader(await forge(key, claims()), { alg: 'none' })],
    ['that is signed with the public key as a shared secret', () => withSharedSecret()],
    ['whose claims were changed', async () => withClaims(await forge(key, claims()), { groups: ['admins'] })],
    ['without a subject', () => forge(key, claims({ sub: undefined }))],
    ['that is no token', () => 'eyJ.eyJ.x'],
  ])('%s', async (_what, make) => {
    expect(await viewerOf(await forge(key, claims()))).not.toBeNull() // All else about it is right.
    expect(await viewerOf(await make())).toBeNull()
  })
})

describe('an issuer', () => {
  it('may rotate its keys: new ones are found at once, old ones are no longer good', async () => {
    const second = await newSigningKey('second')
    issuer.use([second, key])
    expect(await viewerOf(await issuer.programToken())).toMatchObject({ role: 'DEVELOPER' })
    expect(await viewerOf(await forge(key, claims({ jti: 'both' })))).not.toBeNull()
    const third = await newSigningKey('third')
    issuer.use([third])
    expect(await viewerOf(await issuer.programToken())).toMatchObject({ role: 'DEVELOPER' })
    expect(await viewerOf(await forge(second, claims({ jti: 'gone' })))).toBeNull()
    issuer.use([key])
    expect(await viewerOf(await forge(key, claims({ jti: 'back' })))).not.toBeNull()
  })

  it('that cannot be asked keeps nobody out who has another token, and is asked again', async () => {
    await using other = await startIssuer([key])
    other.isDown = true
    await using lonely = await openAccessWorld({ issuers: [trusted(other.url)] })
    const token = await forge(key, { ...claims(), iss: other.url })
    expect(await viewerOf(token, lonely)).toBeNull()
    expect((await lonely.ask('{ viewer { role } }')).status).toBe(200)
    other.isDown = false
    await expect
      .poll(() => viewerOf(token, lonely), { timeout: 10_000, interval: 250 })
      .toMatchObject({ role: 'DEVELOPER' })
  })
})

describe('who was vouched for', () => {
  it('gets a login for the token, which lasts a day at work and ends by logging out', async () => {
    const exchange = (token: string): Promise<Response> =>
      fetch(`${world.url}/auth/exchange`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
    const answer: unknown = await (await exchange(await issuer.programToken())).json()
    const { token, role, tenant } = Object(answer)
    expect({ role, tenant }).toEqual({ role: 'DEVELOPER', tenant: 'hidden-tenant' })
    expect(await viewerOf(token)).toMatchObject({ name: 'ann@hidden.test' })
    expect((await exchange(token)).status).toBe(400)
    await fetch(`${world.url}/auth/logout`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
    expect(await viewerOf(token)).toBeNull()
  })
})

function trusted(url: string): Issuer {
  return {
    name: 'test',
    issuer: url,
    audiences: ['fornax'],
    nameClaim: 'email',
    tenant: { claim: 'org' },
    role: { claim: 'groups', values: { developers: 'developer', admins: 'admin' } },
    clockSkewSeconds: 30,
  }
}

function nowSeconds(): number {
  return Math.floor((performance.timeOrigin + performance.now()) / 1000)
}

/** All that a good token says. */
function claims(overrides: Record<string, unknown> = {}): JWTPayload {
  const good = { iss: issuer.url, sub: 'ann', aud: 'fornax', exp: nowSeconds() + 60, jti: String(performance.now()) }
  return JSON.parse(JSON.stringify({ ...good, org: 'hidden-tenant', groups: ['developers'], ...overrides }))
}

function withHeader(token: string, header: object): string {
  const [, payload, signature] = token.split('.')
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), payload, signature].join('.')
}

function withClaims(token: string, more: object): string {
  const [header, payload = '', signature] = token.split('.')
  const said: object = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return [header, Buffer.from(JSON.stringify({ ...said, ...more })).toString('base64url'), signature].join('.')
}

async function withSharedSecret(): Promise<string> {
  const keys = await (await fetch(`${issuer.url}/jwks`)).text()
  return new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(Buffer.from(keys))
}

async function viewerOf(token: string, where = world): Promise<unknown> {
  const { status, data } = await where.ask('{ viewer { name role tenant } }', `Bearer ${token}`)
  return status === 401 ? null : Object(data).viewer
}
