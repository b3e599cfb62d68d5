/**
 * Encrypts the values of secrets at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce for each writing. A sealed
 * value is bound to its tenant and its id, so that one row cannot be read in the place of another.
 *
 *   1 byte: 1 │ 12 bytes: nonce │ 16 bytes: tag │ the value, encrypted
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { invariant } from '@fornax/kernel/assert'

export const SEAL_KEY_BYTES = 32

const ALGORITHM = 'aes-256-gcm'
const FORMAT = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Whose value it is. */
export type SealedFor = { readonly tenantId: string; readonly id: string }

export class SecretSeal {
  readonly #key: Uint8Array

  /** `key`: 32 bytes. */
  constructor(key: Uint8Array) {
    invariant(key.length === SEAL_KEY_BYTES, 'the key of secrets has 32 bytes')
    this.#key = key
  }

  seal(value: Uint8Array, owner: SealedFor): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(nameOf(owner))
    const body = Buffer.concat([cipher.update(value), cipher.final()])
    return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), body])
  }

  /** Null: it was sealed with another key, for somebody else, or has been changed. */
  open(sealed: Uint8Array, owner: SealedFor): Uint8Array | null {
    const bodyAt = 1 + NONCE_BYTES + TAG_BYTES
    if (sealed[0] !== FORMAT || sealed.length < bodyAt) return null
    const decipher = createDecipheriv(ALGORITHM, this.#key, sealed.subarray(1, 1 + NONCE_BYTES))
    decipher.setAAD(nameOf(owner)).setAuthTag(sealed.subarray(1 + NONCE_BYTES, bodyAt))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(bodyAt)), decipher.final()])
    } catch {
      return null
    }
  }
}

function nameOf({ tenantId, id }: SealedFor): Buffer {
  return Buffer.from(`${tenantId}/${id}`)
}
