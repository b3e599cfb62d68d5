/**
 * Names for things that have none: a kind and 80 random bits, `ses-` and the
 * like, in the 32 letters that people do not confuse when they read them aloud.
 */
import { randomBytes } from 'node:crypto'

export const ID_KINDS = [
  'app',
  'ver',
  'ses',
  'pod',
  'nod',
  'ten',
  'tok',
  'led',
  'cor',
  'aud',
  'sec',
  'usr',
  'evt',
  'jtk',
  'nid',
] as const

export type IdKind = (typeof ID_KINDS)[number]

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LETTERS = 16

/**
 * A new id of a kind. Unpredictable, and unique for all practical purposes. Made in one piece: a text that grows letter
 * by letter is kept as the tree of its parts, at seven times the memory.
 */
export function newId(kind: IdKind): string {
  if (taken + LETTERS > POOL_BYTES) refill()
  for (let at = 0; at < KIND_LETTERS; at += 1) codes[at] = kind.charCodeAt(at)
  for (let at = 0; at < LETTERS; at += 1)
    codes[KIND_LETTERS + 1 + at] = ALPHABET.charCodeAt((pool[taken + at] ?? 0) & 31)
  taken += LETTERS
  return String.fromCharCode(...codes)
}

/** The kind that an id claims to be of; null when it is none of ours. */
export function kindOfId(id: string): IdKind | null {
  return SHAPE.test(id) ? (ID_KINDS.find((kind) => id.startsWith(kind)) ?? null) : null
}

const SHAPE = /^[a-z]{3}-[0-9a-hjkmnp-tv-z]{16}$/

const KIND_LETTERS = 3
/** Written anew for each id. */
const codes = Array.from('kin-', (letter) => letter.charCodeAt(0)).concat(Array.from({ length: LETTERS }, () => 0))

/** One call for randomness serves many ids: a call costs a microsecond, a byte of the pool nothing. */
const POOL_BYTES = 4_096
let pool = randomBytes(POOL_BYTES)
let taken = 0

function refill(): void {
  pool = randomBytes(POOL_BYTES)
  taken = 0
}
