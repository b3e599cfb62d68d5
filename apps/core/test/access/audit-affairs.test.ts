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
