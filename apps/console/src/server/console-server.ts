/**
 * One port for pages, logging in, and the way to the API.
 *
 * ```
 * GET  /…        Next renders the page; without a login it leads to /login
 * POST /login    tries a token or a password, keeps what speaks for the browser in a cookie
 * POST /register sets a password with an invitation
 * GET  /login/…  to an issuer, and back
 * POST /logout   ends the login, and forgets it
 *      /graphql  goes to the core with that token, over HTTP and WebSocket
 * ```
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { keepCertificate, readCertificate } from '@fornax/certificates/served-certificate'
import { systemClock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { createApiProxy, refuse, turnAway, type ApiProxy } from './api-proxy.ts'
import type { ConsoleConfig } from './config.ts'
import { IssuerLogin } from './issuer-login.ts'
import { comeFromIssuer, leadToIssuer, logIn, logInFirst, logOut } from './login.ts'
import { tokenOf } from './login-cookie.ts'
import { LOGIN_CHOICES } from '../viewer/login-choices.ts'
import { isSameOrigin } from './same-origin.ts'
import { setSecurityHeaders } from './security-headers.ts'

/** Whatever renders pages: Next, in use. */
export type RenderPage = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A console that listens. */
export type ConsoleServer = AsyncDisposable & { readonly url: string; readonly port: number }

/** Reached without a login: the way to get one, and what pages are made of. */
const OPEN_PATH = /^\/(login$|register$|_next\/static\/|icon\b|favicon\.ico$)/

/** Listens and serves until disposed. */
export async function listen(config: ConsoleConfig, renderPage: RenderPage, log: Log): Promise<ConsoleServer> {
  const sockets = new Set<Duplex>()
  await using stack = new AsyncDisposableStack()
  const server = serverFor(config, log, stack)
  const port = await bind(server, config)
  const desk = new FrontDesk({ ...config, port }, renderPage, log)
  server.on('request', (request, response) => desk.answer(request, response))
  server.on('upgrade', (request, socket, head) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    desk.upgrade(request, socket, head)
  })
  const kept = stack.move()
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return {
    url: `${config.tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await closed
      await kept.disposeAsync()
    },
  }
}

/** With a certificate it speaks TLS and nothing else, and takes the files anew when they change. */
function serverFor({ tls }: ConsoleConfig, log: Log, stack: AsyncDisposableStack): Server {
  if (!tls) return createServer()
  const server = createTlsServer(readCertificate(tls))
  stack.use(keepCertificate(server, tls, { clock: systemClock, log }))
  return server
}

class FrontDesk {
  readonly #config: ConsoleConfig
  readonly #renderPage: RenderPage
  readonly #proxy: ApiProxy
  readonly #log: Log
  readonly #issuers: IssuerLogin

  constructor(config: ConsoleConfig, renderPage: RenderPage, log: Log) {
    this.#config = config
    this.#renderPage = renderPage
    this.#proxy = createApiProxy(config.apiUrl, log)
    this.#log = log
    const { apiUrl, port, issuers = [] } = config
    this.#issuers = new IssuerLogin({ issuers, apiUrl, port, log })
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    this.#route(request, response).catch((error: unknown) => {
      this.#log.error({ err: error, url: request.url }, 'a request failed')
      response.destroy()
    })
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const token = tokenOf(request, this.#config.port)
    if (pathOf(request) !== '/graphql') return turnAway(socket, '404 Not Found')
    if (!isSameOrigin(request)) return turnAway(socket, '403 Forbidden')
    if (token === null) return turnAway(socket, '401 Unauthorized')
    this.#proxy.forwardUpgrade(request, socket, head, token)
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSecurityHeaders(request, response)
    const path = pathOf(request)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (path === '/healthz') return void response.writeHead(200).end('ok\n')
    if (path === '/graphql') return this.#passToApi(request, response)
    if (isRead && path === '/login/issuer') return await leadToIssuer(request, response, this.#issuers)
    if (isRead && path === '/login/callback')
      return await comeFromIssuer(request, response, { issuers: this.#issuers, port: this.#config.port })
    if (isRead) return await this.#page(request, response, path)
    if (request.method !== 'POST' || !isSameOrigin(request)) return refuse(response, 403, FOREIGN)
    if (path === '/login') return await logIn(request, response, this.#config)
    if (path === '/register') return await logInFirst(request, response, this.#config)
    if (path === '/logout') return await logOut(request, response, this.#config)
    refuse(response, 403, 'There is nothing to write here.')
  }

  #passToApi(request: IncomingMessage, response: ServerResponse): void {
    const token = tokenOf(request, this.#config.port)
    if (request.method !== 'POST') return refuse(response, 405, 'Only POST is answered here.')
    if (!isSameOrigin(request)) return refuse(response, 403, FOREIGN)
    if (token === null) return refuse(response, 401, 'You are not logged in.')
    this.#proxy.forward(request, response, token)
  }

  /** Pages find the token as a bearer, so that they need not know about cookies. */
  async #page(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const token = tokenOf(request, this.#config.port)
    delete request.headers.authorization
    request.headers[LOGIN_CHOICES] = JSON.stringify(this.#issuers.choices)
    if (token !== null) request.headers.authorization = `Bearer ${token}`
    else if (!OPEN_PATH.test(path)) return leadToLogin(request, response)
    await this.#renderPage(request, response)
  }
}

const FOREIGN = 'This request was not made by a page of this console.'

function leadToLogin(request: IncomingMessage, response: ServerResponse): void {
  const wanted = request.url ?? '/'
  const location = wanted === '/' ? '/login' : `/login?${new URLSearchParams({ next: wanted })}`
  response.writeHead(307, { Location: location, 'Cache-Control': 'no-store' }).end()
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/'
}

function bind(server: Server, { host, port }: ConsoleConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const address: AddressInfo | string | null = server.address()
      if (address === null || typeof address === 'string') reject(new Error('the console has no port'))
      else resolve(address.port)
    })
  })
}
