/**
 * Keeps this node able to prove who it is: joins with a token when it has to, and renews its certificate when two
 * thirds of its life are over. A stream that is open meanwhile goes on.
 */
import { readJoinToken } from '@fornax/certificates/join-token'
import { sleep, type Cancel, type Clock } from '@fornax/kernel/clock'
import type { Log } from '@fornax/kernel/log'
import { reconnectBackoffMs } from '@fornax/kernel/reconnect-backoff'
import type { NodeCertificate } from '@fornax/proto/fornax/nodelink/v1/nodelink'
import type { ChannelCredentials } from '@grpc/grpc-js'
import { NoStreamError } from './core-stream.ts'
import { join, pinnedAuthority, renew, trusting } from './join-client.ts'
import type { IdentityStore, NodeIdentity } from './node-identity.ts'

export type IdentityKeeperOptions = {
  readonly coreAddress: string
  readonly nodeName: string
  /** Read anew for each attempt to join: it may be changed, or written later than the agent starts. */
  readonly joinToken: () => string
  /** Whom a token without a pin trusts: PEM; null when nobody has said it. */
  readonly authority: () => string | null
  readonly store: IdentityStore
  readonly clock: Clock
  readonly log: Log
}

/** Of the life of a certificate, how much passes before it is renewed. */
const RENEW_AFTER = 2 / 3
/** A machine that slept looks at its certificate again after no longer than this. */
const LOOK_MS = 60 * 60 * 1_000

export class IdentityKeeper implements AsyncDisposable {
  readonly #options: IdentityKeeperOptions
  readonly #stop = new AbortController()
  #identity: NodeIdentity | null
  #cancelRenewal: Cancel = () => undefined
  #renewing: Promise<void> = Promise.resolve()
  /** The renewal that is under way. */
  #underWay: Promise<NodeIdentity> | null = null
  /** The core did not believe what we showed: the next attempt joins first. */
  #isDoubted = false

