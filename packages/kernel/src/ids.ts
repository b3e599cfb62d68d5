/**
 * Names for things that have none: a kind and 80 random bits, `ses-` and the
 * like, in the 32 letters that people do not confuse when they read them aloud.
 */
import { randomBytes } from 'node:crypto'

export const ID_KINDS = ['app', 'ver', 'ses', 'pod', 'nod', 'ten', 'tok', 'led', 'cor', 'aud'] as const

export type IdKind = (typeof ID_KINDS)[number]

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LETTERS = 16

/** A new id of a kind. Unpredictable, and unique for all practical purposes. */
export function newId(kind: IdKind): string {
  let id = `${kind}-`
  for (const byte of randomLetters()) id += ALPHABET[byte & 31]
  return id
}

/** The kind that an id claims to be of; null when it is none of ours. */
export function kindOfId(id: string): IdKind | null {
  return SHAPE.test(id) ? (ID_KINDS.find((kind) => id.startsWith(kind)) ?? null) : null
}

const SHAPE = /^[a-z]{3}-[0-9a-hjkmnp-tv-z]{16}$/

/** One call for randomness serves many ids: a call costs a microsecond, a slice nothing. */
const POOL_BYTES = 4_096
let pool = randomBytes(POOL_BYTES)
let taken = 0

function randomLetters(): Uint8Array {
  if (taken + LETTERS > POOL_BYTES) {
    pool = randomBytes(POOL_BYTES)
    taken = 0
  }
  taken += LETTERS
  return pool.subarray(taken - LETTERS, taken)
}
