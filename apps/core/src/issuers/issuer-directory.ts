/**
 * Tokens of issuers: who they speak for, if they are genuine, in time, and meant for us. Keys are fetched where the
 * issuer publishes them, kept, and fetched again when a token names one that is not known, but not more often than a
 * forger could make us. A token that was checked is remembered for a minute, so that a busy client costs one check.
 */
import { hash } from 'node:crypto'
import type { Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import type { Issuer } from '@fornax/settings/issuers-file'
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { VOUCHED, type Tenant, type Viewer } from '../tenants/tenant.ts'
import { mapClaims } from './claim-rules.ts'

export type IssuerDirectoryPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly issuers: readonly Issuer[]
  readonly tenants: {
    tenant(id: string): Tenant | null
    tenantNamed(name: string): Tenant | null
  }
  /** The least time between two fetches of an issuer's keys because of a key that is not known. */
  readonly keyCooldownMs?: number
}

/** Signatures that only the issuer can make: with a shared secret, whoever checks could forge; `none` is no signature. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const FETCH_TIMEOUT_MS = 5_000
const KEY_COOLDOWN_MS = 10_000
const KEYS_KEPT_MS = 600_000
const DISCOVERY_RETRY_MS = 5_000
const REMEMBERED_MAX = 10_000
const REMEMBERED_MS = 60_000

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

type Source = { readonly issuer: Issuer; keys: Promise<JWTVerifyGetKey> | null; failedAtMs: number | null }

type Remembered = { readonly viewer: Viewer; readonly untilMs: number }

export class IssuerDirectory {
  readonly #ports: IssuerDirectoryPorts
  readonly #sources: ReadonlyMap<string, Source>
  readonly #remembered = new LRUCache<string, Remembered>({ max: REMEMBERED_MAX })

  constructor(ports: IssuerDirectoryPorts) {
    this.#ports = ports
    this.#sources = new Map(
      ports.issuers.map((issuer) => [issuer.issuer, { issuer, keys: null, failedAtMs: null }] as const),
    )
  }

  /** Whether a secret can be the token of an issuer; tokens of our own begin otherwise. */
  mayBeToken(secret: string): boolean {
    return this.#sources.size > 0 && secret.startsWith('ey') && secret.split('.').length === 3
  }

  /** For whom the token speaks; null when it is refused, which the log tells why. */
  async authenticate(token: string): Promise<Viewer | null> {
    const nowMs = this.#ports.clock.nowMs()
    const key = hash('sha256', token, 'base64url')
    const known = this.#remembered.get(key)
    if (known !== undefined && nowMs < known.untilMs && this.#isServed(known.viewer)) return known.viewer
    try {
      const viewer = await this.#check(token, nowMs)
      const expiresAtMs = viewer.expiresAtMs ?? nowMs
      this.#remembered.set(key, { viewer, untilMs: Math.min(nowMs + REMEMBERED_MS, expiresAtMs) })
      return viewer
    } catch (error) {
      const { log } = this.#ports
      const isJudged = error instanceof Refused || error instanceof errors.JOSEError
      if (isJudged) log.info({ why: error.message }, 'the token of an issuer is refused')
      else log.warn({ err: error }, 'the token of an issuer could not be checked, and is refused')
      return null
    }
  }

  async #check(token: string, nowMs: number): Promise<Viewer> {
    const source = this.#sources.get(decodeJwt(token).iss ?? '')
    if (source === undefined) throw new Refused('it is of an issuer that is not in the settings')
    const { issuer } = source
    const { payload } = await jwtVerify(token, await this.#keysOf(source), {
      issuer: issuer.issuer,
      // What is meant for the console, where its people log in, is meant for us.
      audience: [...issuer.audiences, ...(issuer.login ? [issuer.login.clientId] : [])],
      algorithms: ALGORITHMS,
      clockTolerance: issuer.clockSkewSeconds,
      // oxlint-disable-next-line no-restricted-globals -- says the instant that the clock gave.
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'sub'],
    })
    return this.#viewerOf(issuer, payload)
  }

  #viewerOf(issuer: Issuer, payload: JWTPayload): Viewer {
    const mapped = mapClaims(issuer, payload)
    if (mapped.kind === 'refused') throw new Refused(mapped.why)
    const tenant = this.#ports.tenants.tenantNamed(mapped.tenant)
    if (tenant === null || tenant.deletedAtMs !== null) throw new Refused(`there is no tenant ${mapped.tenant}`)
    return {
      tokenId: `${VOUCHED}${issuer.name}/${payload.sub ?? ''}`,
      tenantId: tenant.id,
      role: mapped.role,
      name: mapped.name,
      expiresAtMs: ((payload.exp ?? 0) + issuer.clockSkewSeconds) * 1000,
    }
  }

  /** The tenant of somebody who was remembered may be on its way out. */
  #isServed({ tenantId }: Viewer): boolean {
    return this.#ports.tenants.tenant(tenantId)?.deletedAtMs === null
  }

  /** Found once, by what the issuer publishes about itself; after a failure not at once again. */
  #keysOf(source: Source): Promise<JWTVerifyGetKey> {
    const { clock } = this.#ports
    const isTooSoon = source.failedAtMs !== null && clock.nowMs() < source.failedAtMs + DISCOVERY_RETRY_MS
    if (source.keys === null && isTooSoon) throw new Refused('its issuer could not be asked for its keys a moment ago')
    source.keys ??= this.#discover(source.issuer).catch((cause: unknown) => {
      source.keys = null
      source.failedAtMs = clock.nowMs()
      this.#ports.log.warn({ err: cause, issuer: source.issuer.issuer }, 'an issuer cannot be asked for its keys')
      throw new Refused('its issuer cannot be asked for its keys')
    })
    return source.keys
  }

  async #discover({ issuer }: Issuer): Promise<JWTVerifyGetKey> {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' })
    if (!response.ok) throw new Error(`${url} answers with ${response.status}`)
    const { issuer: said, jwks_uri: keys } = discovery.parse(await response.json())
    if (said !== issuer) throw new Error(`${url} is of the issuer ${said}`)
    return createRemoteJWKSet(new URL(keys), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cooldownDuration: this.#ports.keyCooldownMs ?? KEY_COOLDOWN_MS,
      cacheMaxAge: KEYS_KEPT_MS,
    })
  }
}

/** Why a token speaks for nobody. */
class Refused extends Error {
  override readonly name = 'Refused'
}
