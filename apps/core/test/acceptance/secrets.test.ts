/** Secrets through the API: written, listed, never read. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, bearer, startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => void (server = await startTestServer()))
afterAll(() => server[Symbol.asyncDispose]())

const VALUE = Buffer.from('the value itself').toString('base64')
const CREATE = `mutation ($input: CreateSecretInput!) {
  createSecret(input: $input) { secret { name revision usedBy } problem { __typename message } }
}`

describe('a secret', () => {
  it('is created, changed by who has seen it, and deleted; its value comes back in no answer', async () => {
    const said: unknown[] = []
    const does = async (document: string, variables: object = {}): Promise<unknown> => {
      const answer = await ask(server, document, { authorization: bearer('acme', 'developer'), variables })
      said.push(answer)
      return answer
    }
    const created = { secret: { name: 'db', revision: 1, usedBy: [] }, problem: null }
    expect(await does(CREATE, { input: { name: 'db', value: VALUE } })).toMatchObject({
      data: { createSecret: created },
    })
    expect(await does(CREATE, { input: { name: 'db', value: VALUE } })).toMatchObject({
      data: { createSecret: { problem: { __typename: 'SecretNameTaken' } } },
    })
    const update = (revision: number): string =>
      `mutation { updateSecret(input: { name: "db", value: "${VALUE}", revision: ${revision} }) { secret { revision } problem { __typename } } }`
    expect(await does(update(1))).toMatchObject({ data: { updateSecret: { secret: { revision: 2 } } } })
    expect(await does(update(1))).toMatchObject({
      data: { updateSecret: { problem: { __typename: 'RevisionConflict' } } },
    })
    expect(await does('{ secrets { id name createdAt updatedAt revision } }')).toMatchObject({
      data: { secrets: [{ name: 'db', revision: 2 }] },
    })
    const remove = 'mutation { deleteSecret(input: { name: "db" }) { problem { __typename } } }'
    expect(await does(remove)).toMatchObject({ data: { deleteSecret: { problem: null } } })
    expect(await does(remove)).toMatchObject({ data: { deleteSecret: { problem: { __typename: 'SecretNotFound' } } } })
    for (const form of [VALUE, 'the value itself']) expect(JSON.stringify(said)).not.toContain(form)
  })

  it('of another tenant is not there', async () => {
    await ask(server, CREATE, { variables: { input: { name: 'mine', value: VALUE } } })
    const authorization = bearer('globex', 'viewer')
    const { data } = await ask(server, '{ secrets { name } secret(name: "mine") { id } }', { authorization })
    expect(data).toEqual({ secrets: [], secret: null })
  })

  it('that is no base64 is refused without a word of what it was', async () => {
    const variables = { input: { name: 'bad', value: 'not base64 at all!' } }
    const answer = await ask(server, CREATE, { variables })
    expect(answer).toMatchObject({ data: { createSecret: { problem: { __typename: 'InvalidInput' } } } })
    expect(JSON.stringify(answer)).not.toContain('at all')
  })
})
