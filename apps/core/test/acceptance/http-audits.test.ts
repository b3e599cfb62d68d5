/** The published audits of GraphQL over HTTP, against a real server. */
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, startTestServer, type TestServer } from './test-server.ts'

/**
 * Each says that an invalid document should be answered with 200 to a client that accepts only `application/json`,
 * which would take everything else for a failure of the network. Apollo answers with 400 on purpose: monitoring
 * and caches see a bad request as one, and clients read the errors from the body either way.
 */
const KNOWN_WARNINGS: readonly string[] = [
  '572B', // the document does not parse
  'FDE2', // the document is not valid
  '7B9B', // a variable cannot be coerced
]

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server[Symbol.asyncDispose]())

describe('GraphQL over HTTP', () => {
  const authorization = bearer('acme', 'operator')
  const audits = serverAudits({
    url: () => `${server.url}/graphql`,
    fetchFn: (url: string, init?: RequestInit) =>
      fetch(url, { ...init, headers: { ...Object(init?.headers), authorization } }),
  })

  it('is audited', () => expect(audits).toHaveLength(61))

  it.each(audits)('$id $name', async ({ id, fn }) => {
    const result = await fn()
    if (result.status === 'error') expect.fail(result.reason)
    if (result.status === 'warn' && !KNOWN_WARNINGS.includes(id)) expect.fail(result.reason)
  })
})
