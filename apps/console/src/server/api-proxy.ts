/**
 * The way to the API for pages: same origin, HTTP and WebSocket. The browser sends
 * its cookie; what leaves here is a bearer token, which no script ever sees.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Log } from '@fornax/kernel/log'
import { createProxyServer } from 'httpxy'

/** Longer than the API may take to answer an `openSession` that waits. */
const ANSWER_TIMEOUT_MS = 90_000
const UPGRADE_TIMEOUT_MS = 10_000

/** Forwards to the API with the caller's token. */
export type ApiProxy = {
  forward(request: IncomingMessage, response: ServerResponse, token: string): void
  forwardUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, token: string): void
}

/** A proxy to one API. When that cannot be reached, it says 502 and why. */
export function createApiProxy(apiUrl: string, log: Log): ApiProxy {
  const proxy = createProxyServer({ target: apiUrl, prependPath: true, changeOrigin: true, xfwd: true })
  proxy.on('error', (error, _request, response) => {
    log.debug({ err: error }, 'the API did not answer')
    if (response === undefined) return
    if (response instanceof Socket) turnAway(response, '502 Bad Gateway')
    else refuse(response, 502, 'The core cannot be reached.')
  })
  return {
    forward(request, response, token) {
      speakFor(request, token)
      proxy.web(request, response, { proxyTimeout: ANSWER_TIMEOUT_MS }).catch(() => response.destroy())
    },
    forwardUpgrade(request, socket, head, token) {
      if (!(socket instanceof Socket)) {
        socket.destroy()
        return
      }
      speakFor(request, token)
      proxy.ws(request, socket, { upgradeTimeout: UPGRADE_TIMEOUT_MS }, head).catch(() => socket.destroy())
    },
  }
}

/** An answer in the shape of a GraphQL error, which is what the page's code reads. */
export function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.destroy()
  const code = status === 401 ? 'UNAUTHENTICATED' : status === 502 ? 'UNREACHABLE' : 'FORBIDDEN'
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] })
  response
    .writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
    .end(body)
}

/** The answer to an upgrade that will not happen. */
export function turnAway(socket: Duplex, status: string): void {
  if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  else socket.destroy()
}

/** What only concerned the browser and us stays here: its cookies, and where the page came from. */
function speakFor(request: IncomingMessage, token: string): void {
  delete request.headers.cookie
  delete request.headers.origin
  request.headers.authorization = `Bearer ${token}`
  request.headers['apollo-require-preflight'] = 'true'
}
