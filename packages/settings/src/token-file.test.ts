import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ensureTokenFile, readToken } from './token-file.ts'

describe('ensureTokenFile', () => {
  it('makes a token that is hard to guess, in a file that only its owner reads', () => {
    using folder = scratch()
    const path = join(folder.path, 'deeper', 'token')
    const result = ensureTokenFile(path, null)
    expect(result).toEqual({ kind: 'made', token: expect.stringMatching(/^[\w-]{32}$/) })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readToken(path)).toBe(result.kind === 'made' && result.token)
  })

  it('finds the same token again, and leaves nothing else behind', () => {
    using folder = scratch()
    const path = join(folder.path, 'token')
    const first = ensureTokenFile(path, null)
    expect(ensureTokenFile(path, null)).toEqual({ ...first, kind: 'found' })
    expect(readdirSync(folder.path)).toEqual(['token'])
  })

  it('lets a given token win', () => {
    using folder = scratch()
    const path = join(folder.path, 'token')
    ensureTokenFile(path, null)
    expect(ensureTokenFile(path, 'a-token-of-my-own')).toEqual({ kind: 'given', token: 'a-token-of-my-own' })
    expect(ensureTokenFile(path, 'a-token-of-my-own').kind).toBe('found')
    expect(readFileSync(path, 'utf8')).toBe('a-token-of-my-own\n')
  })

  it('refuses an empty file', () => {
    using folder = scratch()
    const path = join(folder.path, 'token')
    writeFileSync(path, '\n')
    expect(ensureTokenFile(path, null)).toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('is empty'),
    })
  })

  it('says so when the path cannot be used', () => {
    using folder = scratch()
    const path = join(folder.path, 'token')
    mkdirSync(path)
    expect(ensureTokenFile(path, null)).toMatchObject({ kind: 'unusable', message: expect.stringContaining(path) })
  })
})

function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'fornax-token-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
