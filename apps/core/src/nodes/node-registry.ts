/** The nodes that joined and the tokens by which they did, in memory and in the database. */
import { hash, randomBytes } from 'node:crypto'
import { newId } from '@fornax/kernel/ids'
import { inTurn } from '@fornax/kernel/in-turn'
import { identityProblem, joinProblem, renewalProblem } from './admission-rules.ts'
import type { AdmissionProblem, JoinToken, NodeIdentity } from './node-identity.ts'

/** Where they are kept. */
export type AdmissionStore = {
  loadAdmissions(): Promise<{ readonly identities: readonly NodeIdentity[]; readonly tokens: readonly JoinToken[] }>
  saveIdentity(identity: NodeIdentity): Promise<void>
  /** Repeating it does no harm. */
  removeIdentity(nodeName: string): Promise<void>
  saveJoinToken(token: JoinToken): Promise<void>
  removeJoinTokens(ids: readonly string[]): Promise<void>
}

export type NodeRegistryPorts = {
  readonly store: AdmissionStore
  readonly nowMs: () => number
  /** Whether it is the token of the core's own machine. */
  readonly isStandingToken: (secret: string) => boolean
  /** The ledger of the machine that speaks for a name now; null: none does. */
  readonly connectedLedger: (nodeName: string) => string | null
}

export type Admission<What> =
  | ({ readonly kind: 'admitted' } & What)
  | { readonly kind: 'refused'; readonly problem: AdmissionProblem }

const SECRET_BYTES = 20
/** Tokens that can be used at the same time; nobody needs more, and all are looked at when one is made. */
const TOKENS_MAX = 10_000
/** Used and ended tokens stay as long as this, and as many, to be seen. */
const SPENT_TOKENS_MAX = 10_000
const SPENT_TOKENS_MS = 7 * 24 * 60 * 60 * 1_000

export class NodeRegistry {
  readonly #ports: NodeRegistryPorts
  readonly #identities = new Map<string, NodeIdentity>()
  readonly #tokens = new Map<string, JoinToken>()
  readonly #tokenOfHash = new Map<string, string>()
  readonly #saveInTurn = inTurn()

  private constructor(ports: NodeRegistryPorts) {
    this.#ports = ports
  }

  static async open(ports: NodeRegistryPorts): Promise<NodeRegistry> {
    const registry = new NodeRegistry(ports)
    const { identities, tokens } = await ports.store.loadAdmissions()
    for (const identity of identities) registry.#identities.set(identity.name, identity)
    for (const token of tokens) registry.#keep(token)
    return registry
  }

  identity(nodeName: string): NodeIdentity | null {
    return this.#identities.get(nodeName) ?? null
  }

  tokens(): Iterable<JoinToken> {
    return this.#tokens.values()
  }

