/** People who log in with a password, over the API of a real core. */
import { readFile, readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../acceptance/test-socket.ts'
import { openAccessWorld, type AccessWorld } from './access-world.ts'

let world: AccessWorld

beforeAll(async () => {
  world = await openAccessWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const PASSWORD = 'correct horse battery staple'

describe('a user', () => {
  it('registers with an invitation, logs in, and has the role that was given', async () => {
    const { invitation } = await invite('ann', 'DEVELOPER')
    expect(await register(invitation)).toMatchObject({
      status: 200,
      body: { tenant: 'hidden-tenant', role: 'DEVELOPER' },
    })
    const { status, body } = await logIn('ann')
    expect(status).toBe(200)
    const authorization = `Bearer ${body.token}`
    expect(await world.data('{ viewer { name role tenant } }', authorization)).toEqual({
      viewer: { name: 'ann', role: 'DEVELOPER', tenant: 'hidden-tenant' },
    })
    const { users } = Object(
      await world.data('{ users { name hasRegistered lastLoginAt invitationExpiresAt } }', world.inside('admin')),
    )
    expect(users).toContainEqual({
      name: 'ann',
      hasRegistered: true,
      lastLoginAt: expect.any(String),
      invitationExpiresAt: null,
    })
    const { apiTokens } = Object(await world.data('{ apiTokens { name } }', world.inside('admin')))
    expect(JSON.stringify(apiTokens)).not.toContain('ann')
  })

  it('registers once with an invitation, and with no other', async () => {
    const { invitation } = await invite('bob', 'VIEWER')
    const [first, second] = await Promise.all([register(invitation), register(invitation)])
    expect(new Set([first.status, second.status])).toEqual(new Set([200, 401]))
    expect((await register(invitation)).status).toBe(401)
    expect((await register('fxi_nothing')).status).toBe(401)
  })

  it('needs a password that is long enough', async () => {
    const { invitation } = await invite('carl', 'VIEWER')
    expect(await register(invitation, 'short')).toMatchObject({
      status: 400,
      body: { error: { code: 'WEAK_PASSWORD' } },
    })
    expect((await register(invitation)).status).toBe(200)
  })

  it('who is not known is refused in the same words as a password that is wrong', async () => {
    await registered('dora')
    const wrong = await logIn('dora', 'another password')
    const unknown = await logIn('nobody-of-this-name', 'another password')
    const elsewhere = await post('/auth/login', { tenant: 'no-such-tenant', user: 'dora', password: PASSWORD })
    expect(wrong).toMatchObject({ status: 401, body: { error: { code: 'REFUSED' } } })
    expect([unknown, elsewhere]).toEqual([wrong, wrong])
  })

  it('is kept waiting after too many tries, from there and nowhere else, whoever guesses at once', async () => {
    await registered('emma')
    const tries = await Promise.all(Array.from({ length: 12 }, () => logIn('emma', 'a guess of many', '203.0.113.7')))
    expect(tries.filter(({ status }) => status === 401)).toHaveLength(5)
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(7)
    const late = await logIn('emma', PASSWORD, '203.0.113.7')
    expect(late).toMatchObject({ status: 429, body: { error: { code: 'TOO_MANY_TRIES' } } })
    expect(late.retryAfterSeconds).toBeGreaterThan(0)
    expect((await logIn('emma', PASSWORD, '203.0.113.8')).status).toBe(200)
  })

  it('changes their password, which ends their other logins', async () => {
    const { body: first } = await registered('fred')
    const { body: second } = await logIn('fred')
    const change = { password: PASSWORD, newPassword: 'another good password' }
    expect((await post('/auth/password', { ...change, password: 'wrong wrong' }, first.token)).status).toBe(401)
    const { status, body: third } = await post('/auth/password', change, first.token)
    expect(status).toBe(200)
    const stillIn = await Promise.all([first, second, third].map(({ token }) => isIn(token)))
    expect(stillIn).toEqual([false, false, true])
    expect((await logIn('fred')).status).toBe(401)
    expect((await logIn('fred', 'another good password')).status).toBe(200)
  })

  it.each<[string, (id: string) => string]>([
    ['changeUserRole', (id) => `changeUserRole(input: { id: "${id}", role: VIEWER })`],
    ['resetUserPassword', (id) => `resetUserPassword(input: { id: "${id}" })`],
    ['removeUser', (id) => `removeUser(input: { id: "${id}" })`],
  ])('is out at once by %s, on open sockets too', async (name, mutation) => {
    const { id, body } = await registered(`gina-${name}`)
    await using socket = await connect(world, `Bearer ${body.token}`)
    await world.data(`mutation { ${mutation(id)} { problem { message } } }`, world.inside('admin'))
    expect(await socket.closed).toMatchObject({ code: 4403 })
    expect(await isIn(body.token)).toBe(false)
    expect((await logIn(`gina-${name}`)).status).toBe(name === 'changeUserRole' ? 200 : 401)
  })

  it('logs out, which ends this login and no other', async () => {
    const { body: first } = await registered('hugo')
    const { body: second } = await logIn('hugo')
    expect((await post('/auth/logout', {}, first.token)).status).toBe(200)
    expect([await isIn(first.token), await isIn(second.token)]).toEqual([false, true])
    expect((await post('/auth/logout', {}, world.inside('admin').slice(7))).body).toMatchObject({
      error: { code: 'NOT_A_LOGIN' },
    })
  })

  it('has no more logins than twenty: the oldest ends', async () => {
    const { body: first } = await registered('ida')
    const others = []
    for (let count = 0; count < 20; count += 1) others.push((await logIn('ida')).body.token)
    expect(await isIn(first.token)).toBe(false)
    expect(await isIn(others[0])).toBe(true)
  })
})

it('a tenant that asks too often is kept waiting here as well', async () => {
  await using busy = await openAccessWorld({ requestsPerSecond: 20 })
  const headers = { authorization: busy.inside('viewer') }
  const ask = (): Promise<Response> => fetch(`${busy.url}/auth/exchange`, { method: 'POST', headers })
  const answers = await Promise.all(Array.from({ length: 200 }, ask))
  const late = answers.find(({ status }) => status === 429)
  expect(Number(late?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await late?.json()).toEqual({ error: { code: 'RATE_LIMITED', message: expect.stringContaining('try again') } })
  expect(answers.some(({ status }) => status === 400)).toBe(true)
})

it('nothing but JSON is read, and nothing else is answered', async () => {
  const form = await fetch(`${world.url}/auth/login`, { method: 'POST', body: new URLSearchParams({ user: 'ann' }) })
  expect(form.status).toBe(415)
  expect((await fetch(`${world.url}/auth/login`)).status).toBe(405)
  expect((await post('/auth/other', {})).status).toBe(404)
  expect((await post('/auth/login', { user: 'ann' })).status).toBe(400)
  expect((await post('/auth/login', { user: 'ann', password: 'x'.repeat(300) })).status).toBe(400)
})

it('no password, invitation or login is in the database as it was said', async () => {
  const { invitation, body } = await registered('judy')
  const files = await readdir(world.dataDir)
  const content = await Promise.all(
    files.filter((name) => name.startsWith('fornax.db')).map((name) => readFile(`${world.dataDir}/${name}`)),
  )
  const all = Buffer.concat(content)
  expect(all.includes('judy')).toBe(true)
  expect(all.includes('scrypt$15$8$3$')).toBe(true)
  for (const said of [PASSWORD, invitation, body.token]) expect(all.includes(said)).toBe(false)
})

type Reply = {
  readonly status: number
  readonly body: { readonly token: string; readonly error?: object }
  readonly retryAfterSeconds: number
}

async function post(path: string, body: object, token?: string, from = '203.0.113.1'): Promise<Reply> {
  const response = await fetch(world.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': from,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  const retryAfterSeconds = Number(response.headers.get('retry-after') ?? 0)
  return { status: response.status, body: Object(await response.json()), retryAfterSeconds }
}

function logIn(user: string, password = PASSWORD, from?: string): Promise<Reply> {
  return post('/auth/login', { tenant: 'hidden-tenant', user, password }, undefined, from)
}

let registrations = 0

function register(invitation: string, password = PASSWORD): Promise<Reply> {
  registrations += 1
  return post('/auth/register', { invitation, password }, undefined, `198.51.100.${registrations}`)
}

async function invite(name: string, role: string): Promise<{ readonly id: string; readonly invitation: string }> {
  const { inviteUser } = Object(
    await world.data(
      `mutation { inviteUser(input: { name: "${name}", role: ${role} }) { invitation user { id } problem { message } } }`,
      world.inside('admin'),
    ),
  )
  return { id: inviteUser.user.id, invitation: inviteUser.invitation }
}

async function registered(name: string): Promise<Reply & { readonly id: string; readonly invitation: string }> {
  const invited = await invite(name, 'DEVELOPER')
  return { ...invited, ...(await register(invited.invitation)) }
}

async function isIn(token: string | undefined): Promise<boolean> {
  return (await world.ask('{ viewer { role } }', `Bearer ${token}`)).status === 200
}
