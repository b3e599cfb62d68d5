/** Who may speak as a node: identities that joined, and the tokens by which machines join. */

/** A machine that joined under a name. Its certificates change, this stays until another machine joins under the name. */
export type NodeIdentity = {
  /** The node's. */
  readonly name: string
  /** In each of its certificates; random, so that a certificate of before says nothing any more. */
  readonly identityId: string
  readonly joinedAtMs: number
  /** Of its newest certificate. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  /** Null: it may speak. */
  readonly revokedAtMs: number | null
}

/** Lets one machine join, once. Its secret is shown when it is made, and kept nowhere. */
export type JoinToken = {
  readonly id: string
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretHash: string
  /** The only name it is good for; null: any that is free. */
  readonly nodeName: string | null
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** Null: it can still be used. */
  readonly usedAtMs: number | null
  /** The node that joined with it. */
  readonly usedBy: string | null
}

/** Why a machine may not join, or a node not go on. */
export type AdmissionProblem =
  | 'unknownToken'
  | 'usedToken'
  | 'expiredToken'
  | 'tokenOfOtherName'
  | 'nameTaken'
  | 'revoked'
  | 'superseded'
  | 'unknownNode'
  | 'expiredCertificate'
  | 'badRequest'
