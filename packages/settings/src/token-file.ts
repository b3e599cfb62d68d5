/**
 * Tokens that live in files, readable only by the user who runs Fornax: who may
 * read the file holds the token.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const RANDOM_BYTES = 24
const MODE_OF_OWNER = 0o600

/** `made`: it is random and new, so that a person has to be shown it once. `given`: it was written because it was given. */
export type TokenFileResult =
  | { readonly kind: 'made' | 'found' | 'given'; readonly token: string }
  | { readonly kind: 'unusable'; readonly message: string }

/** The token in the file. Makes the file when it is missing; a given token wins over what the file holds. */
export function ensureTokenFile(path: string, given: string | null): TokenFileResult {
  try {
    const current = readToken(path)
    if (current === '')
      return { kind: 'unusable', message: `The token file ${path} is empty. Remove it to get a new one.` }
    if (current !== null && (given === null || given === current)) return { kind: 'found', token: current }
    const token = given ?? randomBytes(RANDOM_BYTES).toString('base64url')
    writeToken(path, token)
    return { kind: given === null ? 'made' : 'given', token }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      kind: 'unusable',
      message: `The token file ${path} cannot be used: ${reason}. Make it readable and writable for this user, or remove it.`,
    }
  }
}

/** The token in the file; null when there is no file. */
export function readToken(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** Nobody ever sees half a token, and a new one is on the disk before it is used. */
function writeToken(path: string, token: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  rmSync(temporary, { force: true })
  const file = openSync(temporary, 'wx', MODE_OF_OWNER)
  try {
    writeSync(file, `${token}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}
