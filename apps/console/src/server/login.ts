/**
 * Logging in and out with plain forms, so that both work before any script has
 * loaded. A token is tried against the API before it is kept.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { endLogin, logInWithPassword, register, type CoreLogins, type LoginVerdict } from './core-logins.ts'
import type { IssuerLogin } from './issuer-login.ts'
import { forgetToken, isHeaderSafe, keepToken, tokenOf } from './login-cookie.ts'

/** What the API says of a token. */
export type TokenVerdict = 'accepted' | 'refused' | 'unreachable'

const ASK_TIMEOUT_MS = 5_000
const FORM_BYTES_MAX = 4_096

/** Asks the API who the token speaks for. */
export async function judgeToken(apiUrl: string, token: string): Promise<TokenVerdict> {
  if (!isHeaderSafe(token)) return 'refused'
  try {
    const response = await fetch(new URL('graphql', withSlash(apiUrl)), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ viewer { role } }' }),
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    })
    if (response.status === 401 || response.status === 403) return 'refused'
    const answer: unknown = await response.json()
    if (hasViewer(answer)) return 'accepted'
    return response.status >= 500 ? 'unreachable' : 'refused'
  } catch {
    return 'unreachable'
  }
}

export type LoginDesk = { readonly apiUrl: string; readonly port: number }

/** `POST /login`: a token, or a user with a password. Keeps what is good and goes where the browser was heading. */
export async function logIn(request: IncomingMessage, response: ServerResponse, at: LoginDesk): Promise<void> {
  const form = await readForm(request)
  const next = safePath(form?.get('next') ?? '/')
  const verdict = form === null ? ({ kind: 'refused' } as const) : await tryForm(request, form, at)
  if (verdict.kind === 'loggedIn') {
    response.setHeader('Set-Cookie', keepToken(request, at.port, verdict.secret))
    return seeOther(response, next)
  }
  const problem = form?.has('user') && verdict.kind === 'refused' ? 'password' : verdict.kind
  seeOther(response, `/login?${new URLSearchParams({ problem, next })}`)
}

/** `POST /register`: sets a password with an invitation, and logs in. */
export async function logInFirst(request: IncomingMessage, response: ServerResponse, at: LoginDesk): Promise<void> {
  const form = await readForm(request)
  const [invitation, password, again] = ['invitation', 'password', 'again'].map((name) => form?.get(name) ?? '')
  const verdict: LoginVerdict | { readonly kind: 'unlike' } =
    password === again
      ? await register(coreOf(request, at), { invitation: (invitation ?? '').trim(), password: password ?? '' })
      : { kind: 'unlike' }
  if (verdict.kind !== 'loggedIn')
    return seeOther(response, `/register?${new URLSearchParams({ problem: verdict.kind })}`)
  response.setHeader('Set-Cookie', keepToken(request, at.port, verdict.secret))
  seeOther(response, '/')
}

/** `GET /login/issuer`: leads to where the person logs in. */
export async function leadToIssuer(request: IncomingMessage, response: ServerResponse, at: IssuerLogin): Promise<void> {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const next = safePath(searchParams.get('next') ?? '/')
  const begun = await at.begin(request, { name: searchParams.get('name') ?? '', next })
  if (begun === null) return seeOther(response, `/login?${new URLSearchParams({ problem: 'issuer', next })}`)
  response.setHeader('Set-Cookie', begun.cookie)
  seeOther(response, begun.location)
}

/**
 * `GET /login/callback`: where an issuer leads back to. The way on is a page and not a redirect: a browser sends no
 * Strict cookie along a way that began on another site.
 */
export async function comeFromIssuer(
  request: IncomingMessage,
  response: ServerResponse,
  { issuers, port }: { readonly issuers: IssuerLogin; readonly port: number },
): Promise<void> {
  const { verdict, next } = await issuers.end(request)
  const cookies = [issuers.forget(request)]
  if (verdict.kind === 'loggedIn') cookies.push(keepToken(request, port, verdict.secret))
  const problem = verdict.kind === 'refused' ? 'stranger' : verdict.kind
  const path = safePath(next)
  const location = verdict.kind === 'loggedIn' ? path : `/login?${new URLSearchParams({ problem, next: path })}`
  response.setHeader('Set-Cookie', cookies)
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' })
  const target = location.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  response.end(`<!doctype html><title>Fornax</title><meta http-equiv="refresh" content="0;url=${target}">`)
}

/** `POST /logout`: ends the login, and forgets it in this browser. A token of the API itself stays good. */
export async function logOut(request: IncomingMessage, response: ServerResponse, at: LoginDesk): Promise<void> {
  const secret = tokenOf(request, at.port)
  if (secret !== null) await endLogin(coreOf(request, at), secret)
  response.setHeader('Set-Cookie', forgetToken(request, at.port))
  seeOther(response, '/login')
}

async function tryForm(request: IncomingMessage, form: URLSearchParams, at: LoginDesk): Promise<LoginVerdict> {
  const user = form.get('user')?.trim()
  if (user !== undefined) {
    const tenant = form.get('tenant')?.trim() || 'default'
    return logInWithPassword(coreOf(request, at), { tenant, user, password: form.get('password') ?? '' })
  }
  const secret = form.get('token')?.trim() ?? ''
  const verdict = secret === '' ? 'refused' : await judgeToken(at.apiUrl, secret)
  return verdict === 'accepted' ? { kind: 'loggedIn', secret } : { kind: verdict }
}

/** The browser's address, as far as whoever is in front of us can be believed: the last hop is what it saw itself. */
function coreOf(request: IncomingMessage, { apiUrl }: LoginDesk): CoreLogins {
  const { remoteAddress = '' } = request.socket
  const forwarded = request.headers['x-forwarded-for']
  const isLocal = /^(::1|(::ffff:)?127\.)/.test(remoteAddress)
  const last = typeof forwarded === 'string' ? forwarded.split(',').at(-1)?.trim() : undefined
  return { apiUrl, address: isLocal && last ? last : remoteAddress }
}

/** A path of this console; anything that could lead elsewhere becomes the first page. */
export function safePath(path: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.startsWith('/login') ? path : '/'
}

function seeOther(response: ServerResponse, location: string): void {
  response.writeHead(303, { Location: location, 'Cache-Control': 'no-store' }).end()
}

/** Null when it is too long to be the form of ours. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const piece: unknown = chunk
    if (!Buffer.isBuffer(piece)) return null
    bytes += piece.length
    if (bytes > FORM_BYTES_MAX) return null
    chunks.push(piece)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

function hasViewer(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !('data' in answer)) return false
  const { data } = answer
  return typeof data === 'object' && data !== null && 'viewer' in data && data.viewer !== null
}

/** So that an API under a path of its own keeps that path. */
function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
