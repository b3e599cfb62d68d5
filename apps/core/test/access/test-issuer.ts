/** A real issuer of OpenID Connect on a free port: `oidc-provider`, with the keys in the hands of the test. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose'
import { Provider } from 'oidc-provider'

export type SigningKey = { readonly kid: string; readonly privateKey: CryptoKey; readonly jwk: object }

export type TestIssuer = AsyncDisposable & {
  readonly url: string
  /** The keys that it publishes and signs with from now on, the first one first. */
  use(keys: readonly SigningKey[]): void
  /** What it says of programs and people from now on. */
  says: Record<string, unknown>
  /** While it is set, nothing is answered. */
  isDown: boolean
  /** How often somebody fetched its keys. */
  keyFetches: number
  /** The access token of a program, as the issuer makes it. */
  programToken(): Promise<string>
}

export async function newSigningKey(kid: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { kid, privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' } }
}

/** A token that the issuer never made, with whatever is said here. */
export function forge(
  key: SigningKey,
  payload: JWTPayload,
  header: { alg?: string; kid?: string } = {},
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header }).sign(key.privateKey)
}

/** `redirectUris`: where people of its client `fornax-console` come back to. */
export async function startIssuer(
  keys: readonly SigningKey[],
  redirectUris: readonly string[] = ['http://127.0.0.1/login/callback'],
): Promise<TestIssuer> {
  let answer: RequestListener = (_request, response) => void response.destroy()
  const server = createServer((request, response) => {
    if (issuer.isDown) return void response.destroy()
    if (request.url?.startsWith('/jwks')) issuer.keyFetches += 1
    return answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
  const issuer: TestIssuer = {
    url,
    says: { org: 'hidden-tenant', groups: ['developers'], email: 'ann@hidden.test' },
    isDown: false,
    keyFetches: 0,
    use: (used) => {
      answer = providerOf(url, { keys: used, redirectUris, says: () => issuer.says })
    },
    programToken: async () => {
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'robot',
        client_secret: 'the-secret-of-the-robot',
        resource: 'urn:fornax',
        scope: 'api',
      })
      const response = await fetch(`${url}/token`, { method: 'POST', body })
      const said: unknown = await response.json()
      const token: unknown = Object(said).access_token
      if (typeof token !== 'string') throw new Error(`the issuer answers ${JSON.stringify(said)}`)
      return token
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  issuer.use(keys)
  return issuer
}

type Making = {
  readonly keys: readonly SigningKey[]
  readonly redirectUris: readonly string[]
  readonly says: () => Record<string, unknown>
}

function providerOf(url: string, { keys, redirectUris, says }: Making): RequestListener {
  const provider = new Provider(url, {
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    cookies: { keys: ['a key of this test alone'] },
    clients: [
      {
        client_id: 'robot',
        client_secret: 'the-secret-of-the-robot',
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: 'fornax-console',
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    scopes: ['openid', 'profile', 'email'],
    claims: { openid: ['sub', 'org', 'groups'], email: ['email'] },
    conformIdTokenClaims: false,
    extraTokenClaims: () => says(),
    findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ sub, ...says() }) }),
    pkce: { required: () => true },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'api',
          audience: 'fornax',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
        }),
      },
    },
  })
  const callback = provider.callback()
  return (request, response) => void callback(request, response)
}
