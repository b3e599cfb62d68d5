/**
 * The API: GraphQL over HTTP and over WebSocket on one port, with the probes and numbers that operators of a
 * process expect beside it. Apollo answers over HTTP; plain node:http carries it, because a framework between
 * them would cost more than the answer.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import { keepCertificate, readCertificate, type CertificateFiles } from '@fornax/certificates/served-certificate'
import { invariant } from '@fornax/kernel/assert'
import { sleep } from '@fornax/kernel/clock'
import { startApollo } from './apollo.ts'
import { answerAuth, isAuthPath } from './auth-endpoint.ts'
import { boundConnections, connectionsFor, openFilesMax } from './connection-bound.ts'
import type { CorePort } from './core-port.ts'
import { createDocumentStore } from './documents.ts'
import { openGate, type GateOptions } from './gate.ts'
import { answerGraphql, type HttpEndpointOptions } from './http-endpoint.ts'
import { OperationPlans } from './operation-plans.ts'
import { createSchema } from './schema.ts'
import { createFeeds } from './watch-feeds.ts'
import { GraphqlWebSockets } from './websocket-server.ts'

export type GraphqlServerOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Whether it serves users: then errors and the schema say less to them. */
  readonly isProduction: boolean
  /** With it, TLS is spoken, and nothing else. */
  readonly tls?: CertificateFiles | null
  readonly gate?: GateOptions
  /** How many connections there may be; otherwise as many as the process has files for. */
  readonly connectionsMax?: number
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** Whether traffic may come; without it, from the start. */
  readonly isReady?: () => boolean
  /** How long a new socket may wait before it says who it is. */
  readonly initTimeoutMs?: number
}

export type GraphqlServer = AsyncDisposable & {
  /** As `http://host:port`. */
  readonly url: string
  readonly port: number
}

/** The address cannot be had: the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

const PATH = '/graphql'
const INIT_TIMEOUT_MS = 3_000
/** How long requests may go on when the server stops. */
const DRAIN_MS = 2_000
const DRAIN_CHECK_MS = 50
const TIMES = {
  /** Longer than proxies and clients keep an idle connection, so that it is they who close it. */
  keepAliveTimeout: 75_000,
  requestTimeout: 30_000,
  /** Who sends its headers letter by letter is not waited for. */
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
}
/** What answers tell browsers that meet them: they are data, and of no page. */
const HEADERS = ['x-content-type-options', 'nosniff', 'cache-control', 'no-store']
const HEADERS_OF_TLS = ['strict-transport-security', 'max-age=31536000']

