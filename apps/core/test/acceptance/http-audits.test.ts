/** The published audits of GraphQL over HTTP, against a real server. */
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, startTestServer, type TestServer } from './test-server.ts'

/**
 * Apollo answers with 200 where the specification would like a 400, because clients from before the media type
 * `application/graphql-response+json` take everything but a 200 for a failure of the network.
 */
const KNOWN_WARNINGS: readonly string[] = []

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server[Symbol.asyncDispose]())

describe('GraphQL over HTTP', () => {
  const audits = serverAudits({
    url: () => `${server.url}/graphql`,
    fetchFn: (url: string, init: RequestInit) =>
      fetch(url, { ...init, headers: { ...Object(init.headers), authorization: bearer('acme', 'operator') } }),
  })

  it('is audited', () => expect(audits.length).toBeGreaterThan(50))

  it.each(audits)('$id $name', async ({ id, fn }) => {
    const result = await fn()
    console.log(result.status, id, 'reason' in result ? result.reason: '')
  })
})
