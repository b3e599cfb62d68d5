/**
 * Logging in at an issuer (OpenID Connect, code flow with PKCE):
 *
 *   GET /login/issuer?name=…   → the issuer, where the person logs in
 *   GET /login/callback?code=… → the code becomes a token of the issuer, and that a login of the core
 *
 * What ties the two together (state, nonce and the verifier of the code) waits in a cookie of this browser for ten
 * minutes. That one is Lax, because the issuer leads back from another site; the login itself is Strict.
 */
import type { IncomingMessage } from 'node:http'
import type { Log } from '@fornax/kernel/log'
import type { Issuer } from '@fornax/settings/issuers-file'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from 'openid-client'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { LoginChoice } from '../viewer/login-choices.ts'
import { exchange, type LoginVerdict } from './core-logins.ts'
import { cookieValue, isSecure, sideCookie } from './login-cookie.ts'
import { hostOf } from './same-origin.ts'

export type IssuerLoginOptions = {
  readonly issuers: readonly Issuer[]
  readonly apiUrl: string
  readonly port: number
  readonly log: Log
}

const WAITING_SECONDS = 600
const DISCOVERY_TIMEOUT_SECONDS = 5

const waiting = z.object({
  issuer: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string(),
})

/** How a callback ended: with a login and where to go, or with why not. */
export type CallbackResult = { readonly verdict: LoginVerdict; readonly next: string }

export class IssuerLogin {
  readonly #options: IssuerLoginOptions
  readonly #found = new Map<string, Promise<Configuration>>()

  constructor(options: IssuerLoginOptions) {
    this.#options = options
  }

  get choices(): readonly LoginChoice[] {
    return this.#options.issuers.flatMap(({ name, label, login }) => (login ? [{ name, label: label ?? name }] : []))
  }

  /** Where to send the browser, with the cookie that waits for it to come back; null when the issuer cannot be asked. */
  async begin(
    request: IncomingMessage,
    { name, next }: { readonly name: string; readonly next: string },
  ): Promise<{ readonly location: string; readonly cookie: string } | null> {
    const issuer = this.#options.issuers.find((one) => one.name === name)
    const configuration = issuer && (await this.#configuration(issuer))
    if (!issuer?.login || !configuration) return null
    const said = { issuer: name, state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier(), next }
    const location = buildAuthorizationUrl(configuration, {
      redirect_uri: callbackUrl(request),
      scope: issuer.login.scope,
      code_challenge: await calculatePKCECodeChallenge(said.verifier),
      code_challenge_method: 'S256',
      state: said.state,
      nonce: said.nonce,
    })
    const value = Buffer.from(JSON.stringify(said)).toString('base64url')
    return { location: location.href, cookie: this.#cookie(request, value, WAITING_SECONDS) }
  }

  /** What became of a login at an issuer, as the address says that it leads back with. */
  async end(request: IncomingMessage): Promise<CallbackResult> {
    const said = this.#waiting(request)
    if (said === null) return { verdict: { kind: 'refused' }, next: '/' }
    const { issuer: name, state, nonce, verifier, next } = said
    const issuer = this.#options.issuers.find((one) => one.name === name)
    const configuration = issuer && (await this.#configuration(issuer))
    if (!configuration) return { verdict: { kind: 'unreachable' }, next }
    try {
      const { search } = new URL(request.url ?? '/', 'http://localhost')
      const tokens = await authorizationCodeGrant(configuration, new URL(callbackUrl(request) + search), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      const { apiUrl } = this.#options
      const address = request.socket.remoteAddress ?? ''
      return { verdict: await exchange({ apiUrl, address }, tokens.id_token ?? ''), next }
    } catch (error) {
      this.#options.log.warn({ err: error, issuer: name }, 'a login at an issuer came to nothing')
      return { verdict: { kind: 'refused' }, next }
    }
  }

  /** A `Set-Cookie` that forgets what waited. */
  forget(request: IncomingMessage): string {
    return this.#cookie(request, '', 0)
  }

  #cookie(request: IncomingMessage, value: string, lifetimeSeconds: number): string {
    return sideCookie(request, { name: cookieName(this.#options.port), value, lifetimeSeconds })
  }

  #waiting(request: IncomingMessage): z.output<typeof waiting> | null {
    const value = cookieValue(request, cookieName(this.#options.port))
    if (value === null || value === '') return null
    try {
      return waiting.safeParse(JSON.parse(Buffer.from(value, 'base64url').toString())).data ?? null
    } catch {
      return null // Not a cookie of ours.
    }
  }

  /** Found once; after a failure asked again by the next who wants to log in. Null when it cannot be asked. */
  async #configuration(issuer: Issuer): Promise<Configuration | null> {
    const known = this.#found.get(issuer.name) ?? discover(issuer)
    this.#found.set(issuer.name, known)
    try {
      return await known
    } catch (error) {
      this.#found.delete(issuer.name)
      this.#options.log.warn({ err: error, issuer: issuer.name }, 'an issuer cannot be asked how to log in')
      return null
    }
  }
}

async function discover({ issuer, login }: Issuer): Promise<Configuration> {
  if (!login) throw new Error('nobody logs in at this issuer')
  const { clientId, clientSecretFile } = login
  const secret = clientSecretFile === undefined ? null : (await readFile(clientSecretFile, 'utf8')).trim()
  const authentication = secret === null ? None() : ClientSecretPost(secret)
  // Plain HTTP is for issuers of this machine alone: the file of issuers allows no other.
  const isPlain = new URL(issuer).protocol === 'http:'
  return discovery(new URL(issuer), clientId, undefined, authentication, {
    timeout: DISCOVERY_TIMEOUT_SECONDS,
    ...(isPlain && { execute: [allowInsecureRequests] }),
  })
}

/** As it is registered with the issuer. */
function callbackUrl(request: IncomingMessage): string {
  return `${isSecure(request) ? 'https' : 'http'}://${hostOf(request) ?? ''}/login/callback`
}

function cookieName(port: number): string {
  return `fornax-issuer-${port}`
}
