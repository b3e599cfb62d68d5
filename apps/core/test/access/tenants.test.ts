/** Tokens that end, and tenants that are bounded, suspended and deleted, over the API of a real core. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../acceptance/test-socket.ts'
import { openAccessWorld, type AccessWorld } from './access-world.ts'

let world: AccessWorld

beforeAll(async () => {
  world = await openAccessWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

describe('a token', () => {
  it('that is revoked ends within a second on sockets that are open, too', async () => {
    const { id, authorization } = await newToken('viewer')
    await using socket = await connect(world, authorization)
    socket.subscribe('w', 'subscription { watchSessions { __typename } }')
    await socket.next()
    const begin = performance.now()
    await world.data(`mutation { revokeApiToken(input: { id: "${id}" }) { problem { message } } }`)
    expect(await socket.closed).toEqual({ code: 4403, reason: 'The token was revoked' })
    expect(performance.now() - begin).toBeLessThan(1_000)
    expect((await world.ask('{ viewer { role } }', authorization)).status).toBe(401)
  })

  it('ends by itself at its instant, on sockets that are open, too', async () => {
    const endsAtMs = performance.timeOrigin + performance.now() + 1_500
    const { authorization } = await newToken('viewer', `expiresAt: "${new Date(endsAtMs).toISOString()}"`)
    expect(await world.ask('{ viewer { name expiresAt } }', authorization)).toMatchObject({ status: 200 })
    await using socket = await connect(world, authorization)
    expect(await socket.closed).toEqual({ code: 4403, reason: 'The token has ended' })
    const lateMs = performance.timeOrigin + performance.now() - endsAtMs
    expect(lateMs).toBeGreaterThan(-50)
    expect(lateMs).toBeLessThan(1_000)
    expect((await world.ask('{ viewer { role } }', authorization)).status).toBe(401)
  })

  it.each([
    ['2001-01-01T00:00:00Z', 'future'],
    ['tomorrow', 'instant'],
    ['2999-01-01', 'instant'],
  ])('cannot end at %j', async (instant, word) => {
    const input = `{ name: "x", role: VIEWER, expiresAt: "${instant}" }`
    const { data } = await world.ask(
      `mutation { createApiToken(input: ${input}) { secret problem { __typename message ... on InvalidInput { field } } } }`,
    )
    expect(data).toMatchObject({
      createApiToken: { secret: null, problem: { field: 'expiresAt', message: expect.stringContaining(word) } },
    })
  })

  it('says when it was used last', async () => {
    const { id, authorization } = await newToken('viewer')
    const used = async (): Promise<unknown> => Object(await tokens()).find((one: { id: string }) => one.id === id)
    expect(await used()).toMatchObject({ lastUsedAt: null })
    await world.ask('{ viewer { role } }', authorization)
    expect(await used()).toMatchObject({ lastUsedAt: expect.stringMatching(/^20\d\d-/) })
  })
})

describe('a quota', () => {
  it('of sessions is held by many clients at once, and shown with what is used', async () => {
    await setQuotas('sessions: 9')
    const before = Object(await tenant()).usage.sessions
    const answers = await Promise.all(Array.from({ length: 40 }, () => open()))
    const opened = answers.filter(({ session }) => session !== null)
    expect(opened.length).toBe(9 - before)
    expect(answers.find(({ session }) => session === null)?.problem).toEqual({
      __typename: 'QuotaExceeded',
      quota: 'SESSIONS',
      limit: 9,
      retryAfterMs: null,
      message: expect.stringContaining('close sessions, or ask for a higher quota'),
    })
    expect(await tenant()).toMatchObject({ usage: { sessions: 9 }, quotas: { sessions: 9, pods: null } })
    for (const { session } of opened) await close(Object(session).id)
    await setQuotas('')
  })

  it('of opens in a second says when to come again', async () => {
    await setQuotas('opensPerSecond: 2')
    const answers = await Promise.all(Array.from({ length: 6 }, () => open()))
    const refused = answers.filter(({ session }) => session === null)
    expect(refused.length).toBeGreaterThanOrEqual(3)
    for (const { problem } of refused) {
      expect(problem).toMatchObject({ quota: 'OPENS_PER_SECOND', limit: 2 })
      expect(Object(problem).retryAfterMs).toBeGreaterThan(0)
      expect(Object(problem).retryAfterMs).toBeLessThanOrEqual(500)
    }
    await setQuotas('')
    for (const { session } of answers) if (session !== null) await close(Object(session).id)
  })

  it('must be a number that can be one', async () => {
    const { data } = await world.ask(
      'mutation { setTenantQuotas(input: { tenant: "hidden-tenant", opensPerSecond: 0 }) { problem { ... on InvalidInput { field } } } }',
    )
    expect(data).toEqual({ setTenantQuotas: { problem: { field: 'opensPerSecond' } } })
  })
})

describe('a tenant', () => {
  it('that is suspended opens nothing, keeps what is open, and may look and close', async () => {
    const { session } = await open()
    const { id } = Object(session)
    await life('suspendTenant', 'hidden-tenant')
    expect(await tenant()).toMatchObject({ phase: 'SUSPENDED', suspendedAt: expect.any(String) })
    expect((await open()).problem).toMatchObject({ __typename: 'TenantSuspended' })
    const { session: still } = Object(await world.data(`{ session(id: "${id}") { phase } }`, world.inside('viewer')))
    expect(still.phase).toBe('AVAILABLE')
    await life('suspendTenant', 'hidden-tenant', 'closeSessions: true')
    const closed = async (): Promise<unknown> =>
      Object(await world.data(`{ session(id: "${id}") { closeReason } }`, world.inside('viewer'))).session.closeReason
    await expect.poll(closed, { timeout: 10_000 }).toBe('TENANT_SUSPENDED')
    await life('resumeTenant', 'hidden-tenant')
    const again = await open()
    expect(again.problem).toBeNull()
    await close(Object(again.session).id)
  })

  it('that is deleted takes everything in it along, and its name is free', async () => {
    const authorization = await world.outside('admin')
    const { viewer } = Object(await world.data('{ viewer { tenant } }', authorization))
    const made = `createApplication(input: { name: "short-lived", version: { image: "host", command: ["x"], toleratesSimulated: true },
      scalingPolicy: { minPods: 1, maxPods: 2 } }) { application { id } problem { message } }`
    await world.data(`mutation { ${made} }`, authorization)
    const secret = 'createSecret(input: { name: "s", value: "eA==" }) { problem { message } }'
    await world.data(`mutation { ${secret} }`, authorization)
    const opened = Object(
      await world.data(
        'mutation { openSession(input: { application: "short-lived" }) { session { id } problem { message } } }',
        authorization,
      ),
    ).openSession.session
    await using socket = await connect(world, authorization)
    await life('deleteTenant', viewer.tenant)
    expect(await socket.closed).toMatchObject({ code: 4403 })
    expect((await world.ask('{ viewer { role } }', authorization)).status).toBe(401)
    const left = async (): Promise<unknown> =>
      Object(await world.data(`{ tenant(name: "${viewer.tenant}") { phase } }`)).tenant
    await expect.poll(left, { timeout: 15_000 }).toBeNull()
    const { applications, pods } = Object(
      await world.data('{ applications { edges { node { name } } } pods { edges { node { applicationName } } } }'),
    )
    expect(JSON.stringify([applications, pods])).not.toContain('short-lived')
    expect(Object(await tokens()).filter((one: { tenant: string }) => one.tenant === viewer.tenant)).toEqual([])
    await life('createTenant', viewer.tenant)
    const { sessions } = Object(await world.data('{ sessions(first: 100) { edges { node { id phase } } } }'))
    const mine = sessions.edges.filter(({ node }: { node: { id: string } }) => node.id === opened.id)
    expect(mine.map(({ node }: { node: { phase: string } }) => node.phase)).not.toContain('AVAILABLE')
  })

  it.each(['suspendTenant', 'deleteTenant'])('that everybody needs cannot be the end of %s', async (mutation) => {
    const document = `mutation { ${mutation}(input: { tenant: "default" }) { tenant { id } problem { __typename } } }`
    const { data } = await world.ask(document)
    expect(data).toEqual({ [mutation]: { tenant: null, problem: { __typename: 'TenantNeeded' } } })
  })
})

async function newToken(role: string, more = ''): Promise<{ readonly id: string; readonly authorization: string }> {
  const input = `{ name: "short", role: ${role.toUpperCase()}, tenant: "hidden-tenant" ${more} }`
  const { createApiToken } = Object(
    await world.data(`mutation { createApiToken(input: ${input}) { secret apiToken { id } problem { message } } }`),
  )
  return { id: createApiToken.apiToken.id, authorization: `Bearer ${createApiToken.secret}` }
}

async function tokens(): Promise<unknown> {
  return Object(await world.data('{ apiTokens { id tenant expiresAt lastUsedAt } }')).apiTokens
}

async function tenant(): Promise<unknown> {
  const document =
    '{ tenant { phase suspendedAt quotas { sessions pods } usage { sessions pods cpuMillis memoryBytes } } }'
  return Object(await world.data(document, world.inside('viewer'))).tenant
}

async function setQuotas(quotas: string): Promise<void> {
  const input = `{ tenant: "hidden-tenant" ${quotas} }`
  await world.data(`mutation { setTenantQuotas(input: ${input}) { problem { message } } }`)
}

async function open(): Promise<{ readonly session: unknown; readonly problem: unknown }> {
  const problem = 'problem { __typename message ... on QuotaExceeded { quota limit retryAfterMs } }'
  const { data } = await world.ask(
    `mutation { openSession(input: { application: "hidden-application", wait: READY }) { session { id } ${problem} } }`,
    world.inside('developer'),
  )
  return Object(data).openSession
}

async function close(id: string): Promise<void> {
  const document = `mutation { closeSession(input: { id: "${id}" }) { problem { message } } }`
  await world.data(document, world.inside('developer'))
}

async function life(mutation: string, name: string, more = ''): Promise<void> {
  const field = mutation === 'createTenant' ? 'name' : 'tenant'
  await world.data(
    `mutation { ${mutation}(input: { ${field}: "${name}" ${more} }) { tenant { id } problem { message } } }`,
  )
}
