/**
 * Who may speak with a browser's cookie: only pages of this console. A browser says
 * where a request comes from, and no page can lie about it.
 */
import type { IncomingMessage } from 'node:http'

/** True when the request was made by a page that this same address served. */
export function isSameOrigin(request: IncomingMessage): boolean {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  // Newer browsers say it outright; the older ones say their origin with every request that can change something.
  if (site !== undefined && site !== 'same-origin') return false
  const host = hostOf(request)
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === host
}

/** Behind a proxy that renames the host, that proxy says what the browser asked for. */
export function hostOf(request: IncomingMessage): string | undefined {
  const forwarded = request.headers['x-forwarded-host']
  return typeof forwarded === 'string' ? forwarded : request.headers.host
}