/** Listens and serves. Throws a `ListenError` when the port cannot be had. */
export async function startGraphqlServer(core: CorePort, options: GraphqlServerOptions): Promise<GraphqlServer> {
  await using stack = new AsyncDisposableStack()
  const { isProduction, initTimeoutMs = INIT_TIMEOUT_MS } = options
  const { log } = core
  const schema = createSchema()
  const documents = createDocumentStore()
  const feeds = stack.use(createFeeds(core.fleet, core.clock))
  const plans = new OperationPlans(schema)
  const apollo = await startApollo({ schema, documents, plans, isProduction, log })
  stack.defer(() => apollo.stop())
  const gate = openGate(options.gate ?? {}, isProduction, () => core.clock.nowMs())
  const sockets = new GraphqlWebSockets({ core, feeds, schema, documents, plans, isProduction, gate, initTimeoutMs })
  stack.defer(() => sockets.stop())
  const tls = options.tls ?? null
  const headers = tls === null ? HEADERS : [...HEADERS, ...HEADERS_OF_TLS]
  const routes = new Routes({ core, feeds, apollo, gate, headers }, options)
  const http = tls === null ? createServer(TIMES) : createTlsServer({ ...TIMES, ...readCertificate(tls) })
  boundConnections(http, options.connectionsMax ?? connectionsFor(openFilesMax()), core)
  if (tls !== null && http instanceof TlsServer) stack.use(keepCertificate(http, tls, core))
  http.on('request', (request, response) => void routes.answer(request, response))
  http.on('upgrade', (request, stream, head) => {
    stream.on('error', () => stream.destroy()) // Node has taken its own listener away, and nobody else may be there.
    if (routes.isDraining || pathOf(request) !== PATH) stream.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
    else sockets.upgrade(request, stream, head)
  })
  const port = await listen(http, options)
  stack.defer(async () => {
    routes.isDraining = true
    // Sockets are connections of the server too: it has stopped only when they have.
    await Promise.all([drain(http, core), sockets.stop()])
  })
  const owned = stack.move()
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `${tls === null ? 'http' : 'https'}://${host}:${port}`,
    port,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Which part of the server answers a request. */
class Routes {
  readonly #endpoint: HttpEndpointOptions
  readonly #options: GraphqlServerOptions
  isDraining = false

  constructor(endpoint: HttpEndpointOptions, options: GraphqlServerOptions) {
    this.#endpoint = endpoint
    this.#options = options
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (this.isDraining) response.setHeader('connection', 'close')
      if (pathOf(request) !== PATH) this.#setHeaders(response) // GraphQL sets them itself, at once with its own.
      await this.#route(request, response)
    } catch (cause) {
      this.#endpoint.core.log.error({ err: cause, url: request.url }, 'a request failed unexpectedly')
      if (!response.headersSent)
        sendJson(response, 500, { error: 'Something went wrong in the core; its log has more.' })
    }
  }

  #setHeaders(response: ServerResponse): void {
    const { headers } = this.#endpoint
    for (let at = 0; at + 1 < headers.length; at += 2) response.setHeader(headers[at] ?? '', headers[at + 1] ?? '')
  }

  #route(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
    const path = pathOf(request)
    if (path === PATH) return answerGraphql(this.#endpoint, request, response)
    if (isAuthPath(path)) return answerAuth(this.#endpoint, { request, path }, response)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendJson(response, 404, { error: `There is nothing at ${path}; the API is at ${PATH}.` })
    switch (path) {
      case '/healthz':
        return sendJson(response, 200, { status: 'ok' })
      case '/readyz': {
        const isReady = !this.isDraining && (this.#options.isReady?.() ?? true)
        return sendJson(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready' })
      }
      case '/metrics': {
        return this.#sendMetrics(response)
      }
      default:
        return sendJson(response, 404, { error: `There is nothing at ${path}; the API is at ${PATH}.` })
    }
  }

  async #sendMetrics(response: ServerResponse): Promise<void> {
    const { metrics } = this.#options
    response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.text())
  }
}

function sendJson(response: ServerResponse, status: number, body: object): undefined {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(`${JSON.stringify(body)}\n`)
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

function listen(http: Server, { host, port }: GraphqlServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port)))
    http.listen(port, host, () => {
      const address = http.address()
      invariant(typeof address === 'object' && address !== null, 'a server that listens has an address')
      resolve(address.port)
    })
  })
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): ListenError {
  const where = `port ${port} of ${host}`
  if (cause.code === 'EADDRINUSE')
    return new ListenError(
      `${where} is taken: stop what listens there, or set FORNAX_API_PORT to another port (0 takes a free one)`,
      { cause },
    )
  if (cause.code === 'EACCES')
    return new ListenError(`${where} may not be used by this user: set FORNAX_API_PORT to a port above 1023`, { cause })
  return new ListenError(`${where} cannot be listened on: ${cause.message}`, { cause })
}

/** Takes nothing new, lets requests end for a while, then cuts them off. */
async function drain(http: Server, { clock }: CorePort): Promise<void> {
  const isClosed = new AbortController()
  http.close(() => isClosed.abort())
  const endMs = clock.nowMs() + DRAIN_MS
  while (!isClosed.signal.aborted) {
    if (clock.nowMs() >= endMs) http.closeAllConnections()
    else http.closeIdleConnections() // Those too whose request has just ended.
    await sleep(clock, DRAIN_CHECK_MS, isClosed.signal).catch(() => undefined)
  }
}
