/**
 * Getting a login, beside GraphQL, where whoever asks has nothing to show yet. The answer holds a secret that speaks
 * like a token, until it ends. Only JSON is read, so that no form of another site can send it; there are no cookies.
 *
 *   POST /auth/login     { tenant?, user, password }           a password
 *   POST /auth/register  { invitation, password }              an invitation, once
 *   POST /auth/password  { password, newPassword }   + bearer  another password
 *   POST /auth/exchange                              + bearer  the token of an issuer
 *   POST /auth/logout                                + bearer  ends the login
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { unreachable } from '@fornax/kernel/assert'
import { z } from 'zod'
import { DEFAULT_TENANT, type Viewer } from '../tenants/tenant.ts'
import type { Login, LogInResult, SetPasswordResult } from '../tenants/login-desk.ts'
import { authenticate } from './authentication.ts'
import type { CorePort } from './core-port.ts'
import { rateLimited, type Gate } from './gate.ts'
import { readJson } from './http-body.ts'
import { toDateTime } from './scalars.ts'

const text = z.string().min(1).max(256)
const loginBody = z.strictObject({ tenant: text.default(DEFAULT_TENANT), user: text, password: text })
const registerBody = z.strictObject({ invitation: text, password: text })
const passwordBody = z.strictObject({ password: text, newPassword: text })

/** What these paths need; every request that shows a token passes the gate first. */
export type AuthEndpointOptions = { readonly core: CorePort; readonly gate: Pick<Gate, 'traffic'> }

type Answer = { readonly status: number; readonly body: object; readonly retryAfterMs?: number }

/** Whether a path is one of these. */
export function isAuthPath(path: string): boolean {
  return path.startsWith('/auth/')
}

/** Answers one request to a path of this file. */
export async function answerAuth(
  options: AuthEndpointOptions,
  { request, path }: { readonly request: IncomingMessage; readonly path: string },
  response: ServerResponse,
): Promise<void> {
  const { status, body, retryAfterMs } = await answerTo(options, request, path)
  if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000))
  if (status === 401) response.setHeader('www-authenticate', 'Bearer')
  if (!request.complete) response.setHeader('connection', 'close') // What was not read of it is not waited for.
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(`${JSON.stringify(body)}\n`)
}

async function answerTo(options: AuthEndpointOptions, request: IncomingMessage, path: string): Promise<Answer> {
  const { core } = options
  if (request.method !== 'POST') return refusal(405, 'METHOD_NOT_ALLOWED', 'Only POST is answered here.')
  switch (path) {
    case '/auth/login':
      return logIn(core, request)
    case '/auth/register':
      return register(core, request)
    case '/auth/password':
      return asViewer(options, request, (viewer) => changePassword(core, request, viewer))
    case '/auth/exchange':
      return asViewer(options, request, async (viewer) => exchange(core, viewer))
    case '/auth/logout':
      return asViewer(options, request, async (viewer) =>
        (await core.logins.logOut(viewer))
          ? { status: 200, body: { loggedOut: true } }
          : refusal(400, 'NOT_A_LOGIN', 'This token is no login; revoke it with revokeApiToken.'),
      )
    default:
      return refusal(404, 'NOT_FOUND', `There is nothing at ${path}.`)
  }
}

async function logIn(core: CorePort, request: IncomingMessage): Promise<Answer> {
  const read = await bodyOf(request, loginBody)
  if (read.kind === 'refused') return read.answer
  const { tenant, user, password } = read.body
  return toAnswer(core, await core.logins.logIn({ tenant, user, address: addressOf(request) }, password))
}

async function register(core: CorePort, request: IncomingMessage): Promise<Answer> {
  const read = await bodyOf(request, registerBody)
  if (read.kind === 'refused') return read.answer
  const { invitation, password } = read.body
  return toAnswer(core, await core.logins.register(invitation, password, addressOf(request)))
}

async function changePassword(core: CorePort, request: IncomingMessage, viewer: Viewer): Promise<Answer> {
  const read = await bodyOf(request, passwordBody)
  if (read.kind === 'refused') return read.answer
  const { password: from, newPassword: to } = read.body
  return toAnswer(core, await core.logins.changePassword(viewer, { from, to, address: addressOf(request) }))
}

async function exchange(core: CorePort, viewer: Viewer): Promise<Answer> {
  const login = await core.logins.exchange(viewer)
  return login === null
    ? refusal(400, 'NOT_VOUCHED_FOR', 'Only the token of an issuer can be exchanged for a login.')
    : { status: 200, body: shown(core, login) }
}

function toAnswer(core: CorePort, result: LogInResult | SetPasswordResult): Answer {
  switch (result.kind) {
    case 'loggedIn':
      return { status: 200, body: shown(core, result.login) }
    case 'refused':
      return refusal(401, 'REFUSED', 'The user, the password or the invitation is not right, or not any more.')
    case 'weak':
      return refusal(400, 'WEAK_PASSWORD', `${result.message}.`)
    case 'tooMany': {
      const { retryAfterMs } = result
      const message = `There were too many tries; try again in ${Math.ceil(retryAfterMs / 1000)} s.`
      return { ...refusal(429, 'TOO_MANY_TRIES', message), retryAfterMs }
    }
    default:
      return unreachable(result)
  }
}

function shown(core: CorePort, { secret, expiresAtMs, viewer }: Login): object {
  const tenant = core.tenants.tenant(viewer.tenantId)?.name ?? viewer.tenantId
  return { token: secret, expiresAt: toDateTime(expiresAtMs), tenant, role: viewer.role.toUpperCase() }
}

async function asViewer(
  { core, gate }: AuthEndpointOptions,
  request: IncomingMessage,
  act: (viewer: Viewer) => Promise<Answer>,
): Promise<Answer> {
  const who = await authenticate(core.tenants, request.headers.authorization)
  if (who.kind === 'unknown')
    return refusal(401, 'UNAUTHENTICATED', 'A token is needed: send the header "Authorization: Bearer <token>".')
  const retryAfterMs = gate.traffic.waitMs(who.viewer)
  if (retryAfterMs === 0) return act(who.viewer)
  return { ...refusal(429, 'RATE_LIMITED', rateLimited(retryAfterMs).message), retryAfterMs }
}

type Body<T> = { readonly kind: 'body'; readonly body: T } | { readonly kind: 'refused'; readonly answer: Answer }

async function bodyOf<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<Body<T>> {
  const read = await readJson(request)
  if (read.kind === 'gone') return { kind: 'refused', answer: refusal(400, 'BAD_REQUEST', 'Nothing was sent.') }
  if (read.kind === 'refused') return { kind: 'refused', answer: refusal(read.status, 'BAD_REQUEST', read.message) }
  const parsed = schema.safeParse(read.value)
  if (parsed.success) return { kind: 'body', body: parsed.data }
  const [issue] = parsed.error.issues
  const message = `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'cannot be read'}`
  return { kind: 'refused', answer: refusal(400, 'BAD_REQUEST', message) }
}

function refusal(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } }
}

/**
 * Where a try comes from. Whoever is on this machine (the console, a proxy) speaks for others, and says for whom:
 * the last hop is the one that it saw itself.
 */
function addressOf(request: IncomingMessage): string {
  const { remoteAddress = '' } = request.socket
  const forwarded = request.headers['x-forwarded-for']
  const isLocal = /^(::1|(::ffff:)?127\.)/.test(remoteAddress)
  if (!isLocal || typeof forwarded !== 'string') return remoteAddress
  return forwarded.split(',').at(-1)?.trim() ?? remoteAddress
}
