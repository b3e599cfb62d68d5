/**
 * Where a browser keeps its token: a cookie that no script can read and no other
 * site can send. Cookies do not know ports, so the name does: two consoles on one
 * machine do not log each other out.
 */
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** A login lasts a working day, unless its token is revoked sooner. */
const LIFETIME_SECONDS = 12 * 60 * 60

/** The token that came with a request; null when there is none. */
export function tokenOf(request: IncomingMessage, port: number): string | null {
  const value = cookieValue(request, `fornax-token-${port}`)
  return value === null ? null : decode(value)
}

/** A cookie as it came; null when there is none of this name. */
export function cookieValue(request: IncomingMessage, name: string): string | null {
  const wanted = cookieName(request, name)
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === wanted) return pair.slice(at + 1).trim()
  }
  return null
}

export type SideCookie = { readonly name: string; readonly value: string; readonly lifetimeSeconds: number }

/** A `Set-Cookie` for what must survive a way over another site; it says nothing about who somebody is. */
export function sideCookie(request: IncomingMessage, { name, value, lifetimeSeconds }: SideCookie): string {
  const secure = isSecure(request) ? '; Secure' : ''
  return `${cookieName(request, name)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${lifetimeSeconds}${secure}`
}

/** A `Set-Cookie` that keeps the token. */
export function keepToken(request: IncomingMessage, port: number, token: string): string {
  return cookie(request, port, encodeURIComponent(token), LIFETIME_SECONDS)
}

/** A `Set-Cookie` that forgets the token. */
export function forgetToken(request: IncomingMessage, port: number): string {
  return cookie(request, port, '', 0)
}

/** Whether the browser speaks https, to us or to a proxy in front of us. */
export function isSecure(request: IncomingMessage): boolean {
  return request.socket instanceof TLSSocket || request.headers['x-forwarded-proto'] === 'https'
}

function cookie(request: IncomingMessage, port: number, value: string, lifetimeSeconds: number): string {
  const secure = isSecure(request) ? '; Secure' : ''
  const name = cookieName(request, `fornax-token-${port}`)
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifetimeSeconds}${secure}`
}

/** With `__Host-`, a browser refuses one that was set without https or for a whole domain. */
function cookieName(request: IncomingMessage, name: string): string {
  return `${isSecure(request) ? '__Host-' : ''}${name}`
}

/** A token with a byte that no header may hold was never ours. */
function decode(value: string): string | null {
  try {
    const token = decodeURIComponent(value)
    return isHeaderSafe(token) ? token : null
  } catch {
    return null
  }
}

/** Whether a token can travel in an `Authorization` header: visible ASCII. */
export function isHeaderSafe(token: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(token)
}