  constructor(options: IdentityKeeperOptions) {
    this.#options = options
    const kept = options.store.load()
    this.#identity = kept?.name === options.nodeName ? kept : null
    if (this.#identity !== null) this.#plan(this.#identity)
  }

  /** What a stream is opened with. Rejects with a `NoStreamError` when there is nothing to show. */
  async credentials(ledgerId: string): Promise<ChannelCredentials> {
    const identity = this.#identity
    if (identity === null) return credentialsOf(await this.#join(ledgerId))
    if (this.#isDoubted) return credentialsOf(await this.#joinAfterDoubt(identity, ledgerId))
    if (isOver(identity, this.#options.clock.nowMs())) return credentialsOf(await this.#renewOrJoin(identity, ledgerId))
    return credentialsOf(identity)
  }

  /** The core refused what we showed, or we its certificate. */
  doubted(): void {
    this.#isDoubted = true
  }

  /** The core has let us in. */
  believed(): void {
    this.#isDoubted = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#cancelRenewal()
    await this.#renewing
  }

  async #join(ledgerId: string): Promise<NodeIdentity> {
    const { coreAddress, nodeName, joinToken, log } = this.#options
    const text = tokenOf(joinToken)
    const authority = await this.#authority(text)
    const { newNodeRequest } = await import('@fornax/certificates/node-request')
    const { key, request } = await newNodeRequest(nodeName)
    const asked = { joinToken: text, nodeName, certificateRequest: request, ledgerId }
    const given = await join(coreAddress, trusting([authority]), asked)
    log.info({ nodeName, lifetimeMs: given.lifetimeMs }, 'this node has joined, and has a certificate')
    return this.#keep(key, given)
  }

  /** A node that is known joins anew where it can; where it cannot, what it has is shown once more. */
  async #joinAfterDoubt(identity: NodeIdentity, ledgerId: string): Promise<NodeIdentity> {
    this.#isDoubted = false
    try {
      return await this.#join(ledgerId)
    } catch (error) {
      if (!(error instanceof NoStreamError)) throw error
      this.#options.log.debug({ reason: error.message }, 'this node cannot join anew')
      return identity
    }
  }

  /** What has ended is of no use: where the core does not renew it, only a new token can help. */
  async #renewOrJoin(identity: NodeIdentity, ledgerId: string): Promise<NodeIdentity> {
    try {
      return await this.#renewNow(identity)
    } catch (error) {
      if (!(error instanceof NoStreamError)) throw error
      const joined = await this.#joinAfterDoubt(identity, ledgerId)
      if (joined === identity) throw error // It says more than that the old token is of no use either.
      return joined
    }
  }

  async #authority(token: string): Promise<string> {
    const { pin } = readJoinToken(token)
    if (pin !== null) return pinnedAuthority(this.#options.coreAddress, pin)
    const authority = this.#options.authority()
    if (authority !== null) return authority
    const remedy = 'set FORNAX_CORE_CA_FILE, or join with a token of `fornax node join-token`, which names it'
    throw new NoStreamError(`nobody has said which core to trust: ${remedy}`, false)
  }

  /** A stream that begins and the time that has come want the same one. */
  async #renewNow(identity: NodeIdentity): Promise<NodeIdentity> {
    this.#underWay ??= this.#renew(identity)
    try {
      return await this.#underWay
    } finally {
      this.#underWay = null
    }
  }

  async #renew(identity: NodeIdentity): Promise<NodeIdentity> {
    const { coreAddress, nodeName, log } = this.#options
    const { newNodeRequest, proofOf } = await import('@fornax/certificates/node-request')
    const { key, request } = await newNodeRequest(nodeName)
    const asked = {
      certificate: identity.certificate,
      certificateRequest: request,
      proof: proofOf(request, identity.key),
    }
    const given = await renew(coreAddress, trusting(identity.authorities), asked)
    log.info({ nodeName, lifetimeMs: given.lifetimeMs }, 'the certificate of this node was renewed')
    return this.#keep(key, given)
  }

  #keep(key: string, given: NodeCertificate): NodeIdentity {
    const { nodeName, store, clock } = this.#options
    const identity = { ...given, name: nodeName, key, cameAtMs: clock.nowMs() }
    store.save(identity)
    this.#identity = identity
    this.#plan(identity)
    return identity
  }

  /** Renews by and by, as long as it takes. */
  #plan(identity: NodeIdentity): void {
    this.#cancelRenewal()
    const waitMs = renewalAtMs(identity) - this.#options.clock.nowMs()
    this.#cancelRenewal = this.#options.clock.schedule(Math.min(Math.max(0, waitMs), LOOK_MS), () => {
      if (waitMs > LOOK_MS) return this.#plan(identity)
      this.#renewing = this.#renewUntilDone(identity)
    })
  }

  async #renewUntilDone(identity: NodeIdentity): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#stop
    for (let failures = 1; this.#identity === identity && !signal.aborted; failures += 1) {
      try {
        await this.#renewNow(identity)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        log.warn({ reason }, 'the certificate of this node could not be renewed yet')
        await sleep(clock, reconnectBackoffMs(failures, 1 / 2), signal).catch(() => undefined)
      }
    }
  }
}

function credentialsOf({ authorities, key, certificate }: NodeIdentity): ChannelCredentials {
  return trusting(authorities, { key, certificate })
}

function tokenOf(joinToken: () => string): string {
  try {
    return joinToken()
  } catch (cause) {
    throw new NoStreamError(cause instanceof Error ? cause.message : String(cause), false, { cause })
  }
}

function isOver({ cameAtMs, lifetimeMs }: NodeIdentity, nowMs: number): boolean {
  return cameAtMs + lifetimeMs <= nowMs
}

function renewalAtMs({ cameAtMs, lifetimeMs }: NodeIdentity): number {
  return cameAtMs + lifetimeMs * RENEW_AFTER
}
