import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Issuer, newAuthority } from '@fornax/certificates/authority'
import { CORE_NAME } from '@fornax/certificates/names'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createLog } from '@fornax/kernel/log'
import { startTestServer, type TestServer } from '../../../../packages/client/test/graphql-server.ts'
import { listen, type ConsoleServer } from './console-server.ts'

const TOKEN = 'a-token-that-the-core-knows'
const log = createLog('console', 'silent')

let api: TestServer
let server: ConsoleServer

beforeAll(async () => {
  api = await startTestServer({ root: { viewer: () => ({ role: 'OPERATOR', tenant: 'default' }) }, token: TOKEN })
  server = await listen({ host: '127.0.0.1', port: 0, apiUrl: api.url, logLevel: 'silent' }, renderWhatArrived, log)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

it('over TLS serves nothing else, tells browsers to remember that, and keeps its cookie for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fornax-console-'))
  const authority = await newAuthority(Date.now())
  const own = await (await Issuer.open(authority)).coreCertificate(Date.now())
  const tls = { certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  writeFileSync(tls.certificateFile, own.certificate)
  writeFileSync(tls.keyFile, own.key)
  const config = { host: '127.0.0.1', port: 0, apiUrl: api.url, logLevel: 'silent', tls }
  await using secure = await listen(config, renderWhatArrived, log)
  expect(secure.url).toMatch(/^https:/)
  const body = new URLSearchParams({ token: TOKEN }).toString()
  const headers = {
    host: CORE_NAME,
    origin: `https://${CORE_NAME}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': body.length,
  }
  const options = {
    port: secure.port,
    host: '127.0.0.1',
    path: '/login',
    method: 'POST',
    headers,
    agent: false,
  } as const
  const answer = await new Promise<IncomingMessage>((resolve, reject) =>
    httpsRequest({ ...options, ca: authority.certificate, servername: CORE_NAME }, resolve)
      .once('error', reject)
      .end(body),
  )
  answer.resume()
  expect(answer.headers['strict-transport-security']).toBe('max-age=31536000')
  expect(answer.headers['content-security-policy']).toMatch(/script-src 'self' 'nonce-/)
  expect(String(answer.headers['set-cookie'])).toMatch(/^__Host-fornax-token-.*; Secure/)
  await expect(fetch(secure.url.replace('https', 'http'))).rejects.toThrow('fetch failed')
  rmSync(folder, { recursive: true })
})

describe('logging in', () => {
  it('keeps a token that the core knows where no script and no other site can reach it', async () => {
    const answer = await logIn({ token: TOKEN, next: '/nodes?q=a' })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/nodes?q=a')
    expect(answer.headers.get('set-cookie')).toBe(
      `fornax-token-${server.port}=${TOKEN}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200`,
    )
  })

  it('sends the cookie over https only, where the browser speaks https', async () => {
    const answer = await logIn({ token: TOKEN }, { 'x-forwarded-proto': 'https' })
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-fornax-token-.*; Secure$/)
  })

  it.each([['another-token'], [''], ['a token\nwith: a header'], ['x'.repeat(600)]])(
    'refuses the token %j, and keeps nothing',
    async (token) => {
      const answer = await logIn({ token, next: '/nodes' })
      expect(answer.headers.get('location')).toBe('/login?problem=refused&next=%2Fnodes')
      expect(answer.headers.get('set-cookie')).toBeNull()
    },
  )

  it.each(['https://elsewhere.test/', '//elsewhere.test/', '/\\elsewhere.test', 'javascript:alert(1)', '/login'])(
    'never leads to %j',
    async (next) => {
      expect((await logIn({ token: TOKEN, next })).headers.get('location')).toBe('/')
    },
  )

  it('is refused to a page of another site', async () => {
    const answer = await logIn({ token: TOKEN }, { origin: 'http://elsewhere.test' })
    expect(answer.status).toBe(403)
  })

  it('says that the core cannot be reached, rather than that the token is wrong', async () => {
    const alone = { host: '127.0.0.1', port: 0, apiUrl: await unusedUrl(), logLevel: 'silent' }
    await using lonely = await listen(alone, renderWhatArrived, log)
    const body = new URLSearchParams({ token: TOKEN })
    const answer = await fetch(`${lonely.url}/login`, {
      method: 'POST',
      body,
      headers: { origin: lonely.url },
      redirect: 'manual',
    })
    expect(answer.headers.get('location')).toBe('/login?problem=unreachable&next=%2F')
  })

  it('ends in this browser by logging out', async () => {
    const headers = { origin: server.url, cookie: cookie() }
    const answer = await fetch(`${server.url}/logout`, { method: 'POST', headers, redirect: 'manual' })
    expect(answer.headers.get('location')).toBe('/login')
    expect(answer.headers.get('set-cookie')).toContain(`fornax-token-${server.port}=; `)
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0')
  })
})

describe('pages', () => {
  it('lead to the login without one, and remember where to', async () => {
    const answer = await fetch(`${server.url}/sessions?phase=CLOSED`, { redirect: 'manual' })
    expect(answer.status).toBe(307)
    expect(answer.headers.get('location')).toBe('/login?next=%2Fsessions%3Fphase%3DCLOSED')
  })

  it.each(['/login', '/_next/static/chunks/a.js', '/icon.svg'])('%s is served without a login', async (path) => {
    expect((await fetch(server.url + path, { redirect: 'manual' })).status).toBe(200)
  })

  it('are rendered with the token of the cookie, and with no other', async () => {
    const forged = { cookie: cookie(), authorization: 'Bearer something-else' }
    expect(await (await fetch(`${server.url}/`, { headers: forged })).json()).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
    })
    const anonymous = await fetch(`${server.url}/login`, { headers: { authorization: 'Bearer something-else' } })
    expect(await anonymous.json()).not.toHaveProperty('authorization')
  })

  it('carry a policy that allows scripts by a nonce of their own only', async () => {
    const answers = await Promise.all([fetch(`${server.url}/login`), fetch(`${server.url}/login`)])
    const policies = answers.map(({ headers }) => headers.get('content-security-policy') ?? '')
    expect(new Set(policies).size).toBe(2)
    for (const policy of policies) {
      expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/=]{24}' 'strict-dynamic'/)
      expect(policy).toContain(`frame-ancestors 'none'`)
    }
  })
})

describe('the way to the API', () => {
  const query = JSON.stringify({ query: '{ viewer { role } }' })
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: query,
    })

  it('turns the cookie into a bearer token', async () => {
    const answer = await ask({ cookie: cookie(), origin: server.url })
    expect(await answer.json()).toEqual({ data: { viewer: { role: 'OPERATOR' } } })
  })

  it('is closed without a login', async () => {
    const answer = await ask({ origin: server.url, authorization: `Bearer ${TOKEN}` })
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  it.each([{ origin: 'http://elsewhere.test' }, { origin: 'null' }, {}])(
    'is closed to requests from %j',
    async (headers) => {
      expect((await ask({ cookie: cookie(), ...headers })).status).toBe(403)
    },
  )

  it('says that the core cannot be reached when it is gone', async () => {
    await api.kill()
    const answer = await ask({ cookie: cookie(), origin: server.url })
    await api.start()
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UNREACHABLE' } }] })
  })

  it('carries a WebSocket, and closes it when the core is gone', async () => {
    const socket = open({ cookie: cookie(), origin: server.url })
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init' }))
    const [first] = await once(socket, 'message')
    expect(String(first)).toContain('connection_ack')
    const closed = once(socket, 'close')
    await api.kill()
    await closed
    await api.start()
  })

  it.each([
    ['without a login', (url: string) => ({ origin: url }), 401],
    ['for a page of another site', () => ({ cookie: cookie(), origin: 'http://elsewhere.test' }), 403],
  ])('opens no WebSocket %s', async (_case, headers, status) => {
    const socket = open(headers(server.url))
    const [, answer] = await once(socket, 'unexpected-response')
    expect(answer).toMatchObject({ statusCode: status })
    socket.on('error', () => {})
    socket.terminate()
  })
})

it('stops at once, with sockets open', async () => {
  const config = { host: '127.0.0.1', port: 0, apiUrl: api.url, logLevel: 'silent' }
  const short = await listen(config, renderWhatArrived, log)
  const headers = { cookie: `fornax-token-${short.port}=${TOKEN}`, origin: short.url }
  const socket = new WebSocket(`${short.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers })
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await short[Symbol.asyncDispose]()
  await closed
})

/** In the place of Next: shows the headers that a page would be rendered with. */
function renderWhatArrived(request: { headers: object }, response: { end(text: string): unknown }): Promise<void> {
  response.end(JSON.stringify(request.headers))
  return Promise.resolve()
}

function logIn(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/login`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { origin: server.url, ...headers },
    redirect: 'manual',
  })
}

function cookie(): string {
  return `other=1; fornax-token-${server.port}=${TOKEN}`
}

function open(headers: Record<string, string>): WebSocket {
  return new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers })
}

async function unusedUrl(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}
