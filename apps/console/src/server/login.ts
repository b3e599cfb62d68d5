/**
 * Logging in and out with plain forms, so that both work before any script has
 * loaded. A token is tried against the API before it is kept.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { forgetToken, isHeaderSafe, keepToken } from './login-cookie.ts'

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

/** `POST /login`: keeps a good token and goes where the browser was heading; says why not otherwise. */
export async function logIn(
  request: IncomingMessage,
  response: ServerResponse,
  at: { readonly apiUrl: string; readonly port: number },
): Promise<void> {
  const form = await readForm(request)
  const next = safePath(form?.get('next') ?? '/')
  const token = form?.get('token')?.trim() ?? ''
  const verdict = token === '' ? 'refused' : await judgeToken(at.apiUrl, token)
  if (verdict === 'accepted') {
    response.setHeader('Set-Cookie', keepToken(request, at.port, token))
    return seeOther(response, next)
  }
  seeOther(response, `/login?${new URLSearchParams({ problem: verdict, next })}`)
}

/** `POST /logout`: forgets the token in this browser. The token itself stays good. */
export function logOut(request: IncomingMessage, response: ServerResponse, port: number): void {
  response.setHeader('Set-Cookie', forgetToken(request, port))
  seeOther(response, '/login')
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