  /** A new token and its secret, which is not kept; null: there are too many that nobody used. */
  async createToken(command: { readonly nodeName: string | null; readonly lifeMs: number }): Promise<{
    readonly token: JoinToken
    readonly secret: string
  } | null> {
    await this.#forgetSpent()
    if (this.#usableCount() >= TOKENS_MAX) return null
    const secret = `fxj_${randomBytes(SECRET_BYTES).toString('base64url')}`
    const nowMs = this.#ports.nowMs()
    const token: JoinToken = {
      id: newId('jtk'),
      secretHash: hashOf(secret),
      nodeName: command.nodeName,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + command.lifeMs,
      usedAtMs: null,
      usedBy: null,
    }
    await this.#ports.store.saveJoinToken(token)
    this.#keep(token)
    return { token, secret }
  }

  /** Null when there is none of that id. */
  async removeToken(id: string): Promise<JoinToken | null> {
    const token = this.#tokens.get(id)
    if (token === undefined) return null
    await this.#ports.store.removeJoinTokens([id])
    this.#forget(token)
    return token
  }

  /**
   * Lets a machine in, if it may: the token is spent, and the name is the machine's. `certify` makes the certificate
   * for the new identity; without one nothing has happened.
   */
  async admit<What extends { readonly expiresAtMs: number }>(
    asking: { readonly secret: string; readonly nodeName: string; readonly ledgerId: string },
    certify: (identityId: string) => Promise<What | null>,
  ): Promise<Admission<{ readonly certified: What }>> {
    const { nodeName, ledgerId } = asking
    const nowMs = this.#ports.nowMs()
    const token = this.#tokenOf(asking.secret)
    const before = this.identity(nodeName)
    const connectedLedger = this.#ports.connectedLedger(nodeName)
    const problem = joinProblem({ nodeName, ledgerId, token, before, connectedLedger, nowMs })
    if (problem !== null || token === null) return { kind: 'refused', problem: problem ?? 'unknownToken' }
    // Booked before the first wait, so that no token lets two in.
    const undo = token === 'standing' ? () => undefined : this.#spend(token, nodeName, nowMs)
    try {
      const identityId = newId('nid')
      const certified = await certify(identityId)
      const isRevoked = certified !== null && this.#wasRevokedSince(nodeName, before)
      if (certified === null || isRevoked) {
        undo()
        return { kind: 'refused', problem: isRevoked ? 'revoked' : 'badRequest' }
      }
      const times = { joinedAtMs: nowMs, issuedAtMs: nowMs, expiresAtMs: certified.expiresAtMs }
      const identity: NodeIdentity = { name: nodeName, identityId, ...times, revokedAtMs: null }
      await this.#letIn(identity, token === 'standing' ? null : token.id)
      // Revoked while the database wrote: both remember that, and nobody needs the certificate.
      if (this.#wasRevokedSince(nodeName, identity)) return { kind: 'refused', problem: 'revoked' }
      return { kind: 'admitted', certified }
    } catch (cause) {
      undo()
      throw new Error(`the node ${nodeName} could not be admitted`, { cause })
    }
  }

  /** Why the holder of a certificate may not have a new one; null: it may. */
  renewalProblem(nodeName: string, shown: { identityId: string; notAfterMs: number }): AdmissionProblem | null {
    return renewalProblem(this.identity(nodeName), shown, this.#ports.nowMs())
  }

  /** A new certificate was made. */
  async renewed(nodeName: string, expiresAtMs: number): Promise<void> {
    const known = this.#identities.get(nodeName)
    if (known === undefined) return
    const identity = { ...known, issuedAtMs: this.#ports.nowMs(), expiresAtMs }
    this.#identities.set(nodeName, identity)
    await this.#save(nodeName)
  }

  /** Why a certificate does not speak for a node; null: it does. */
  identityProblem(nodeName: string, identityId: string): AdmissionProblem | null {
    return identityProblem(this.identity(nodeName), identityId)
  }

  /** From now on no certificate of the node counts; null when no machine has joined under the name. */
  async revoke(nodeName: string): Promise<NodeIdentity | null> {
    const known = this.#identities.get(nodeName)
    if (known === undefined) return null
    const identity = { ...known, revokedAtMs: this.#ports.nowMs() }
    this.#identities.set(nodeName, identity) // At once; the database only has to remember it.
    await this.#save(nodeName)
    return identity
  }

  /** A6: no certificate of before speaks for the name, and any token opens it; a revocation is not forgotten. */
  async forget(nodeName: string): Promise<void> {
    const known = this.#identities.get(nodeName)
    if (known === undefined || known.revokedAtMs !== null) return
    this.#identities.delete(nodeName)
    try {
      await this.#save(nodeName)
    } catch (error) {
      if (!this.#identities.has(nodeName)) this.#identities.set(nodeName, known)
      throw error
    }
  }

  /** In memory at once, so that what happens to the name while the database writes is not lost. */
  async #letIn(identity: NodeIdentity, tokenId: string | null): Promise<void> {
    const { name } = identity
    const before = this.#identities.get(name)
    this.#identities.set(name, identity)
    try {
      const spent = tokenId === null ? undefined : this.#tokens.get(tokenId)
      if (spent !== undefined) await this.#ports.store.saveJoinToken(spent)
      await this.#save(name)
    } catch (error) {
      if (this.#identities.get(name) === identity) this.#putBack(name, before)
      throw error
    }
  }

  #putBack(name: string, before: NodeIdentity | undefined): void {
    if (before === undefined) this.#identities.delete(name)
    else this.#identities.set(name, before)
  }

  /** One after another, and each time what is true then: an older one never comes last. */
  #save(nodeName: string): Promise<void> {
    return this.#saveInTurn(async () => {
      const identity = this.#identities.get(nodeName)
      if (identity === undefined) await this.#ports.store.removeIdentity(nodeName)
      else await this.#ports.store.saveIdentity(identity)
    })
  }

  #wasRevokedSince(nodeName: string, before: NodeIdentity | null): boolean {
    const revokedAtMs = this.identity(nodeName)?.revokedAtMs ?? null
    return revokedAtMs !== null && revokedAtMs !== (before?.revokedAtMs ?? null)
  }

  #usableCount(): number {
    const nowMs = this.#ports.nowMs()
    let count = 0
    for (const token of this.#tokens.values()) if (isUsable(token, nowMs)) count += 1
    return count
  }

  #tokenOf(secret: string): JoinToken | 'standing' | null {
    if (this.#ports.isStandingToken(secret)) return 'standing'
    const id = this.#tokenOfHash.get(hashOf(secret))
    return (id === undefined ? undefined : this.#tokens.get(id)) ?? null
  }

  #spend(token: JoinToken, nodeName: string, nowMs: number): () => void {
    this.#tokens.set(token.id, { ...token, usedAtMs: nowMs, usedBy: nodeName })
    return () => void this.#tokens.set(token.id, token)
  }

  async #forgetSpent(): Promise<void> {
    const nowMs = this.#ports.nowMs()
    const oldMs = nowMs - SPENT_TOKENS_MS
    const spent = [...this.#tokens.values()].filter((one) => !isUsable(one, nowMs))
    const tooMany = spent.length - SPENT_TOKENS_MAX
    const old = spent.filter(
      (one, index) => index < tooMany || Math.min(one.usedAtMs ?? oldMs, one.expiresAtMs) < oldMs,
    )
    if (old.length === 0) return
    await this.#ports.store.removeJoinTokens(old.map(({ id }) => id))
    for (const token of old) this.#forget(token)
  }

  #keep(token: JoinToken): void {
    this.#tokens.set(token.id, token)
    this.#tokenOfHash.set(token.secretHash, token.id)
  }

  #forget(token: JoinToken): void {
    this.#tokens.delete(token.id)
    this.#tokenOfHash.delete(token.secretHash)
  }
}

function isUsable({ usedAtMs, expiresAtMs }: JoinToken, nowMs: number): boolean {
  return usedAtMs === null && expiresAtMs > nowMs
}

function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}
