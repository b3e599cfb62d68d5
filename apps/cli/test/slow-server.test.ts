/** What a real core does only after a minute, or never: shown by a server that does it at once. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startTestServer, type Root } from '@fornax/client/test/graphql-server'
import { sessionOf } from '@fornax/client/test/session-log'
import { expect, it } from 'vitest'
import { LiveCli, runCli } from './child.ts'

const pending = { ...sessionOf('ses-1', 'PENDING'), timeline: [] }

it('open goes on waiting when the server answers before the session is available', async () => {
  const endpoint = { name: 'web', protocol: 'HTTP', host: '127.0.0.1', port: 20_000, url: 'http://127.0.0.1:20000' }
  const available = { ...pending, phase: 'AVAILABLE', endpoints: [endpoint] }
  await using server = await startTestServer({ root: opening(pending, { ...pending, phase: 'STARTING' }, available) })
  const { code, out, err } = await runCli(['open', 'hello', '--server', server.url], { env: {} })
  expect({ code, out }).toEqual({ code: 0, out: 'http://127.0.0.1:20000\n' })
  expect(err).toContain('session/ses-1 still waits…')
})

it('open says why such a session was not opened in the end', async () => {
  const closed = { ...pending, phase: 'CLOSED', closeReason: 'OPEN_TIMED_OUT' }
  await using server = await startTestServer({ root: opening(pending, closed) })
  const { code, err } = await runCli(['open', 'hello', '--server', server.url], { env: {} })
  expect({ code, says: err.includes('error: session ses-1 was not opened: OpenTimedOut') }).toEqual({
    code: 1,
    says: true,
  })
})

it('Ctrl-C gives the request up, so that the server may close the session', async () => {
  const asked = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  await using server = await listen((request, response) => {
    asked.resolve()
    response.on('close', () => left.resolve())
    request.resume()
  })
  await using live = new LiveCli(['open', 'hello', '--server', server.url], { env: {} })
  await asked.promise
  expect(await live.stop('SIGINT')).toBe(130)
  await left.promise
  expect({ out: live.out, err: live.err }).toEqual({ out: '', err: '' })
})

it('a server that does not speak GraphQL is named, with where its address is from', async () => {
  await using server = await listen((_, response) => response.writeHead(404).end('<html>'))
  const { code, err } = await runCli(['get', 'pods'], { env: { FORNAX_API_URL: server.url } })
  expect(code).toBe(1)
  expect(err).toContain(`error: ${server.url}/graphql is not a Fornax API: status 404`)
  expect(err).toContain('The address is from FORNAX_API_URL')
})

it('a refused token is named by where it is from', async () => {
  await using server = await startTestServer({ root: {}, token: 'right' })
  const { code, err } = await runCli(['get', 'pods', '--server', server.url, '--token', 'wrong'], { env: {} })
  expect(code).toBe(1)
  expect(err).toBe(
    'error: not let in: no such token\n  The token is from --token; give another with --token or FORNAX_TOKEN.\n',
  )
})

/** An `openSession` that answers with the first of these, and a `watchSession` that shows the others. */
function opening(first: object, ...others: readonly object[]): Root {
  return {
    openSession: () => ({ resourceVersion: 'v1', session: first, problem: null }),
    watchSession: async function* () {
      for (const session of others) yield { watchSession: session }
    },
  }
}

async function listen(answer: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
