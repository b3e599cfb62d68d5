/** GraphQL over HTTP: what lies between `node:http` and Apollo. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HeaderMap, type ApolloServer, type HTTPGraphQLRequest, type HTTPGraphQLResponse } from '@apollo/server'
import { Caller } from '@fornax/kernel/caller'
import type { GraphQLError } from 'graphql'
import { authenticate } from './authentication.ts'
import { type RequestOrigin, requestContext, type RequestContext } from './context.ts'
import type { CorePort } from './core-port.ts'
import { limitExceeded, unauthenticated } from './errors.ts'
import { readJson } from './http-body.ts'
import { introspectionProblem, rateLimited, type Gate } from './gate.ts'
import type { Feeds } from './watch-feeds.ts'

export type HttpEndpointOptions = {
  readonly core: CorePort
  readonly feeds: Feeds
  readonly apollo: ApolloServer<RequestContext>
  readonly gate: Gate
  /** Names and values, with every answer. */
  readonly headers: readonly string[]
}

/** Answers one request to `/graphql`. */
export async function answerGraphql(
  options: HttpEndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { core, feeds, apollo, gate, headers } = options
  const known = authenticate(core.tenants, request.headers.authorization)
  const who = known instanceof Promise ? await known : known
  if (who.kind === 'unknown') {
    response.setHeader('www-authenticate', 'Bearer')
    return sendError(request, response, 401, unauthenticated(who.hasToken))
  }
  const waitMs = gate.traffic.waitMs(who.viewer)
  if (waitMs > 0) {
    response.setHeader('retry-after', Math.ceil(waitMs / 1_000))
    return sendError(request, response, 429, rateLimited(waitMs))
  }
  const leave = gate.traffic.enter(who.viewer)
  if (leave === null) return sendError(request, response, 429, tooManyOperations())
  const caller = new Caller()
  const origin = originOf(request)
  response.once('close', () => {
    leave()
    if (!response.writableFinished) caller.leave()
  })
  const asked = await readRequest(request)
  if (asked.kind === 'gone') return
  if (asked.kind === 'refused') return sendError(request, response, asked.status, asked)
  const { trusted } = gate
  const meant = trusted === null ? null : trusted.resolve(asked.request.body)
  if (meant?.kind === 'refused') return sendError(request, response, 403, meant.error)
  const httpGraphQLRequest = meant === null ? asked.request : withQuery(asked.request, meant.query)
  const refusal = introspectionProblem(sourceOf(httpGraphQLRequest), who.viewer, gate.introspection)
  if (refusal) return sendError(request, response, 403, refusal)
  const context = async (): Promise<RequestContext> => requestContext({ core, feeds }, who.viewer, { caller, origin })
  send(response, headers, await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context }))
}

/** A registered document, in the place of its name. */
function withQuery(request: HTTPGraphQLRequest, query: string): HTTPGraphQLRequest {
  const { extensions: _hash, documentId: _id, ...body } = Object(request.body)
  return { ...request, body: { ...body, query } }
}

function tooManyOperations(): GraphQLError {
  return limitExceeded('Your tenant has too many operations under way; wait for some to end.')
}

/** Who sent it, as far as the network says. The id is made for us: what a client says could name another request. */
export function originOf(request: IncomingMessage): RequestOrigin {
  return { source: request.socket.remoteAddress ?? null, requestId: randomUUID() }
}

type Asked =
  | { readonly kind: 'request'; readonly request: HTTPGraphQLRequest }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | { readonly kind: 'gone' }

async function readRequest(request: IncomingMessage): Promise<Asked> {
  const body = request.method === 'POST' ? await readJson(request) : ({ kind: 'json', value: undefined } as const)
  if (body.kind !== 'json') return body
  const { method = 'GET', url = '' } = request
  const query = url.indexOf('?')
  const search = query < 0 ? '' : url.slice(query)
  return { kind: 'request', request: { method, headers: headersFor(request), search, body: body.value } }
}

/** All that Apollo looks at: what is sent, what is wanted, and the two by which a page shows that it may ask. */
const HEADERS_READ = ['content-type', 'accept', 'apollo-require-preflight', 'x-apollo-operation-name'] as const
/** What means to Apollo the same as no word of it, which spares it to negotiate, twice in each request. */
const ACCEPTS_JSON: ReadonlySet<unknown> = new Set(['application/json', '*/*'])

function headersFor({ headers }: IncomingMessage): HeaderMap {
  const read = new HeaderMap()
  for (const name of HEADERS_READ) {
    const value = headers[name]
    if (value !== undefined && !(name === 'accept' && ACCEPTS_JSON.has(value))) read.set(name, String(value))
  }
  return read
}

function sourceOf({ body, search }: HTTPGraphQLRequest): unknown {
  if (typeof body === 'object' && body !== null && 'query' in body) return body.query
  return search === '' ? null : new URLSearchParams(search).get('query')
}

/** We never defer, so an answer is always complete. */
function send(response: ServerResponse, always: readonly string[], answer: HTTPGraphQLResponse): void {
  const { status = 200, headers, body } = answer
  const text = body.kind === 'complete' ? body.string : ''
  // With its length known, the whole answer leaves in one write.
  const fields: (string | number)[] = ['content-length', Buffer.byteLength(text), ...always]
  for (const [name, value] of headers) fields.push(name, value)
  response.writeHead(status, fields).end(text)
}

const RESPONSE_TYPE = 'application/graphql-response+json'

/** An answer from before there was anything to execute, in the type that the client prefers. */
function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  error: Pick<GraphQLError, 'message'> & { readonly extensions?: Readonly<Record<string, unknown>> },
): void {
  const code = error.extensions?.['code'] ?? 'BAD_REQUEST'
  const type = request.headers.accept?.includes(RESPONSE_TYPE) ? RESPONSE_TYPE : 'application/json'
  const body = JSON.stringify({ errors: [{ message: error.message, extensions: { code } }] })
  // What was not read of the request is not waited for.
  if (!request.complete) response.setHeader('connection', 'close')
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(body)
}
