/**
 * Who may join, and who may go on.
 *
 * A1 A token lets one machine in, before it ends, and under its own name if it has one. The standing token of the
 *    core's own machine lets in any number.
 * A2 A name that another machine speaks for now is taken.
 * A3 A revoked name is open again only to a token that was made after the revocation.
 * A4 Only the newest identity of a name may speak for it, and only while it is not revoked.
 * A5 A certificate that has ended may still be renewed for a while: a node was off, and its key never left it.
 * A6 The identity of a node that was removed is forgotten: its certificate speaks for nobody, and any token opens the
 *    name. A revocation is not forgotten.
 */
import type { AdmissionProblem, JoinToken, NodeIdentity } from './node-identity.ts'

/** How long after its end a certificate may still be renewed. */
export const RENEWABLE_MS = 30 * 24 * 60 * 60 * 1_000

export type Asking = {
  readonly nodeName: string
  /** Of the machine that asks. */
  readonly ledgerId: string
  /** `standing`: the one of the core's own machine; null: nobody's. */
  readonly token: JoinToken | 'standing' | null
  /** Who joined under the name before. */
  readonly before: NodeIdentity | null
  /** The ledger of the machine that speaks for the name now; null: none does. */
  readonly connectedLedger: string | null
  readonly nowMs: number
}

/** Null: it may join. */
export function joinProblem(asking: Asking): AdmissionProblem | null {
  const { nodeName, ledgerId, token, before, connectedLedger, nowMs } = asking
  if (token === null) return 'unknownToken'
  if (token !== 'standing') {
    if (token.usedAtMs !== null) return 'usedToken'
    if (token.expiresAtMs <= nowMs) return 'expiredToken'
    if (token.nodeName !== null && token.nodeName !== nodeName) return 'tokenOfOtherName'
  }
  if (connectedLedger !== null && connectedLedger !== ledgerId) return 'nameTaken'
  const revokedAtMs = before?.revokedAtMs ?? null
  if (revokedAtMs === null) return null
  return token !== 'standing' && token.createdAtMs >= revokedAtMs ? null : 'revoked'
}

/** Null: a certificate of this identity speaks for the name. */
export function identityProblem(known: NodeIdentity | null, identityId: string): AdmissionProblem | null {
  if (known === null) return 'unknownNode'
  if (known.identityId !== identityId) return 'superseded'
  return known.revokedAtMs === null ? null : 'revoked'
}

/** Null: the holder of such a certificate may have a new one. */
export function renewalProblem(
  known: NodeIdentity | null,
  shown: { readonly identityId: string; readonly notAfterMs: number },
  nowMs: number,
): AdmissionProblem | null {
  const problem = identityProblem(known, shown.identityId)
  if (problem !== null) return problem
  return shown.notAfterMs + RENEWABLE_MS < nowMs ? 'expiredCertificate' : null
}
