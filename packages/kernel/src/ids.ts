/**
 * Names for things that have none: a kind, `ses-` and the like, the time, and 55 random bits, in the 32 letters that
 * people do not confuse when they read them aloud.
 *
 * The time comes first so that rows of one moment lie beside each other in every index of a database: a group of new
 * sessions then writes a few pages, and not one page for each of them. It begins anew every six days, so it says
 * nothing of age, and only what was made in the same 16 ms of six days could have the same name.
 */
import { randomBytes } from 'node:crypto'
import { systemClock } from './clock.ts'

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
const BITS_PER_LETTER = 5
const TIME_LETTERS = 5
const RANDOM_LETTERS = LETTERS - TIME_LETTERS
/** What was made within this time begins alike. */
const TICK_MS = 16

/**
 * A new id of a kind. Nobody can guess it, and it is unique for all practical purposes. Made in one piece: a text that
 * grows letter by letter is kept as the tree of its parts, at seven times the memory.
 */
export function newId(kind: IdKind): string {
  if (taken + RANDOM_LETTERS > POOL_BYTES) refill()
  for (let at = 0; at < KIND_LETTERS; at += 1) codes[at] = kind.charCodeAt(at)
  const ticks = Math.floor(systemClock.nowMs() / TICK_MS)
  for (let at = 0; at < TIME_LETTERS; at += 1)
    codes[KIND_LETTERS + 1 + at] = letterOf(ticks / 2 ** (BITS_PER_LETTER * (TIME_LETTERS - 1 - at)))
  for (let at = 0; at < RANDOM_LETTERS; at += 1)
    codes[KIND_LETTERS + 1 + TIME_LETTERS + at] = letterOf(pool[taken + at] ?? 0)
  taken += RANDOM_LETTERS
  return String.fromCharCode(...codes)
}

/** Of the lowest five bits of the whole part. */
function letterOf(value: number): number {
  return ALPHABET.charCodeAt(Math.floor(value % ALPHABET.length))
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
