/** Whose affair a record of the audit is: nobody learns from it what they may not see. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openAccessWorld, type AccessWorld } from './access-world.ts'

let world: AccessWorld

beforeAll(async () => {
  world = await openAccessWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const RECORDS = '{ auditRecords(first: 100) { edges { node { action object before after } } } }'

it('I11: what a tenant does with ids of another one tells nothing of what they name', async () => {
  const { id, name } = await hiddenToken()
  const stranger = await world.outside('admin')
  await world.ask(`mutation { revokeApiToken(input: { id: "${id}" }) { problem { message } } }`, stranger)
  await recorded(stranger, 'revokeApiToken')
  expect(await records(stranger)).not.toContain(name)
})

it('I11: what the operator does to a tenant is the affair of that tenant, and of nobody else', async () => {
  const { id, name, tenant } = await hiddenToken()
  await world.data(`mutation { revokeApiToken(input: { id: "${id}" }) { problem { message } } }`)
  const inDefault = await world.data(
    'mutation { createApiToken(input: { name: "of-default", role: ADMIN }) { secret } }',
  )
  const { createApiToken } = JSON.parse(JSON.stringify(inDefault))
  await recorded(world.inside('admin'), 'revokeApiToken')
  expect(await records(world.inside('admin'))).toContain(name)
  const ofDefault = await records(`Bearer ${createApiToken.secret}`)
  expect(ofDefault).not.toContain(name)
  expect(ofDefault).not.toContain(tenant)
})

it('who opened and who closed a session, from where and in which request, is known to admins alone', async () => {
  const [developer, admin] = [world.inside('developer'), world.inside('admin')]
  const asked = JSON.stringify(await world.data(OPEN, developer))
  const { id } = JSON.parse(asked).openSession.session
  await world.data(`mutation { closeSession(input: { id: "${id}" }) { problem { message } } }`, admin)
  const steps = async (authorization: string): Promise<readonly { readonly step: string; readonly by: unknown }[]> => {
    const answer = JSON.stringify(await world.data(`{ session(id: "${id}") { timeline { ${BY} } } }`, authorization))
    return JSON.parse(answer).session.timeline
  }
  const actor = (role: 'developer' | 'admin') => ({
    actorId: world.secrets[`id of token of hidden-token-${role}`],
    source: expect.stringContaining('127.0.0.1') as unknown,
    requestId: expect.stringMatching(/^[\da-f-]{36}$/) as unknown,
  })
  const seen = (await steps(admin)).filter(({ by }) => by !== null)
  expect(seen).toEqual([
    { step: 'ASKED', by: actor('developer') },
    { step: 'CLOSING', by: actor('admin') },
  ])
  for (const role of ['developer', 'viewer'] as const)
    expect((await steps(world.inside(role))).every(({ by }) => by === null)).toBe(true)
})

const BY = 'step by { actorId source requestId }'
const OPEN =
  'mutation { openSession(input: { application: "hidden-application" }) { session { id } problem { message } } }'

async function records(authorization: string): Promise<string> {
  return JSON.stringify(await world.data(RECORDS, authorization))
}

/** Records are written a moment after their deeds. */
async function recorded(authorization: string, action: string): Promise<void> {
  await expect.poll(() => records(authorization), { timeout: 5_000, interval: 20 }).toContain(action)
}

/** A token of the tenant that has everything, made by its administrator. */
async function hiddenToken(): Promise<{ id: string; name: string; tenant: string }> {
  const name = `hidden-${Math.random().toString(36).slice(2)}`
  const mutation = `mutation { createApiToken(input: { name: "${name}", role: VIEWER }) { apiToken { id tenant } } }`
  const { createApiToken } = JSON.parse(JSON.stringify(await world.data(mutation, world.inside('admin'))))
  return { name, ...createApiToken.apiToken }
}
