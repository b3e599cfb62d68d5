/**
 * Passwords, as they are kept: scrypt (RFC 7914), which needs memory as well as time, so that a stolen table cannot be
 * tried through on cheap hardware. The cost is that of the OWASP password storage cheat sheet for 32 MiB: N = 2^15,
 * r = 8, p = 3. It stands in each hash, so that it can be raised without forgetting anybody.
 *
 *   scrypt$15$8$3$<salt>$<key>      (base64url)
 */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'

type Cost = { readonly logN: number; readonly r: number; readonly p: number }

const COST: Cost = { logN: 15, r: 8, p: 3 }
const SALT_BYTES = 16
const KEY_BYTES = 32
/** No hash may ask for more, whatever the table says. */
const LOG_N_MAX = 20

/** What is kept of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, COST)
  return ['scrypt', COST.logN, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Whether it is the password of that hash. Without a hash the work is done all the same, and it is not. */
export async function isPassword(password: string, kept: string | null): Promise<boolean> {
  const parts = kept === null ? null : partsOf(kept)
  const key = await derive(password, parts?.salt ?? NO_SALT, parts?.cost ?? COST)
  return parts !== null && key.length === parts.key.length && timingSafeEqual(key, parts.key)
}

const NO_SALT = randomBytes(SALT_BYTES)

function partsOf(kept: string): { readonly cost: Cost; readonly salt: Buffer; readonly key: Buffer } | null {
  const [name, logN, r, p, salt, key] = kept.split('$')
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) }
  const isSane = name === 'scrypt' && cost.logN <= LOG_N_MAX && salt !== undefined && key !== undefined
  return isSane ? { cost, salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') } : null
}

/** In a thread of its own: the event loop goes on. */
function derive(password: string, salt: Buffer, { logN, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** logN
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r }
  return new Promise((resolve, reject) => {
    // Two ways to type the same letter are the same password.
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => {
      if (error) reject(new Error('a password could not be hashed', { cause: error }))
      else resolve(key)
    })
  })
}
